"""Probabilities that hold, and a table that says so when they don't."""

import numpy as np
import pytest

from detection.calibration import calibrate, cross_calibrate, reliability


def scored(seed: int, accounts: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores that rank well and are too sure of themselves."""
    draw = np.random.default_rng(seed)
    truth = draw.uniform(0.02, 0.98, accounts)
    logit = np.log(truth / (1 - truth))
    return 1 / (1 + np.exp(-2.5 * logit - 1)), draw.random(accounts) < truth


def test_calibration_keeps_the_order_and_undoes_what_was_too_sure() -> None:
    scores, decided = scored(1)
    probabilities = calibrate(scores, scores, decided)
    assert (np.argsort(scores, kind="stable") == np.argsort(probabilities, kind="stable")).all()
    groups = np.arange(len(scores))
    before = reliability(scores, decided, groups, 0, 50)
    after = reliability(probabilities, decided, groups, 0, 50)
    assert after.mean_gap < 0.03 < before.mean_gap
    assert after.brier < before.brier
    assert after.brier_interval.low < after.brier < after.brier_interval.high
    assert sum(part.accounts for part in after.bins) == len(scores)


def test_no_fold_is_calibrated_by_itself() -> None:
    scores, decided = scored(2)
    folds = np.arange(len(scores)) % 4
    first = cross_calibrate(scores, decided, folds)
    turned = decided.copy()
    turned[folds == 0] = ~turned[folds == 0]
    second = cross_calibrate(scores, turned, folds)
    assert (first[folds == 0] == second[folds == 0]).all()
    assert (first[folds != 0] != second[folds != 0]).all()


def test_scores_of_nought_and_one_are_no_trouble() -> None:
    scores = np.array([0.0, 0.0, 1.0, 1.0])
    probabilities = calibrate(scores, scores, np.array([False, True, False, True]))
    assert probabilities == pytest.approx([0.5] * 4, abs=1e-3)


def test_an_empty_bin_says_nothing() -> None:
    found = reliability(np.array([0.95, 1.0]), np.array([True, True]), np.array([0, 1]), 0, 5)
    assert [part.accounts for part in found.bins] == [0] * 9 + [2]
    assert found.bins[0].decided == found.bins[0].mean_probability == 0
    assert found.brier_base_rate == 0


def test_scores_that_know_nothing_are_not_turned_about() -> None:
    scores, decided = scored(3)
    assert calibrate(scores, 1 - scores, decided) == pytest.approx(decided.mean())
