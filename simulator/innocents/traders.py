"""Honest traders whose orders look alike."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site


@dataclass(frozen=True)
class CopyTraders(Pattern):
    """A leader (seat 0) and followers who trade the same seconds later."""

    name: ClassVar[str] = "copy_traders"
    share_bps: ClassVar[int] = 200

    fewest: int = 8
    most: int = 60

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Lead, or copy."""
        del draws, site
        leads = pl.col("seat") == 0
        return members.with_columns(
            pl.when(leads).then(pl.lit("lead")).otherwise(pl.lit("copy")).alias("style"),
            pl.when(leads).then(4_000).otherwise("pace").alias("pace"),
        )
