"""Gaps between this exchange and others, which rivals close, each against the venue it knows."""

from typing import Final

import numpy as np
import polars as pl

from simulator.markets import LIQUID
from simulator.season import MINUTE, SECOND
from simulator.styles.trips import Stage, members_of, sessions, trips

VENUES: Final = 3  # other exchanges at which the rivals hedge, out of sight
SEES_BPS: Final = 5_000
SHORTEST_GAP: Final = MINUTE
LONGEST_GAP: Final = 60 * MINUTE


def arbitrage(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the gaps that each group watches, and who trades them.

    Whether this exchange is dear or cheap depends on which one it is compared with, so rivals take
    either side in the same seconds and get out again when the gap has closed.
    """
    draws = stage.draws("arbitrage")
    gaps = sessions(draws, stage, who, np.array(LIQUID))
    dear = draws.whole(0, 2, len(gaps) * VENUES) * 2 - 1
    longest = LONGEST_GAP / SHORTEST_GAP
    lasts = (SHORTEST_GAP * draws.heavier(len(gaps), longest)).astype(np.int64)
    seen = members_of(who, gaps)
    seen = seen.filter(pl.Series(draws.chance(SEES_BPS, len(seen)), dtype=pl.Boolean))
    task, count = seen["task"].to_numpy(), len(seen)
    at = seen["at"].to_numpy()
    return trips(
        draws,
        taker=seen["row"].to_numpy(),
        market=seen["market"].to_numpy(),
        side=dear[task * VENUES + seen["seat"].to_numpy() % VENUES],
        target=seen["size"].to_numpy() * draws.whole(40, 130, count) // 100,
        opens=at + draws.whole(SECOND // 20, 3 * SECOND, count),
        closes=at + lasts[task] + draws.whole(SECOND // 20, 5 * SECOND, count),
    )
