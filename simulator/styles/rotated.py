"""Rounds like a ring's, each with other partners and spread over days: level only by the week."""

import numpy as np
import polars as pl

from simulator.markets import THIN
from simulator.season import DAY
from simulator.styles.rings import with_sellers
from simulator.styles.trips import Stage, hours_of, members_of, sessions, trips_of


def rotate(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw rounds; who buys from whom is drawn anew in each, and the day of every purchase."""
    draws, span = stage.draws("rotate"), stage.span
    rounds = sessions(draws, stage, who, np.array(THIN))
    turn = draws.whole(0, 1 << 30, len(rounds))
    others = pl.max_horizontal(pl.col("seats") - 1, pl.lit(1))
    legs = members_of(who, rounds.with_columns((pl.Series(turn) % others + 1).alias("step")))
    legs = with_sellers(who, legs)
    day = span.start + draws.whole(0, span.days, len(legs)) * DAY
    opens = pl.Series("opens", day + hours_of(draws, legs))
    return trips_of(draws, legs.with_columns(opens, target="stake"))
