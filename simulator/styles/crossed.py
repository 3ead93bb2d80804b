"""Hedged sessions whose two sides lie in two symbols that move together."""

import numpy as np
import polars as pl

from simulator.markets import LIQUID
from simulator.styles.hedged import hedged_legs
from simulator.styles.trips import Stage, trips_of

PAIR = LIQUID[1:]  # ETH and SOL


def hedge_across(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw hedged sessions in which the others are short of what the lone one is not long of."""
    draws = stage.draws("hedge across")
    legs = hedged_legs(draws, stage, who, np.array(PAIR))
    other = sum(PAIR) - pl.col("market")
    market = pl.when("alone").then("market").otherwise(other).alias("market")
    return trips_of(draws, legs.with_columns(market))
