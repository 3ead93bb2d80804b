"""Drawing groups again: weights, intervals, and figures that agree with the library's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from detection.bootstrap import Interval, draw_weights, interval, intervals, rank, weigh, wilson


def test_a_draw_takes_groups_whole_and_as_many_as_there_are() -> None:
    groups = np.array([7, 7, 3, 3, 3, 5])
    for weights in draw_weights(groups, 0, 20):
        assert weights[0] == weights[1]
        assert weights[2] == weights[3] == weights[4]
        assert weights[0] + weights[2] + weights[5] == 3


def test_the_same_seed_draws_the_same() -> None:
    groups = np.arange(50)
    first, again = (list(draw_weights(groups, 3, 4)) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, again, strict=True))


def test_groups_make_the_interval_wider_than_accounts_do() -> None:
    draw = np.random.default_rng(0)
    group = np.arange(1_000) // 50
    values = draw.normal(size=20)[group]

    def mean(weights: np.ndarray) -> np.ndarray:
        return np.array([(weights * values).sum() / weights.sum()])

    (by_group,) = intervals(mean, group, 0, 200)
    (by_account,) = intervals(mean, np.arange(1_000), 0, 200)
    assert by_group.high - by_group.low > 3 * (by_account.high - by_account.low)
    assert by_group.low < values.mean() < by_group.high


SCORED = st.lists(
    st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=30
)


@settings(max_examples=50)
@given(SCORED)
def test_weighed_figures_are_those_of_the_library(rows: list[tuple[bool, int, int]]) -> None:
    decided, score, weights = (np.array(column) for column in zip(*rows, strict=True))
    curve = weigh(rank(decided, score.astype(float)), weights.astype(float))
    if weights[decided].sum() == 0 or weights[~decided].sum() == 0:
        assert np.isnan(curve.auc())
        return
    assert curve.auc() == pytest.approx(roc_auc_score(decided, score, sample_weight=weights))
    expected = average_precision_score(decided, score, sample_weight=weights)
    assert curve.average_precision() == pytest.approx(expected)


def test_the_best_precision_is_that_of_the_thresholds_with_enough_recall() -> None:
    decided = np.array([True, True, False, True, False])
    ranking = rank(decided, np.array([0.9, 0.8, 0.7, 0.6, 0.5]))
    curve = weigh(ranking, np.ones(5))
    assert curve.best_precision(0.5) == 1.0
    assert curve.best_precision(1.0) == 0.75
    assert np.isnan(weigh(ranking, np.array([0.0, 0, 1, 0, 1])).best_precision(0.5))


def test_an_interval_leaves_out_draws_without_a_figure() -> None:
    assert interval(np.array([np.nan, 1.0, 1.0])) == Interval(1.0, 1.0)
    assert interval(np.array([np.nan])) == Interval(0.0, 0.0)


def test_wilson_as_in_the_tables() -> None:
    found = wilson(9, 9)
    assert (found.low, found.high) == (pytest.approx(0.7009, abs=1e-4), pytest.approx(1.0))
    assert wilson(0, 0) == Interval(0.0, 1.0)
