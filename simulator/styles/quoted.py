"""Trades on a thin market, of which one quoter answers most."""

from typing import Final

import numpy as np
import polars as pl

from simulator.markets import THIN
from simulator.season import DAY, HOUR, MINUTE
from simulator.styles.trips import ANYONE, Stage, trips

ANSWERED_BPS: Final = 8_000
SHORTEST_HOLD: Final = 20 * MINUTE


def take_quotes(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the trips of all but the first of each group, who quotes; both legs may meet them."""
    draws, span = stage.draws("take quotes"), stage.span
    quoters = who.filter(pl.col("seat") == 0).select("pattern", "group", quoter="row")
    takers = who.filter(pl.col("seat") > 0).join(
        quoters, on=["pattern", "group"], maintain_order="left"
    )
    days = len(takers) * span.days
    mean = np.repeat(takers["pace"].to_numpy(), span.days) / 1_000
    times = (mean + draws.unit(days)).astype(np.int64)
    person, day = np.divmod(np.repeat(np.arange(days), times), span.days)
    count = len(person)
    hour = takers["hour"].to_numpy()[person] * HOUR
    opens = span.start + day * DAY + (hour + (draws.bell(count) * 4 * HOUR).astype(np.int64)) % DAY
    hold = (SHORTEST_HOLD * draws.heavier(count, 2 * DAY / SHORTEST_HOLD)).astype(np.int64)
    answered = draws.chance(ANSWERED_BPS, count)
    size = takers["size"].to_numpy()[person] * draws.heavy(count, 20.0) / 2
    return trips(
        draws,
        taker=takers["row"].to_numpy()[person],
        maker=np.where(answered, takers["quoter"].to_numpy()[person], ANYONE),
        market=np.array(THIN)[takers["group"].to_numpy()[person] % len(THIN)],
        target=size.astype(np.int64),
        opens=opens,
        closes=opens + hold,
    )
