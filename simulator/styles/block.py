"""Orders for several accounts in one block: each gets its part, in and out within seconds."""

from typing import Final

import numpy as np
import polars as pl

from simulator.markets import MARKETS
from simulator.season import DAY, MINUTE, SECOND
from simulator.styles.trips import Stage, members_of, sessions, trips

SHORTEST_HOLD: Final = 30 * MINUTE


def block(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the block orders of each group, in proportion to its members' sizes."""
    draws = stage.draws("block")
    orders = sessions(draws, stage, who, np.arange(len(MARKETS)))
    hold = (SHORTEST_HOLD * draws.heavier(len(orders), 3 * DAY / SHORTEST_HOLD)).astype(np.int64)
    times = draws.whole(50, 150, len(orders))
    parts = members_of(who, orders)
    task, count = parts["task"].to_numpy(), len(parts)
    opens = parts["at"].to_numpy() + draws.whole(0, 3 * SECOND, count)
    return trips(
        draws,
        taker=parts["row"].to_numpy(),
        market=parts["market"].to_numpy(),
        side=parts["side"].to_numpy(),
        target=parts["size"].to_numpy() * times[task] // 100,
        opens=opens,
        closes=parts["at"].to_numpy() + hold[task] + draws.whole(0, 3 * SECOND, count),
    )
