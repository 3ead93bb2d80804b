"""From scores to probabilities, and how far the probabilities hold.

Platt's logistic regression on the logit of the score is fitted on the out-of-fold scores of the
other folds: no account's probability rests on its own decision, nor on that of an account that it
is linked or was decided with. It keeps the order of a fold's accounts; the steps of an isotonic
regression don't, and gain nothing here (docs/model-card.md). Between folds the order does change: a
fold of many decisions is calibrated by folds of few. So probabilities are made in this way to see
how far they hold, and ranking is measured on the scores themselves.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from detection.bootstrap import DRAWS, Flags, Floats, Interval, Ints, intervals

BINS: Final = 10
_EDGE: Final = 1e-6  # a score of 0 or 1 has no logit
_FREE: Final = 1e6  # so weak a penalty that the two numbers are as good as free


@dataclass(frozen=True)
class Bin:
    """Accounts with about the same probability.

    Attributes:
        low: Least probability of the bin.
        high: Greatest; the last bin includes it, the others don't.
        accounts: In the bin.
        mean_probability: Of them; 0 in an empty bin.
        decided: Share of them that the publisher decided against; 0 in an empty bin.
        decided_interval: Of that share.
    """

    low: float
    high: float
    accounts: int
    mean_probability: float
    decided: float
    decided_interval: Interval


@dataclass(frozen=True)
class Reliability:
    """How far probabilities agree with the shares they stand for.

    Attributes:
        brier: Mean squared difference of probability and decision.
        brier_interval: Of it.
        brier_base_rate: That of giving everybody the base rate.
        mean_gap: Mean over accounts of the distance of their bin's two means (the expected
            calibration error).
        bins: Ten of equal width.
    """

    brier: float
    brier_interval: Interval
    brier_base_rate: float
    mean_gap: float
    bins: tuple[Bin, ...]


def calibrate(scores: Floats, known: Floats, decided: Flags) -> Floats:
    """Turn scores into probabilities by the scores whose decisions are known.

    Scores that rank the known accounts the wrong way round know nothing; turning them about would
    make decisions out of noise. Everybody gets the base rate then.

    Args:
        scores: To be turned.
        known: Out-of-fold scores of labelled accounts.
        decided: Their decisions.
    """
    curve = LogisticRegression(C=_FREE).fit(_logit(known), decided)
    if curve.coef_[0, 0] <= 0:
        return np.full(len(scores), float(decided.mean()))
    return np.asarray(curve.predict_proba(_logit(scores))[:, 1])


def cross_calibrate(scores: Floats, decided: Flags, folds: Ints) -> Floats:
    """Turn out-of-fold scores into probabilities, each fold by the others.

    Args:
        scores: Out-of-fold scores.
        decided: Decisions.
        folds: Fold of each account, at least two.
    """
    probabilities = np.zeros(len(scores))
    for fold in np.unique(folds):
        hidden = folds == fold
        probabilities[hidden] = calibrate(scores[hidden], scores[~hidden], decided[~hidden])
    return probabilities


def reliability(
    probabilities: Floats, decided: Flags, groups: Ints, seed: int, draws: int = DRAWS
) -> Reliability:
    """Compare probabilities with decisions.

    Args:
        probabilities: Out of fold.
        decided: Decisions.
        groups: Group of each account, for the intervals.
        seed: Of the draws.
        draws: How many.
    """
    known = decided.astype(np.float64)
    places = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    squares = (probabilities - known) ** 2

    def figures(weights: Floats) -> Floats:
        total = np.bincount(places, weights=weights, minlength=BINS)
        hits = np.bincount(places, weights=weights * known, minlength=BINS)
        nothing = np.full(BINS, np.nan)
        shares = np.divide(hits, total, out=nothing, where=total > 0)
        return np.append(shares, (weights * squares).sum() / weights.sum())

    measured = np.nan_to_num(figures(np.ones(len(known))))
    drawn = intervals(figures, groups, seed, draws)
    accounts = np.bincount(places, minlength=BINS)
    means = np.bincount(places, weights=probabilities, minlength=BINS) / np.maximum(accounts, 1)
    gaps = np.abs(means - measured[:BINS]) * accounts
    return Reliability(
        brier=float(measured[BINS]),
        brier_interval=drawn[BINS],
        brier_base_rate=float(known.mean() * (1 - known.mean())),
        mean_gap=float(gaps.sum() / len(known)),
        bins=tuple(
            Bin(
                low=number / BINS,
                high=(number + 1) / BINS,
                accounts=int(accounts[number]),
                mean_probability=float(means[number]),
                decided=float(measured[number]),
                decided_interval=drawn[number],
            )
            for number in range(BINS)
        ),
    )


def _logit(scores: Floats) -> Floats:
    kept = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept / (1 - kept)))[:, None]
