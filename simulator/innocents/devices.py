"""Honest people whose devices other honest people held: phones sold on, phones repaired."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.individuals import in_one_country
from simulator.innocents.dealings import over_time
from simulator.patterns import PLANTED_LOGINS, Pattern, Planted
from simulator.population import Site, homes, opening, per_group
from simulator.season import DAY, MINUTE

OPENING: Final = ("opened", "starts", "stops")


@dataclass(frozen=True)
class ResoldPhone(Pattern):
    """One who sells a phone (seat 0) and one who buys it, days later.

    Farm signal they share: a device with two accounts. It is never both's at once; half of the
    sellers leave with it, and half of the buyers are new.
    """

    name: ClassVar[str] = "resold_phone"
    share_bps: ClassVar[int] = 80

    fewest: int = 2
    most: int = 2

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Hand the phone over."""
        plan, count = site.plan, len(members)
        groups = members["group"].n_unique()
        sold = plan.start + draws.whole(plan.days // 4, plan.days * 3 // 5 + 1, groups) * DAY
        bought = sold + draws.whole(DAY, 1 + max(2, plan.days // 4) * DAY, groups)
        sells = pl.col("seat") == 0
        quits_or_new = pl.Series(draws.chance(5_000, count))
        phone = pl.col("device").first().over("group")
        fresh = pl.Series(draws.tokens(count, "dev-").tolist(), dtype=pl.String)
        stayed = members.with_columns(stops=pl.lit(plan.end))
        late = stayed.select(opening(site, per_group(members, bought)))
        is_new = quits_or_new & (members["seat"] > 0)
        return stayed.with_columns(
            pl.when(sells)
            .then(per_group(members, sold))
            .otherwise(per_group(members, bought))
            .alias("switch_at"),
            pl.when(sells).then(fresh).otherwise(phone).alias("next_device"),
            pl.when(sells).then("other_device").alias("other_device"),
            *(pl.when(is_new).then(late[name]).otherwise(name).alias(name) for name in OPENING),
        ).with_columns(
            pl.when(sells & quits_or_new).then("switch_at").otherwise("stops").alias("stops")
        )


@dataclass(frozen=True)
class RepairShop(Pattern):
    """Customers of a repair shop, where each phone's apps were tried once on the shop's network.

    Farm signals they share: one address, and for those whose account was moved over, one device of
    the shop with dozens of accounts; each for an hour of another day.
    """

    name: ClassVar[str] = "repair_shop"
    share_bps: ClassVar[int] = 80

    fewest: int = 10
    most: int = 60
    bench_bps: int = 5_000  # of visits in which the shop's own device is used

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Live in one town."""
        del site
        return members.with_columns(*in_one_country(draws, members))

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Visit the shop once, for one to three logins within the hour."""
        guests = people.filter(pl.col("pattern") == self.name)
        guests = guests.with_columns(
            since="starts", until=pl.min_horizontal("stops", site.plan.end)
        )
        visits = over_time(draws, guests, np.ones(len(guests), dtype=np.int64)).drop("number", "of")
        count, groups = len(visits), int(visits["group"].max() or 0) + 1  # type: ignore[arg-type]
        group = visits["group"].to_numpy()
        bench = pl.Series(draws.tokens(groups, "dev-")[group].tolist(), dtype=pl.String)
        address = pl.Series(homes(draws, groups)[group].tolist(), dtype=pl.String)
        at_bench = pl.Series(draws.chance(self.bench_bps, count), dtype=pl.Boolean)
        hour = visits.with_columns(
            address.alias("ip"),
            pl.when(at_bench).then(bench).otherwise("device").alias("device_id"),
            since="ts",
            until=pl.col("ts") + 50 * MINUTE,
        )
        logins = over_time(draws, hour.drop("ts"), draws.whole(1, 4, count))
        return Planted(logins=logins.select(PLANTED_LOGINS.names()).cast(PLANTED_LOGINS))
