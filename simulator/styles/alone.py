"""Trading on one's own: a home market, heavy-tailed sizes, the hours of one's own clock."""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws, Floats, Ints
from simulator.markets import column
from simulator.season import DAY, HOUR, MINUTE, SATURDAY, USD
from simulator.styles.trips import Stage, trips

LONGEST_HOLD: Final = 3 * DAY
SHORTEST_KEPT: Final = 2 * DAY  # of what is bought to be kept
LONGEST_KEPT: Final = 40 * DAY
TYPES_BPS: Final = 4_000  # of people, who type round sums
SUMS: Final = (10, 20, 25, 50, 75, 100, 150, 200, 250, 300, 500, 1_000, 2_000, 5_000, 10_000)  # USD


def wander(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the trips of those who trade on their own, `who["pace"]` per thousand active days."""
    draws, span = stage.draws("wander"), stage.span
    count, days = len(who), span.days
    # Drawn anew every week from the season's own stream, so that it never changes.
    home = Draws(stage.plan.seed, "home market").weighted(column("weight"), stage.plan.accounts)
    # A pace is in trips per thousand days; the random fraction rounds it without bias.
    mean = np.repeat(who["pace"].to_numpy(), days) / 1_000
    times = (mean * 2 * draws.unit(count * days) + draws.unit(count * days)).astype(np.int64)
    times[~_there(draws, stage, count)] = 0
    cell = np.repeat(np.arange(count * days), times)
    person, day, total = cell // days, cell % days, len(cell)
    row = who["row"].to_numpy()[person]
    hour = who["hour"].to_numpy()[person] * HOUR + (draws.bell(total) * 4 * HOUR).astype(np.int64)
    opens = span.start + day * DAY + hour % DAY
    hold = (5 * MINUTE * draws.heavier(total, LONGEST_HOLD / (5 * MINUTE))).astype(np.int64)
    keep = (SHORTEST_KEPT * draws.heavier(total, LONGEST_KEPT / SHORTEST_KEPT)).astype(np.int64)
    elsewhere = draws.weighted(column("weight"), total)
    size = who["size"].to_numpy()[person] * draws.heavy(total, 30.0) / 2
    return trips(
        draws,
        taker=row,
        market=np.where(draws.chance(6_000, total), home[row], elsewhere),
        target=_typed(stage, row, size),
        opens=opens,
        closes=opens + np.where(draws.chance(stage.habits.kept_bps, total), keep, hold),
    )


def _typed(stage: Stage, row: Ints, size: Floats) -> Ints:
    """Round the sizes of those who type them down to a round sum."""
    # Drawn anew every week from the season's own stream, so that a habit never changes.
    types = Draws(stage.plan.seed, "types round sums").chance(TYPES_BPS, stage.plan.accounts)
    sums = np.array(SUMS) * USD
    below = np.searchsorted(sums, size, side="right") - 1
    typed: Ints = np.where(types[row] & (below >= 0), sums[below], size.astype(np.int64))
    return typed


def _there(draws: Draws, stage: Stage, count: int) -> Bools:
    """Say for each person and day of the week whether they are there."""
    span = stage.span
    weekdays = np.array(
        [stage.plan.day(span.first_day + day).weekday() for day in range(span.days)]
    )
    bps = np.where(weekdays >= SATURDAY, stage.habits.weekend_bps, 10_000)
    share = np.tile(bps * stage.habits.active_bps // 10_000, count)
    there: Bools = draws.whole(0, 10_000, count * span.days) < share
    return there
