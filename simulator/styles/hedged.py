"""Sessions in which one member takes one side and the others share the opposite.

The rhythm is that of the open-source bot delta-farmer: fired together, held for 15 to 20 minutes.
"""

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.markets import LIQUID
from simulator.season import MINUTE
from simulator.styles.trips import Stage, members_of, sessions, trips_of


def hedge(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the sessions of each group; who is alone takes turns."""
    draws = stage.draws("hedge")
    return trips_of(draws, hedged_legs(draws, stage, who, np.array(LIQUID)))


def hedged_legs(draws: Draws, stage: Stage, who: pl.DataFrame, markets: Ints) -> pl.DataFrame:
    """Draw who opens and closes what in the sessions of each group.

    Returns:
        row, alone (whether one member holds this side by itself), market, side, target, opens,
        closes; each instant up to `jitter` late.
    """
    legs = members_of(who, sessions(draws, stage, who, markets))
    count = len(legs)
    turn = pl.col("place") == pl.col("task") % pl.col("seats")
    others = pl.max_horizontal(pl.col("seats") - 1, pl.lit(1))
    late, later = (pl.Series(draws.unit(count) * legs["jitter"].to_numpy()) for _ in range(2))
    hold = 15 * MINUTE + pl.col("task") * 7_919 % 5 * MINUTE
    uneven = pl.Series(draws.whole(97, 104, count))
    return legs.with_columns(turn.alias("alone")).select(
        "row",
        "alone",
        "market",
        (pl.when("alone").then(1).otherwise(-1) * pl.col("side")).alias("side"),
        (pl.col("stake") // pl.when("alone").then(1).otherwise(others) * uneven // 100).alias(
            "target"
        ),
        (pl.col("at") + late.cast(pl.Int64)).alias("opens"),
        (pl.col("at") + hold + later.cast(pl.Int64)).alias("closes"),
    )
