"""Where to flag by a season's model: as low as is sure enough, counted by groups of clusters."""

from typing import Final

import numpy as np

from detection.boosting import Examples
from detection.bootstrap import Floats, Ints, rank, wilson

LEAST_CHANCE: Final = 0.5


def choose_threshold(chances: Floats, known: Examples, precision: float) -> float | None:
    """Return the lowest threshold whose precision is high enough by its lower Wilson bound.

    It is never below `LEAST_CHANCE`: what is less likely than not is not flagged, however many
    clusters above it make up for its being wrong.

    A group of clusters counts once, by its last row: weeks of one cluster are no new evidence.

    Args:
        chances: Probabilities out of fold, in the order of the rows.
        known: The rows, by week.
        precision: Least lower bound.

    Returns:
        A probability: clusters at or above it are flagged. None where no threshold will do.
    """
    last = last_rows(known.groups)
    ranking = rank(known.decided[last], chances[last])
    agreed = np.cumsum(ranking.decided)[ranking.ends].astype(int)
    enough = [
        wilson(int(hits), int(end) + 1).low >= precision and chance >= LEAST_CHANCE
        for hits, end, chance in zip(
            agreed, ranking.ends, chances[last][ranking.order[ranking.ends]], strict=True
        )
    ]
    if not any(enough):
        return None
    lowest = int(np.flatnonzero(enough)[-1])
    return float(chances[last][ranking.order[ranking.ends[lowest]]])


def last_rows(groups: Ints) -> Ints:
    """Return the place of the last row of each group."""
    _, places = np.unique(groups[::-1], return_index=True)
    return np.sort(len(groups) - 1 - places)
