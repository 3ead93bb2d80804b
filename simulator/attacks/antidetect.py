"""A2: the antidetect farm."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import DAY, HOUR


@dataclass(frozen=True)
class AntidetectFarm(Attack):
    """A profile and a residential proxy each, funded by an exchange, a script of tasks."""

    name: ClassVar[str] = "A2"
    share_bps: ClassVar[int] = 200
    levels: ClassVar[tuple[str, ...]] = ("one sink for most", "one sink for each three")

    fewest: int = 5
    most: int = 120
    common_sink_bps: int = 8_000
    collision_bps: int = 1_000  # profiles that come from a cheap pool of fingerprints

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share a sink, and now and then a fingerprint."""
        count = len(members)
        hot = site.hot_wallets[draws.whole(0, len(site.hot_wallets), count)]
        pool = draws.tokens(max(4, count // 20), "dev-")
        collides = pl.Series(draws.chance(self.collision_bps, count))
        stays = pl.Series(draws.chance(self.common_sink_bps, count))
        whole, threes = shared(draws, members, count, "0x"), shared(draws, members, 3, "0x")
        common = pl.Series(pool[draws.whole(0, len(pool), count)].tolist(), dtype=pl.String)
        return members.with_columns(
            *burst(draws, site, members, 10 * DAY),
            pl.when(collides).then(common).otherwise("device").alias("device"),
            pl.Series("funder", hot.tolist(), pl.String),
            pl.when(pl.col("level") == 2)
            .then(threes)
            .when(stays)
            .then(whole)
            .otherwise("sink")
            .alias("sink"),
            seeder=pl.lit(None, pl.String),
            style=pl.lit("script"),
            jitter=pl.lit(6 * HOUR),
        )
