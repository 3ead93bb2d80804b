"""Sessions in which one member takes one side and the others share the opposite."""

import numpy as np
import polars as pl

from simulator.markets import LIQUID
from simulator.season import MINUTE
from simulator.styles.trips import Stage, members_of, sessions, trips


def hedge(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the sessions of each group; who is alone takes turns."""
    draws = stage.draws("hedge")
    legs = members_of(who, sessions(draws, stage, who, np.array(LIQUID)))
    count = len(legs)
    seats = legs["seats"].to_numpy()
    alone = legs["seat"].to_numpy() == legs["task"].to_numpy() % seats
    late = draws.unit(2 * count).reshape(2, count) * legs["jitter"].to_numpy()
    opens, closes = legs["at"].to_numpy() + late.astype(np.int64)
    share = legs["stake"].to_numpy() // np.where(alone, 1, np.maximum(1, seats - 1))
    hold = 15 * MINUTE + legs["task"].to_numpy() * 7_919 % 5 * MINUTE
    return trips(
        draws,
        taker=legs["row"].to_numpy(),
        market=legs["market"].to_numpy(),
        side=np.where(alone, 1, -1) * legs["side"].to_numpy(),
        target=share * draws.whole(97, 104, count) // 100,
        opens=opens,
        closes=closes + hold,
    )
