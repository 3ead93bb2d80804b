"""A5: wash rings."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared


@dataclass(frozen=True)
class WashRing(Attack):
    """Members trade with each other in a circle on thin markets."""

    name: ClassVar[str] = "A5"
    share_bps: ClassVar[int] = 100
    levels: ClassVar[tuple[str, ...]] = ("one purse", "nothing else in common")

    fewest: int = 2
    most: int = 6

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade with each other."""
        del site
        purse = pl.col("level") == 1
        whole = shared(draws, members, len(members), "0x")
        return members.with_columns(
            pl.when(purse).then(whole).otherwise("sink").alias("sink"),
            purse.alias("shares_purse"),
            style=pl.lit("ring"),
        )
