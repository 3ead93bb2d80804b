"""People whose money comes from one place."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, shared


@dataclass(frozen=True)
class MerchantCustomers(Pattern):
    """A peer-to-peer merchant (seat 0) and those whose deposits come from its wallet."""

    name: ClassVar[str] = "merchant"
    share_bps: ClassVar[int] = 300

    fewest: int = 60
    most: int = 600

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Buy from one merchant."""
        del site
        times = pl.when(pl.col("seat") == 0).then(30).otherwise(1)
        return members.with_columns(
            shared(draws, members, len(members), "0x").alias("funder"),
            (times * pl.col("capital")).alias("capital"),
            seeder=pl.lit(None, pl.String),
        )
