"""Positions by average cost, in whole lots and micro-USD, for all accounts at once.

The recurrence runs once for each k-th fill of a series (an account in a market), over all series
that have so many: as many steps as the longest series has fills, each over whole arrays.
"""

from dataclasses import dataclass

import numpy as np

from simulator.draws import Ints


@dataclass(frozen=True)
class Positions:
    """What every series holds at an instant.

    Attributes:
        held: Lots, negative where short; one entry a series.
        cost: What they cost, micro-USD, of the same sign as `held`.
    """

    held: Ints
    cost: Ints

    @classmethod
    def none(cls, count: int) -> "Positions":
        """Return `count` series that hold nothing."""
        return cls(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64))


@dataclass(frozen=True)
class Book:
    """What each fill did to the series it belongs to, in the order of the fills.

    Attributes:
        realised: Profit that the fill realised, micro-USD.
        held: Lots after the fill, negative where short.
        cost: What they cost, micro-USD, of the same sign as `held`.
    """

    realised: Ints
    held: Ints
    cost: Ints


def average_cost(
    series: Ints, lots: Ints, notional: Ints, before: Positions
) -> tuple[Book, Positions]:
    """Follow each series through its fills, which come in the order of time.

    Args:
        series: Which series a fill belongs to: a position in `before`.
        lots: Bought (positive) or sold (negative).
        notional: What they traded for, micro-USD, positive.
        before: What every series held before the first fill.

    Returns:
        The book, and what every series holds after it. In every series
        Σ realised = Σ received - Σ paid + growth of the cost, exactly.
    """
    order = np.argsort(series, kind="stable")
    moved, counts = np.unique(series[order], return_counts=True)
    starts = np.cumsum(counts) - counts
    longest_first = np.argsort(-counts, kind="stable")
    moved, counts, starts = moved[longest_first], counts[longest_first], starts[longest_first]
    book = Book(*(np.zeros(len(series), dtype=np.int64) for _ in range(3)))
    held, cost = before.held[moved], before.cost[moved]
    for step in range(int(counts.max(initial=0))):
        alive = int(np.searchsorted(-counts, -step))
        rows = order[starts[:alive] + step]
        signed = np.sign(lots[rows]) * notional[rows]
        gain = _step(held[:alive], cost[:alive], lots[rows], signed)
        book.realised[rows] = gain
        book.held[rows], book.cost[rows] = held[:alive], cost[:alive]
    after = Positions(before.held.copy(), before.cost.copy())
    after.held[moved], after.cost[moved] = held, cost
    return book, after


def _step(held: Ints, cost: Ints, lots: Ints, signed: Ints) -> Ints:
    """Apply one fill to each series, in place, and return what it realised."""
    opposite = (held < 0) != (lots < 0)
    closed = np.where(opposite, np.minimum(np.abs(held), np.abs(lots)), 0)
    released = np.sign(held) * part(np.abs(cost), closed, np.maximum(1, np.abs(held)))
    traded = np.sign(lots) * part(np.abs(signed), closed, np.maximum(1, np.abs(lots)))
    realised: Ints = -(released + traded)
    cost += signed + realised
    held += lots
    return realised


def part(amount: Ints, some: Ints, whole: Ints) -> Ints:
    """Return floor(amount × some / whole) for some ≤ whole < 3·10⁹, without a wider integer."""
    result: Ints = amount // whole * some + amount % whole * some // whole
    return result
