"""Positions by average cost, in whole lots and micro-USD, for all accounts at once.

The recurrence runs once for each k-th fill of a series (an account in a market), over all series
that have so many: as many steps as the longest series has fills, each over whole arrays.
"""

from dataclasses import dataclass
from itertools import pairwise

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
    order = stable_order(series)
    ordered = series[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    counts = np.diff(np.append(starts, len(series)))
    longest_first = np.argsort(-counts, kind="stable")
    moved = ordered[starts[longest_first]]
    edges, rows = _by_step(order, starts, counts, longest_first)
    steps = _Steps.of(lots[rows], notional[rows])
    held, cost = before.held[moved], before.cost[moved]
    for first, last in pairwise(edges.tolist()):
        _step(held[: last - first], cost[: last - first], steps, slice(first, last))
    after = Positions(before.held.copy(), before.cost.copy())
    after.held[moved], after.cost[moved] = held, cost
    return steps.book(rows), after


def stable_order(keys: Ints) -> Ints:
    """Return the positions of `keys` from the least to the greatest, equal ones in their order.

    Key and position are sorted as one number, which is several times as fast as `argsort`. Keys
    are not negative, and the greatest times twice their count stays below 2⁶³.
    """
    bits = len(keys).bit_length()
    order: Ints = np.sort(keys << bits | np.arange(len(keys))) & ((1 << bits) - 1)
    return order


def _by_step(order: Ints, starts: Ints, counts: Ints, longest_first: Ints) -> tuple[Ints, Ints]:
    """Order fills by their number within their series, then by the length of the series.

    Returns:
        Where each step begins, with the end of the last one; and the fills in that order.
    """
    lengths = np.bincount(counts)
    alive = len(counts) - np.cumsum(lengths)[:-1]  # series with more than 0, 1, 2, ... fills
    edges = np.append(0, np.cumsum(alive))
    rank = np.empty(len(counts), dtype=np.int64)
    rank[longest_first] = np.arange(len(counts))
    step = np.arange(len(order)) - np.repeat(starts, counts)
    rows = np.empty(len(order), dtype=np.int64)
    rows[edges[step] + np.repeat(rank, counts)] = order
    return edges, rows


@dataclass(frozen=True)
class _Steps:
    """All fills by step, and what they do once they are followed."""

    lots: Ints
    size: Ints  # of the lots
    sign: Ints
    notional: Ints
    realised: Ints
    held: Ints
    cost: Ints

    @classmethod
    def of(cls, lots: Ints, notional: Ints) -> "_Steps":
        empty = (np.empty(len(lots), dtype=np.int64) for _ in range(3))
        return cls(lots, np.abs(lots), np.sign(lots), notional, *empty)

    def book(self, rows: Ints) -> Book:
        """Return what was done in the order of the fills again."""
        columns = (np.empty(len(rows), dtype=np.int64) for _ in range(3))
        book = Book(*columns)
        book.realised[rows], book.held[rows], book.cost[rows] = self.realised, self.held, self.cost
        return book


def _step(held: Ints, cost: Ints, steps: _Steps, now: slice) -> None:
    """Apply one fill to each series, in place."""
    lots, size, sign, notional = (
        steps.lots[now],
        steps.size[now],
        steps.sign[now],
        steps.notional[now],
    )
    there = np.abs(held)
    closed = np.minimum(there, size) * ((held ^ lots) < 0)
    released = np.sign(held) * part(np.abs(cost), closed, np.maximum(1, there))
    realised = -(released + sign * part(notional, closed, size))
    cost += sign * notional + realised
    held += lots
    steps.realised[now], steps.held[now], steps.cost[now] = realised, held, cost


def part(amount: Ints, some: Ints, whole: Ints) -> Ints:
    """Return floor(amount × some / whole) for some ≤ whole < 3·10⁹, without a wider integer."""
    times, rest = np.divmod(amount, whole)
    result: Ints = times * some + rest * some // whole
    return result
