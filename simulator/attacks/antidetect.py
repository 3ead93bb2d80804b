"""A2: the antidetect farm."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import DAY, HOUR


@dataclass(frozen=True)
class AntidetectFarm(Attack):
    """A browser profile and a residential proxy each, funded by an exchange, a script of tasks.

    Antidetect browsers take profiles out of pools; cheap pools give one fingerprint to several
    accounts. The exits of the proxies are homes of others, who trade here too now and then. Where
    the proceeds meet is what linked such farms on chain (Hop, Arbitrum).
    """

    name: ClassVar[str] = "A2"
    share_bps: ClassVar[int] = 150
    levels: ClassVar[tuple[str, ...]] = (
        "four of five withdraw to one sink; one profile in ten is out of a cheap pool",
        "a sink for each three; another proxy at every login",
        "a deposit address at another exchange each; tasks within a day",
        "besides no fingerprint twice, and half of them on a mobile network",
    )

    fewest: int = 4
    most: int = 120
    common_sink_bps: int = 8_000
    collision_bps: int = 1_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share a sink, then less of it, and now and then a fingerprint."""
        count = len(members)
        phones = pl.Series(draws.chance(5_000, count)) & from_level(4)
        return members.with_columns(
            *burst(draws, site, members, 10 * DAY),
            self._devices(draws, count),
            self._sinks(draws, members),
            pl.Series("ip", site.exits(draws, "proxy", count).tolist(), pl.String),
            pl.when(phones)
            .then(pl.lit("carrier"))
            .when(from_level(2))
            .then(pl.lit("proxy"))
            .alias("roams"),
            pl.Series(
                "funder",
                site.hot_wallets[draws.whole(0, len(site.hot_wallets), count)].tolist(),
                pl.String,
            ),
            pl.Series("jitter", by_level(members, 6 * HOUR, 6 * HOUR, DAY, DAY)),
            seeder=pl.lit(None, pl.String),
            style=pl.lit("script"),
        )

    def _devices(self, draws: Draws, count: int) -> pl.Expr:
        pool = draws.tokens(max(4, count // 20), "dev-")
        cheap = pl.Series(pool[draws.whole(0, len(pool), count)].tolist(), dtype=pl.String)
        collides = pl.Series(draws.chance(self.collision_bps, count)) & ~from_level(4)
        return pl.when(collides).then(cheap).otherwise("device").alias("device")

    def _sinks(self, draws: Draws, members: pl.DataFrame) -> pl.Expr:
        count = len(members)
        stays = pl.Series(draws.chance(self.common_sink_bps, count))
        whole, threes = (shared(draws, members, block, "0x") for block in (count, 3))
        own = pl.Series(draws.tokens(count, "0x", 40).tolist(), dtype=pl.String)
        common = pl.when(stays).then(whole).otherwise(own)
        return (
            pl.when(pl.col("level") == 1)
            .then(common)
            .otherwise(at_level(own, threes, own))
            .alias("sink")
        )
