"""Legs whose other side is traded at another venue, where nobody here can see it."""

import numpy as np
import polars as pl

from simulator.markets import LIQUID
from simulator.season import MINUTE
from simulator.styles.trips import Stage, sessions, trips_of


def one_leg(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw sessions of each member by itself: one leg, held for 15 to 20 minutes."""
    draws = stage.draws("one leg")
    alone = who.with_columns(group="row")
    legs = sessions(draws, stage, alone, np.array(LIQUID)).rename({"group": "row"})
    hold = pl.Series(draws.whole(15 * MINUTE, 20 * MINUTE, len(legs)))
    closes = (pl.col("at") + hold).alias("closes")
    return trips_of(draws, legs.with_columns(closes, target="stake", opens="at"))
