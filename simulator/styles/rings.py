"""Rounds in which each member buys from the next, so that all end where they began."""

import numpy as np
import polars as pl

from simulator.markets import THIN
from simulator.season import SECOND
from simulator.styles.trips import NEVER, Stage, members_of, sessions, trips_of


def ring(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the rounds of each group, a few seconds from member to member."""
    draws = stage.draws("ring")
    legs = members_of(who, sessions(draws, stage, who, np.array(THIN)))
    legs = with_sellers(who, legs.with_columns(step=pl.lit(1)))
    within = pl.Series(draws.whole(0, 2 * SECOND, len(legs)))
    opens = (pl.col("at") + pl.col("place") * 4 * SECOND + within).alias("opens")
    return trips_of(draws, legs.with_columns(opens, target="stake"))


def with_sellers(who: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """Let each member buy, once and for good, from the one who sits `step` places further on.

    Returns:
        `legs` with maker, side and closes; who would buy from itself does not.
    """
    place = pl.int_range(pl.len()).over("pattern", "group").alias("seller_place")
    sellers = who.sort("pattern", "group", "seat").select("pattern", "group", place, maker="row")
    seller = ((pl.col("place") + pl.col("step")) % pl.col("seats")).alias("seller_place")
    paired = legs.with_columns(seller).join(
        sellers, on=["pattern", "group", "seller_place"], how="left", maintain_order="left"
    )
    return paired.filter(pl.col("maker") != pl.col("row")).with_columns(
        side=pl.lit(1, pl.Int64), closes=pl.lit(NEVER, pl.Int64)
    )
