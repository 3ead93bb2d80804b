"""Gradient boosting the way all models here are fitted: one thread, a fixed seed, whole groups.

Sums of floats in another order are other sums, and small fits are faster on one thread. A fold
holds a group whole or not at all, so nobody is scored by a model that saw its own label, or that of
whom it belongs with.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from detection.bootstrap import Flags, Floats, Ints

FOLDS: Final = 5
_QUANTILES: Final = np.linspace(0, 1, 65)


@dataclass(frozen=True)
class Boosting:
    """Settings of the trees.

    Attributes:
        iterations: Number of trees.
        rate_millis: Learning rate in thousandths.
        leaves: Most leaves a tree.
        least_rows: Fewest rows a leaf.
        l2_millis: Penalty of leaf values in thousandths.
        columns_millis: Share of the columns that a split may choose from, in thousandths.
    """

    iterations: int = 300
    rate_millis: int = 50
    leaves: int = 15
    least_rows: int = 30
    l2_millis: int = 5_000
    columns_millis: int = 300


@dataclass(frozen=True)
class Examples:
    """What is learned from, row by row.

    Attributes:
        columns: Features; NaN where there is nothing to measure.
        decided: Labels.
        weights: How much each row counts.
        groups: Rows of one group are learned from together or not at all.
    """

    columns: Floats
    decided: Flags
    weights: Floats
    groups: Ints

    def part(self, rows: NDArray[np.bool_]) -> "Examples":
        """Return some of the rows."""
        return Examples(
            self.columns[rows], self.decided[rows], self.weights[rows], self.groups[rows]
        )

    @property
    def folds(self) -> int:
        """Number of folds: fewer than `FOLDS` where a label has not as many groups."""
        sides = (self.groups[self.decided], self.groups[~self.decided])
        return min(FOLDS, *(len(np.unique(side)) for side in sides))


def fit_boosted(
    examples: Examples, settings: Boosting, seed: int
) -> HistGradientBoostingClassifier:
    """Fit on all examples."""
    model = HistGradientBoostingClassifier(
        max_iter=settings.iterations,
        learning_rate=settings.rate_millis / 1_000,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=settings.least_rows,
        l2_regularization=settings.l2_millis / 1_000,
        max_features=settings.columns_millis / 1_000,
        early_stopping=False,  # its random validation rows would split groups
        random_state=seed,
    )
    with threadpool_limits(limits=1):
        return model.fit(_coarse(examples.columns), examples.decided, examples.weights)


def _coarse(columns: Floats) -> Floats:
    """Return each value as the nearest of its column's quantiles.

    The trees split half-way between the values that they see, so what they ask of a value is the
    same before and after. Without this, the library weighs every quantile of every column anew for
    rows with weights, which takes a hundred times as long as the trees.
    """
    found = columns.copy()
    for column in found.T:
        there = ~np.isnan(column)
        if there.any():
            kept = np.unique(np.quantile(column[there], _QUANTILES, method="nearest"))
            middles = (kept[1:] + kept[:-1]) / 2
            column[there] = kept[np.searchsorted(middles, column[there])]
    return found


def probabilities(model: HistGradientBoostingClassifier, columns: Floats) -> Floats:
    """Return the model's raw probability for each row."""
    with threadpool_limits(limits=1):
        return np.asarray(model.predict_proba(columns)[:, 1])


def split_groups(examples: Examples, seed: int) -> Ints:
    """Return the fold of each row; a group is in one fold, labels are spread over all of them."""
    fold_of = np.zeros(len(examples.decided), dtype=np.int64)
    splitter = StratifiedGroupKFold(examples.folds, shuffle=True, random_state=seed)
    parts = splitter.split(examples.columns, examples.decided, examples.groups)
    for fold, (_, hidden) in enumerate(parts):
        fold_of[hidden] = fold
    return fold_of


def score_out_of_fold(examples: Examples, folds: Ints, settings: Boosting, seed: int) -> Floats:
    """Return, for each row, the score of a model that saw nothing of its fold."""
    scores = np.zeros(len(folds))
    for fold in np.unique(folds):
        hidden = folds == fold
        model = fit_boosted(examples.part(~hidden), settings, seed)
        scores[hidden] = probabilities(model, examples.columns[hidden])
    return scores
