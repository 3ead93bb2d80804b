"""Intervals by drawing whole groups again (cluster bootstrap).

Accounts of one operator stand and fall together, so an interval that draws accounts would be far
too narrow. Here the groups of the folds are drawn with replacement; an account counts as often as
its group was drawn. All figures of a report share the same draws, so a difference between two ways
of scoring is a paired one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DRAWS: Final = 500
LOW, HIGH = 2.5, 97.5  # percentiles of a 95 % interval
_Z = 1.959964  # of the normal distribution, for the same


@dataclass(frozen=True)
class Interval:
    """The middle 95 % of a figure over the draws.

    Attributes:
        low: 2.5th percentile.
        high: 97.5th percentile.
    """

    low: float
    high: float


def draw_weights(groups: Ints, seed: int, draws: int = DRAWS) -> Iterator[Floats]:
    """Yield, draw by draw, how often each account's group was drawn.

    Args:
        groups: Group of each account, from 0.
        seed: Same seed, same draws.
        draws: How many.
    """
    generator = np.random.default_rng(seed)
    _, numbers = np.unique(groups, return_inverse=True)
    count = int(numbers.max(initial=-1)) + 1
    for _ in range(draws):
        times = np.bincount(generator.integers(0, count, count), minlength=count)
        yield times[numbers].astype(np.float64)


def intervals(
    figures: Callable[[Floats], Floats], groups: Ints, seed: int, draws: int = DRAWS
) -> tuple[Interval, ...]:
    """Return the interval of each figure.

    Args:
        figures: From the accounts' weights to the figures; NaN where a draw gives none.
        groups: Group of each account.
        seed: Of the draws.
        draws: How many.
    """
    drawn = np.array([figures(weights) for weights in draw_weights(groups, seed, draws)])
    return tuple(interval(column) for column in drawn.T)


def wilson(part: int, whole: int) -> Interval:
    """Return the 95 % interval of a share of independent cases (Wilson 1927); (0, 1) of none."""
    if whole == 0:
        return Interval(0.0, 1.0)
    share, room = part / whole, _Z * _Z / whole
    middle = (share + room / 2) / (1 + room)
    half = _Z / (1 + room) * float(np.sqrt(share * (1 - share) / whole + room / (4 * whole)))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def interval(drawn: Floats) -> Interval:
    """Return the interval of one figure over its draws; of nothing it is (0, 0)."""
    there = drawn[~np.isnan(drawn)]
    if len(there) == 0:
        return Interval(0.0, 0.0)
    low, high = np.percentile(there, (LOW, HIGH))
    return Interval(float(low), float(high))


@dataclass(frozen=True)
class Ranking:
    """Accounts in the order of a score, ready to be weighed again and again.

    Attributes:
        order: Account numbers, highest score first.
        decided: Decisions in that order.
        ends: Last place of each run of equal scores.
    """

    order: Ints
    decided: Floats
    ends: Ints


def rank(decided: Flags, score: Floats) -> Ranking:
    """Order accounts by score, highest first; equal scores are one step."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    return Ranking(order, decided[order].astype(np.float64), ends)


@dataclass(frozen=True)
class Curve:
    """Weights above each threshold of a ranking: agreed, and other.

    Attributes:
        agreed: Weight of the decided at or above each threshold.
        other: Weight of the others.
    """

    agreed: Floats
    other: Floats

    def average_precision(self) -> float:
        """Return the mean of precision over recall; NaN where nothing is decided."""
        above = self.agreed + self.other
        precision = np.divide(self.agreed, above, out=np.zeros_like(above), where=above > 0)
        gains = np.diff(self.agreed, prepend=0.0)
        return _share(float((gains * precision).sum()), float(self.agreed[-1]))

    def auc(self) -> float:
        """Return the area under the ROC curve; NaN where either side is missing."""
        middle = self.agreed - np.diff(self.agreed, prepend=0.0) / 2
        area = float((np.diff(self.other, prepend=0.0) * middle).sum())
        return _share(area, float(self.agreed[-1] * self.other[-1]))

    def best_precision(self, recall: float) -> float:
        """Return the best precision of any threshold with at least `recall`; NaN without any."""
        enough = self.agreed >= recall * self.agreed[-1]
        above = (self.agreed + self.other)[enough]
        if self.agreed[-1] <= 0 or len(above) == 0:
            return float("nan")
        return float((self.agreed[enough] / above).max())


def weigh(ranking: Ranking, weights: Floats) -> Curve:
    """Weigh a ranking's accounts."""
    ordered = weights[ranking.order]
    agreed = np.cumsum(ordered * ranking.decided)[ranking.ends]
    return Curve(agreed, np.cumsum(ordered)[ranking.ends] - agreed)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
