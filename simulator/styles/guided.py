"""A guide's steps, which every reader does once, in their order."""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.markets import column
from simulator.season import HOUR, MINUTE
from simulator.styles.trips import Stage, trips

STEPS: Final = 8


def guide(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw what falls into the week of each reader's one day with the guide.

    All but the noise is drawn anew every week from the season's own streams, one entry for each
    possible group or row, so that the guide and the reader's day never change.
    """
    draws, plan, span = stage.draws("guide"), stage.plan, stage.span
    told = Draws(plan.seed, "guide steps")
    shape = (plan.accounts, STEPS)
    total = plan.accounts * STEPS
    market = told.weighted(column("weight") + max(column("weight")) // 4, total).reshape(shape)
    side = (told.whole(0, 2, total) * 2 - 1).reshape(shape)
    wait = (told.whole(5, 60, total) * MINUTE).reshape(shape)
    hold = (told.whole(3, 40, total) * MINUTE).reshape(shape)
    reader = Draws(plan.seed, "guide readers")
    begins, haste = reader.whole(6 * HOUR, 30 * HOUR, plan.accounts), reader.whole(40, 300, total)
    row, group = who["row"].to_numpy(), who["group"].to_numpy()
    slow = haste.reshape(shape)[row]
    start = who["starts"].to_numpy() + begins[row]
    at = start[:, None] + np.cumsum(wait[group] * slow // 100, axis=1)
    now, step = np.nonzero((at >= span.start) & (at < span.end))
    return trips(
        draws,
        taker=row[now],
        market=market[group[now], step],
        side=side[group[now], step],
        target=who["size"].to_numpy()[now],
        opens=at[now, step],
        closes=at[now, step] + hold[group[now], step] * slow[now, step] // 100,
    )
