"""Positions that are opened for the daily snapshot and closed after it."""

import numpy as np
import polars as pl

from simulator.markets import LIQUID, column
from simulator.season import DAY, MINUTE
from simulator.styles.trips import Stage, trips

NIGHTS_BPS = 6_000


def park(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw a large position over most midnights, opened and closed up to `jitter` away from it."""
    draws, span = stage.draws("park"), stage.span
    count = len(who) * span.days
    person, night = np.divmod(np.flatnonzero(draws.chance(NIGHTS_BPS, count)), span.days)
    total = len(person)
    midnight = span.start + (night + 1) * DAY
    jitter = who["jitter"].to_numpy()[person]
    early, late = ((draws.unit(total) * jitter).astype(np.int64) + MINUTE for _ in range(2))
    liquid = np.array(LIQUID)
    return trips(
        draws,
        taker=who["row"].to_numpy()[person],
        market=liquid[draws.weighted(column("weight")[liquid], total)],
        target=who["capital"].to_numpy()[person] * draws.whole(40, 90, total) // 100,
        opens=midnight - early,
        closes=midnight + late,
    )
