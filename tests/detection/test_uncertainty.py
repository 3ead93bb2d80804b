"""Intervals of agreements: around the figures themselves, and paired where two are compared."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from detection.bootstrap import draw_weights
from detection.evaluation import account_agreements, pair_agreements
from detection.uncertainty import (
    account_intervals,
    flag_agreement,
    pair_intervals,
    score_differences,
)

GROUPS, MEMBERS = 60, 5


def population(seed: int) -> pl.DataFrame:
    """Sixty groups of five; every third was decided against; the score knows about half of it."""
    draw = np.random.default_rng(seed)
    group = np.arange(GROUPS * MEMBERS) // MEMBERS
    decided = group % 3 == 0
    score = decided + draw.normal(0, 0.7, GROUPS)[group]
    return pl.DataFrame(
        {
            "account_id": [f"a{number:03d}" for number in range(len(group))],
            "group": group,
            "decided": decided,
            "source": np.where(group % 2, "community", "component"),
            "published": pl.Series([f"G{g}" if g % 3 == 0 else None for g in group]),
            "found": pl.Series([f"K{g // 2}" if g % 4 < 3 else None for g in group]),
            "score": score,
            "other": draw.normal(size=len(group)),
            "flagged": score > 0.5,
        }
    )


def test_every_figure_lies_in_its_interval() -> None:
    compared = population(1)
    for one, drawn in zip(
        account_agreements(compared), account_intervals(compared, 0.5, 0, 200), strict=True
    ):
        assert one.source == drawn.source
        for name in ("base_rate", "precision", "recall", "f1", "average_precision", "auc"):
            found = getattr(drawn, name)
            assert found.low < getattr(one, name) < found.high
    flags = flag_agreement(
        compared["decided"].to_numpy(),
        compared["flagged"].to_numpy(),
        compared["group"].to_numpy(),
        seed=0,
        draws=200,
    )
    everything = account_agreements(compared)[0]
    assert (flags.precision, flags.recall) == (everything.precision, everything.recall)
    assert flags.precision_interval == account_intervals(compared, 0.5, 0, 200)[0].precision


def test_pairs_in_draws_are_those_of_copies_listed_one_by_one() -> None:
    compared = population(2).head(60)
    weights = next(draw_weights(compared["group"].to_numpy(), 5, 1)).astype(int)
    # Each copy of a group is a group of its own, with clusters of its own.
    copies = [(row, copy) for row, times in enumerate(weights.tolist()) for copy in range(times)]
    found, published, group = (compared[name].to_list() for name in ("found", "published", "group"))
    counted = {"found": 0, "published": 0, "agreed": 0}
    for (one, mine), (other, theirs) in combinations(copies, 2):
        if group[one] == group[other] and mine != theirs:
            continue
        in_found = found[one] is not None and found[one] == found[other]
        in_published = published[one] is not None and published[one] == published[other]
        counted["found"] += in_found
        counted["published"] += in_published
        counted["agreed"] += in_found and in_published
    drawn = pair_intervals(compared, 5, 1)[0]
    assert drawn.precision.low == pytest.approx(counted["agreed"] / counted["found"])
    assert drawn.recall.low == pytest.approx(counted["agreed"] / counted["published"])
    assert len(pair_intervals(compared, 0, 2)) == len(pair_agreements(compared))


def test_a_better_score_differs_from_a_worse_one_and_not_from_itself() -> None:
    compared = population(3)
    everything = score_differences(compared, 0, 200)[0]
    assert everything.average_precision_interval.low > 0
    assert everything.auc_interval.low > 0
    same = score_differences(compared.with_columns(other="score"), 0, 20)[0]
    assert (same.average_precision, same.auc_interval.low, same.auc_interval.high) == (0, 0, 0)
