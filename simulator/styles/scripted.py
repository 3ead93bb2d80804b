"""A group's list of tasks: each member does most of them, `jitter` late at most.

Who has hours to do a task and keeps to its own does it when it is awake on that day.
"""

import numpy as np
import polars as pl

from simulator.markets import MARKETS
from simulator.season import DAY, HOUR, MINUTE
from simulator.styles.trips import Stage, hours_of, members_of, sessions, trips

AT_LEISURE = 3 * HOUR  # of jitter, from which on a member does its tasks at its own hours


def script(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw tasks for each group, and who does them."""
    draws = stage.draws("script")
    done = members_of(who, sessions(draws, stage, who, np.arange(len(MARKETS))))
    done = done.filter(pl.Series(draws.chance(stage.habits.shows_up_bps, len(done))))
    count = len(done)
    late = (draws.unit(count) * done["jitter"].to_numpy()).astype(np.int64)
    opens = done["at"].to_numpy() + late
    leisure = (done["keeps_hours"] & (done["jitter"] > AT_LEISURE)).to_numpy()
    opens = np.where(leisure, opens // DAY * DAY + hours_of(draws, done), opens)
    return trips(
        draws,
        taker=done["row"].to_numpy(),
        market=done["market"].to_numpy(),
        side=done["side"].to_numpy(),
        target=done["size"].to_numpy() * draws.whole(90, 111, count) // 100,
        opens=opens,
        closes=opens + draws.whole(2 * MINUTE, 40 * MINUTE, count),
    )
