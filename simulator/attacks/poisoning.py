"""A12: sacrifice and poisoning."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import from_level
from simulator.draws import Draws, Ints
from simulator.patterns import (
    PLANTED_LOGINS,
    PLANTED_REFERRALS,
    PLANTED_TRANSFERS,
    TARGETED,
    Attack,
    Planted,
)
from simulator.population import Site, shared
from simulator.season import DAY, HOUR, MINUTE, USD


@dataclass(frozen=True)
class Poisoners(Attack):
    """A farm that gives itself away on purpose, and everything that ties strangers to it.

    Connext's public list of the eligible led to dust that linked strangers; in a report to Hop
    (hop-airdrop 379) a user was linked to the seller of his coins. All of it is done by one side
    alone: money that comes in, an invitation, an address that thousands use.
    """

    name: ClassVar[str] = "A12"
    share_bps: ClassVar[int] = 20
    levels: ClassVar[tuple[str, ...]] = (
        "dust from the farm's own wallet to strangers",
        "besides links to newcomers, and logins from public networks at the strangers' hours",
        "aimed at the largest accounts: sums like theirs, over weeks, also inside the exchange",
    )

    fewest: int = 2
    most: int = 6
    aims: int = 8  # strangers whom each account of the farm aims at
    largest: int = 100  # how many of the largest accounts are aimed at

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Be as easy to find as can be."""
        whole = len(members)
        return members.with_columns(
            *burst(draws, site, members, DAY),
            shared(draws, members, whole, "dev-").alias("device"),
            shared(draws, members, whole, "0x").alias("funder"),
            shared(draws, members, whole, "0x").alias("sink"),
            seeder=pl.lit(None, pl.String),
            other_device=pl.lit(None, pl.String),
            roams=pl.lit("vpn"),
            style=pl.lit("script"),
            jitter=pl.lit(5 * MINUTE),
        )

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Send dust, spread links, and come from where the strangers come from."""
        farm = people.filter(pl.col("pattern") == self.name)
        strangers = people.filter((pl.col("kind") == "retail") & ~pl.col("farm"))
        if farm.is_empty() or strangers.is_empty():
            return Planted()
        aimed = self._aimed(draws, farm, strangers)
        return Planted(
            transfers=_dust(draws, aimed),
            referrals=_links(draws, aimed.filter(from_level(2))),
            logins=_company(draws, site, aimed.filter(from_level(2))),
            targeted=aimed.select("account_id").unique(maintain_order=True).cast(TARGETED),
        )

    def _aimed(self, draws: Draws, farm: pl.DataFrame, strangers: pl.DataFrame) -> pl.DataFrame:
        """Return whom each account aims at: the columns of the stranger, and by, wallet, level."""
        count = len(farm) * self.aims
        turnover = pl.col("size") * pl.col("pace")
        by_size = strangers.sort(turnover, "account_id", descending=[True, False])
        anybody = draws.whole(0, len(strangers), count)
        large = draws.whole(0, min(self.largest, len(strangers)), count)
        by = farm[np.repeat(np.arange(len(farm)), self.aims)]
        chosen: Ints = np.where((by["level"] >= 3).to_numpy(), large, anybody)
        return by_size[chosen].with_columns(
            by["level"],
            by["account_id"].alias("by"),
            by["device"].alias("by_device"),
            by["funder"].alias("wallet"),
            pl.max_horizontal(pl.col("starts"), by["starts"]).alias("both"),
        )


def _dust(draws: Draws, aimed: pl.DataFrame) -> pl.DataFrame:
    """A dollar or a few; to the largest a part of what they hold, and half of it from inside."""
    count = len(aimed)
    inside = pl.Series(draws.chance(5_000, count)) & from_level(3)
    weeks = pl.when(from_level(3)).then(21).otherwise(4)
    late = pl.Series(draws.whole(HOUR, DAY, count)) * weeks
    like_theirs = pl.col("capital") * pl.Series(draws.whole(1, 10, count)) // 100
    dust = pl.Series(draws.whole(USD // 2, 5 * USD, count))
    return aimed.select(
        (pl.col("both") + late).alias("ts"),
        pl.when(inside).then("by").otherwise("wallet").alias("source"),
        pl.col("account_id").alias("destination"),
        pl.when(from_level(3)).then(like_theirs).otherwise(dust).alias("amount_usd"),
        pl.when(inside).then(pl.lit("internal")).otherwise(pl.lit("deposit")).alias("kind"),
    ).cast(PLANTED_TRANSFERS)


def _links(draws: Draws, aimed: pl.DataFrame) -> pl.DataFrame:
    """Newcomers follow a link as they sign up; on those who are bound already it is wasted."""
    newcomer = pl.col("opened") == pl.col("both")
    clicks = aimed.filter(newcomer | pl.col("referrer_id").is_not_null())
    late = pl.Series(draws.whole(MINUTE, HOUR, len(clicks)))
    return clicks.select(
        (pl.col("both") + late).alias("ts"),
        pl.col("by").alias("referrer_id"),
        pl.col("account_id").alias("referee_id"),
    ).cast(PLANTED_REFERRALS)


def _company(draws: Draws, site: Site, aimed: pl.DataFrame) -> pl.DataFrame:
    """The farm logs in where the strangers do, or from a popular VPN, around their hour."""
    count = len(aimed)
    exits = pl.Series(site.exits(draws, "vpn", count).tolist(), dtype=pl.String)
    public = pl.col("other_ip").is_in([*site.pools["carrier"], *site.pools["vpn"]])
    midnight = (pl.col("both") // DAY + pl.Series(draws.whole(1, 14, count))) * DAY
    hour = pl.col("hour") * HOUR + pl.Series(draws.whole(0, HOUR, count))
    return aimed.select(
        (midnight + hour).alias("ts"),
        pl.col("by").alias("account_id"),
        pl.when(public).then("other_ip").otherwise(exits).alias("ip"),
        pl.col("by_device").alias("device_id"),
    ).cast(PLANTED_LOGINS)
