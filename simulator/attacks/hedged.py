"""A4: delta-neutral groups."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site
from simulator.season import SECOND


@dataclass(frozen=True)
class HedgedGroup(Attack):
    """One account long, the others short, closed together after a quarter of an hour."""

    name: ClassVar[str] = "A4"
    share_bps: ClassVar[int] = 150
    levels: ClassVar[tuple[str, ...]] = ("in step", "a minute or two apart")

    fewest: int = 2
    most: int = 5

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade against each other, and share nothing else."""
        del draws, site
        late = pl.when(pl.col("level") == 1).then(3 * SECOND).otherwise(90 * SECOND)
        return members.with_columns(late.alias("jitter"), style=pl.lit("hedge"))
