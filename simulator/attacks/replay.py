"""A7: staggered replay."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site
from simulator.season import DAY, HOUR, MINUTE


@dataclass(frozen=True)
class StaggeredReplay(Attack):
    """One script for all, each account some days behind the one before.

    The accounts share nothing but the order of their trades, so that what compares the same minutes
    or days sees nothing. The later of them get through less of the script.
    """

    name: ClassVar[str] = "A7"
    share_bps: ClassVar[int] = 70
    levels: ClassVar[tuple[str, ...]] = (
        "the same steps, days apart, up to 40 minutes late",
        "neighbouring steps in another order, up to two hours late, a fifth of other trades",
        "besides a persona each: own hours, sizes and pace of its own trades; up to four hours",
    )

    fewest: int = 4
    most: int = 60

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Play one script, and share nothing else."""
        count, persona = len(members), from_level(3)
        days = draws.whole(0, max(2, min(12, site.plan.days // 2)), count)
        hours = pl.when(persona).then(pl.Series(draws.whole(0, 24, count))).otherwise(0)
        awake = (pl.col("hour").first().over("group") + hours) % 24
        size = pl.col("size") * pl.Series(draws.whole(30, 300, count)) // 100
        own = pl.Series(draws.whole(1_000, 6_000, count))
        return members.with_columns(
            *burst(draws, site, members, 3 * DAY),
            (pl.Series(days * DAY) + hours * HOUR).alias("offset"),
            pl.when(persona).then(awake).otherwise("hour").alias("hour"),
            pl.when(persona).then(size).otherwise("size").alias("size"),
            pl.when(persona)
            .then(own)
            .otherwise(pl.Series(by_level(members, 0, 2_000, 0)))
            .alias("aside_bps"),
            pl.Series("jitter", by_level(members, 40 * MINUTE, 2 * HOUR, 4 * HOUR)),
            pl.when(from_level(2))
            .then(pl.lit("replay_shuffled"))
            .otherwise(pl.lit("replay"))
            .alias("style"),
        )
