"""Orders that a program sends at a fixed rhythm: grids of a vendor's presets, and savings plans."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.markets import LIQUID, MARKETS
from simulator.season import DAY, HOUR, MINUTE, SECOND
from simulator.styles.trips import NEVER, Stage, trips

CROSSED_BPS: Final = 7_500  # of a grid's steps in which the price reaches the order
SPOT: Final = tuple(at for at, market in enumerate(MARKETS) if market.product == "spot")
EQUITY: Final = tuple(at for at, market in enumerate(MARKETS) if market.product == "equity")
BASKETS: Final = (SPOT[:1], SPOT[1:], EQUITY, SPOT[:1] + EQUITY)
WIDEST: Final = max(map(len, BASKETS))
SLOWEST: Final = 500  # a pace below it is that of a weekly plan


@dataclass(frozen=True)
class Ticks:
    """What programs do in a week: one entry an order.

    Attributes:
        person: Position of the member in the frame that was given.
        at: Instant.
        step: Microseconds from one order of the program to its next.
    """

    person: Ints
    at: Ints
    step: Ints


def grid(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the orders of grid bots: one size and one market a group, half a step in, half out."""
    draws, plan = stage.draws("grid"), stage.plan
    # Both are drawn anew every week from the season's own streams, so that they never change.
    began = Draws(plan.seed, "grid began").whole(0, DAY // MINUTE, plan.accounts) * MINUTE
    markets = np.array(LIQUID)[Draws(plan.seed, "grid market").whole(0, len(LIQUID), plan.accounts)]
    ticks = _ticks(stage, who, began[who["row"].to_numpy()])
    crossed = draws.chance(CROSSED_BPS, len(ticks.at))
    person, at, step = ticks.person[crossed], ticks.at[crossed], ticks.step[crossed]
    count = len(at)
    opens = at + draws.whole(0, SECOND, count)
    return trips(
        draws,
        taker=who["row"].to_numpy()[person],
        market=markets[who["group"].to_numpy()[person]],
        side=np.ones(count, dtype=np.int64),
        target=who["size"].to_numpy()[person],
        opens=opens,
        closes=opens + step // 2,
    )


def schedule(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the purchases of savings plans: a basket a group, at its hour, kept for good."""
    draws = stage.draws("schedule")
    group = who["group"].to_numpy()
    weekday = np.where(who["pace"].to_numpy() < SLOWEST, group % 7, 0)
    ticks = _ticks(stage, who, who["hour"].to_numpy() * HOUR + weekday * DAY)
    basket = group[ticks.person] % len(BASKETS)
    wide = np.array([len(markets) for markets in BASKETS])[basket]
    order = np.repeat(np.arange(len(basket)), wide)
    place = np.arange(len(order)) - np.repeat(np.cumsum(wide) - wide, wide)
    markets = np.array([basket + (-1,) * (WIDEST - len(basket)) for basket in BASKETS])
    person, count = ticks.person[order], len(order)
    return trips(
        draws,
        taker=who["row"].to_numpy()[person],
        market=markets[basket[order], place],
        side=np.ones(count, dtype=np.int64),
        target=who["size"].to_numpy()[person] // wide[order],
        opens=ticks.at[order] + draws.whole(0, 20 * SECOND, count),
        closes=np.full(count, NEVER),
    )


def _ticks(stage: Stage, who: pl.DataFrame, phase: Ints) -> Ticks:
    """Return when the programs fire in the week: `phase` after the season's start, and each step.

    A step is a thousand days by `pace`, to the nearest whole hour.
    """
    pace = np.maximum(1, who["pace"].to_numpy())
    step = np.maximum(1, (1_000 * 24 + pace // 2) // pace) * HOUR
    origin = stage.plan.start + phase
    first = np.maximum(0, -(-(stage.span.start - origin) // step))
    last = np.maximum(0, -(-(stage.span.end - origin) // step))
    times = last - first
    person = np.repeat(np.arange(len(who)), times)
    number = np.arange(len(person)) - np.repeat(np.cumsum(times) - times, times)
    at = origin[person] + (first[person] + number) * step[person]
    return Ticks(person, at, step[person])
