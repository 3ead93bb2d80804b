"""Hedged sessions whose sides are cut into child orders, as an execution algorithm does."""

import numpy as np
import polars as pl

from simulator.markets import LIQUID
from simulator.season import MINUTE, SECOND
from simulator.styles.hedged import hedged_legs
from simulator.styles.trips import Stage, trips_of

MOST_PARTS = 5


def hedge_in_parts(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw hedged sessions; every side is traded in two to five uneven parts, minutes apart."""
    draws = stage.draws("hedge in parts")
    legs = hedged_legs(draws, stage, who, np.array(LIQUID))
    parts = draws.whole(2, MOST_PARTS + 1, len(legs))
    children = legs[np.repeat(np.arange(len(legs)), parts)]
    count = len(children)
    number = np.arange(count) - np.repeat(np.cumsum(parts) - parts, parts)
    share = draws.whole(60, 141, count) * children["target"].to_numpy() // 100
    first, second = (
        pl.Series(number * draws.whole(20 * SECOND, 2 * MINUTE, count)) for _ in range(2)
    )
    return trips_of(
        draws,
        children.with_columns(
            pl.Series("target", share // np.repeat(parts, parts)),
            (pl.col("opens") + first).alias("opens"),
            (pl.col("closes") + second).alias("closes"),
        ),
    )
