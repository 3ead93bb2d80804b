"""People who share a life: families and couples."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws
from simulator.individuals import in_one_country
from simulator.innocents.dealings import over_time, with_first
from simulator.patterns import PLANTED_TRANSFERS, Pattern, Planted
from simulator.population import Site, per_group, shared, shared_homes
from simulator.season import HOUR, USD


@dataclass(frozen=True)
class Household(Pattern):
    """A family behind one router; some have a tablet in common, some withdraw to one address.

    Farm signals they share: one address, now and then one device and one sink, pocket money inside
    the exchange, and a parent who invited the others. They live at their own hours, trade what
    they like, and never for long from the tablet alone.
    """

    name: ClassVar[str] = "household"
    share_bps: ClassVar[int] = 300

    fewest: int = 2
    most: int = 6
    tablet_bps: int = 4_000  # of families have a tablet that all use
    purse_bps: int = 2_000  # of families withdraw to one address
    invites_bps: int = 3_000  # of families got in by the first one's invitation

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share a home."""
        del site
        count = len(members)
        table = shared(draws, members, count, "dev-")
        wallet = shared(draws, members, count, "0x")
        invited = _some(draws, members, self.invites_bps) & (members["seat"] > 0)
        return members.with_columns(
            *in_one_country(draws, members),
            shared_homes(draws, members, count).alias("ip"),
            pl.when(_some(draws, members, self.tablet_bps))
            .then(table)
            .otherwise("other_device")
            .alias("other_device"),
            pl.when(_some(draws, members, self.purse_bps))
            .then(wallet)
            .otherwise("sink")
            .alias("sink"),
            pl.when(invited).then(0).alias("referrer"),
            pl.when(pl.col("seat") == 0)
            .then(pl.col("opened").min().over("group") - HOUR)
            .otherwise("opened")
            .alias("opened"),
            shares_purse=pl.lit(value=True),
        )


@dataclass(frozen=True)
class Couple(Pattern):
    """Two people who send each other money all season long; half of them live together.

    Farm signal they share: funds that go both ways between two accounts, for some one address and
    one sink. The sums are odd and the days are any, and each trades alone.
    """

    name: ClassVar[str] = "couple"
    share_bps: ClassVar[int] = 100

    fewest: int = 2
    most: int = 2
    together_bps: int = 5_000
    purse_bps: int = 2_500
    most_transfers: int = 9

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Live together, or not."""
        count = len(members)
        home = shared_homes(draws, members, count)
        wallet = shared(draws, members, count, "0x")
        together = _some(draws, members, self.together_bps)
        return members.with_columns(
            *in_one_country(draws, members),
            pl.when(together).then(home).otherwise("ip").alias("ip"),
            pl.when(together & _some(draws, members, self.purse_bps))
            .then(wallet)
            .otherwise("sink")
            .alias("sink"),
            stops=pl.lit(site.plan.end),
        )

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Send money to and fro: who sends twice, sends once each way."""
        del site
        pairs = with_first(people, self.name)
        times = draws.whole(1, self.most_transfers + 1, len(pairs))
        given = over_time(draws, pairs, times)
        count = len(given)
        back = (given["number"].to_numpy() % 2 == 1) ^ _rarely(draws, given)
        part = draws.whole(50, 1_200, count)
        sent = given.select(
            "ts",
            pl.when(pl.Series(back)).then("account_id").otherwise("first_id").alias("source"),
            pl.when(pl.Series(back)).then("first_id").otherwise("account_id").alias("destination"),
            (pl.col("capital") * pl.Series(part) // 10_000 + USD).alias("amount_usd"),
            kind=pl.lit("internal"),
        )
        return Planted(transfers=sent.cast(PLANTED_TRANSFERS))


def _some(draws: Draws, members: pl.DataFrame, bps: int) -> pl.Series:
    """Say of each member whether its group is one of `bps` of ten thousand."""
    chosen = draws.chance(bps, members["group"].n_unique()).astype(np.int64)
    return per_group(members, chosen) == 1


def _rarely(draws: Draws, given: pl.DataFrame) -> Bools:
    """Turn the direction of later transfers half of the time; the first two go one each way."""
    later: Bools = given["number"].to_numpy() > 1
    return later & draws.chance(5_000, len(given))
