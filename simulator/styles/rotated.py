"""Rounds like a ring's, each with other partners and spread over days: level only by the week."""

import numpy as np
import polars as pl

from simulator.markets import THIN
from simulator.season import DAY, HOUR
from simulator.styles.rings import with_sellers
from simulator.styles.trips import Stage, members_of, sessions, trips_of


def rotate(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw rounds; in each, who buys from whom is drawn anew, and so is every instant."""
    draws = stage.draws("rotate")
    rounds = sessions(draws, stage, who, np.array(THIN))
    turn = draws.whole(0, 1 << 30, len(rounds))
    others = pl.max_horizontal(pl.col("seats") - 1, pl.lit(1))
    legs = members_of(who, rounds.with_columns((pl.Series(turn) % others + 1).alias("step")))
    legs = with_sellers(who, legs)
    opens = pl.col("at") + pl.Series(draws.whole(0, 2 * DAY, len(legs)))
    last = pl.lit(stage.span.end) - pl.Series(draws.whole(1, HOUR, len(legs)))
    return trips_of(
        draws, legs.with_columns(pl.min_horizontal(opens, last).alias("opens"), target="stake")
    )
