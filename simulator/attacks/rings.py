"""A5: wash rings."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared


@dataclass(frozen=True)
class WashRing(Attack):
    """Members trade with each other in a circle on thin markets, and end where they began.

    What Victor and Weintraud found on decentralised exchanges: closed circles of two to six whose
    positions are back within a hundredth after an hour, a day or a week.
    """

    name: ClassVar[str] = "A5"
    share_bps: ClassVar[int] = 60
    levels: ClassVar[tuple[str, ...]] = (
        "the whole circle within half a minute, out of one purse",
        "as much real trading besides, and no purse",
        "other partners in every round, level only over a week, twice as much real trading besides",
    )

    fewest: int = 2
    most: int = 6

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade with each other."""
        del site
        purse = ~from_level(2)
        whole = shared(draws, members, self.most, "0x")
        return members.with_columns(
            at_level(whole, "sink").alias("sink"),
            purse.alias("shares_purse"),
            pl.Series("aside_bps", by_level(members, 0, 10_000, 20_000)),
            pl.when(from_level(3)).then(pl.lit("rotate")).otherwise(pl.lit("ring")).alias("style"),
        )
