"""A group's list of tasks: each member does most of them, `jitter` late at most."""

import numpy as np
import polars as pl

from simulator.markets import MARKETS
from simulator.season import MINUTE
from simulator.styles.trips import Stage, members_of, sessions, trips


def script(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw tasks for each group, and who does them."""
    draws = stage.draws("script")
    done = members_of(who, sessions(draws, stage, who, np.arange(len(MARKETS))))
    done = done.filter(pl.Series(draws.chance(stage.habits.shows_up_bps, len(done))))
    count = len(done)
    late = (draws.unit(count) * done["jitter"].to_numpy()).astype(np.int64)
    opens = done["at"].to_numpy() + late
    return trips(
        draws,
        taker=done["row"].to_numpy(),
        market=done["market"].to_numpy(),
        side=done["side"].to_numpy(),
        target=done["size"].to_numpy() * draws.whole(90, 111, count) // 100,
        opens=opens,
        closes=opens + draws.whole(2 * MINUTE, 40 * MINUTE, count),
    )
