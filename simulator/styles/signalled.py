"""Calls of a channel that some of its subscribers follow, each a while later."""

from typing import Final

import numpy as np
import polars as pl

from simulator.markets import LIQUID, THIN
from simulator.season import DAY, MINUTE, SECOND
from simulator.styles.trips import Stage, members_of, sessions, trips

FOLLOWS_BPS: Final = 4_000
SOONEST: Final = 15 * SECOND
LATEST: Final = 15 * MINUTE
SHORTEST_HOLD: Final = 10 * MINUTE


def follow_signal(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the calls of each group, who follows, how late, and for how long."""
    draws = stage.draws("follow signal")
    calls = sessions(draws, stage, who, np.array(LIQUID + THIN))
    heard = members_of(who, calls)
    heard = heard.filter(pl.Series(draws.chance(FOLLOWS_BPS, len(heard)), dtype=pl.Boolean))
    count = len(heard)
    late = (SOONEST * draws.heavier(count, LATEST / SOONEST)).astype(np.int64)
    hold = (SHORTEST_HOLD * draws.heavier(count, DAY / SHORTEST_HOLD)).astype(np.int64)
    opens = heard["at"].to_numpy() + late
    return trips(
        draws,
        taker=heard["row"].to_numpy(),
        market=heard["market"].to_numpy(),
        side=heard["side"].to_numpy(),
        target=(heard["size"].to_numpy() * draws.heavy(count, 10.0) / 2).astype(np.int64),
        opens=opens,
        closes=opens + hold,
    )
