"""A classifier of accounts, trained on published decisions, with honest scores.

Gradient boosting on the features of `detection.features`. A labelled account never gets a score
from a model that saw its own label, or that of an account it is linked or was decided with: the
folds hold whole groups apart. An unlabelled account gets the score of a model of all labels. The
scores are made probabilities by Platt's regression on all out-of-fold scores, which keeps their
order. To see how far probabilities hold, those of a labelled account are made by the other folds
alone (`detection.calibration`).

A score says how alike an account is to those that the publisher decided against; it says nothing
of kinds of farming that the publisher did not know.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from detection.calibration import calibrate, cross_calibrate

Floats = NDArray[np.float64]

FOLDS: Final = 5


@dataclass(frozen=True)
class ModelScores:
    """What `cross_fit` gives.

    Attributes:
        scores: account_id, score (0 to 1), probability (the score; of a labelled account, made
            without its fold), out_of_fold (bool), in the order of the features.
        folds: Folds used; fewer than `FOLDS` where there are not as many groups.
    """

    scores: pl.DataFrame
    folds: int


def fold_groups(linked: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Return the group of each labelled account; a fold holds a group whole or not at all.

    Accounts of one published cluster are in one group, and so are accounts that are linked: a
    control beside a decided account would otherwise tell the model about it.

    Args:
        linked: account_id, link (a number; equal for accounts that are linked).
        labels: account_id, published (str or null).

    Returns:
        account_id, group; in the order of the labels.
    """
    joined = labels.join(linked, on="account_id", how="left", maintain_order="left")
    links = joined["link"].rank("dense").cast(pl.Int64).to_numpy() - 1
    clusters = joined["published"].rank("dense").cast(pl.Int64) - 1
    decided = clusters.is_not_null().to_numpy()
    first_cluster = int(links.max(initial=-1)) + 1
    ends = (links[decided], first_cluster + clusters.drop_nulls().to_numpy())
    nodes = first_cluster + clusters.n_unique()
    graph = coo_array((np.ones(int(decided.sum())), ends), shape=(nodes, nodes))
    _, groups = connected_components(graph, directed=False)
    return labels.select("account_id").with_columns(group=pl.Series(groups[links], dtype=pl.Int64))


def cross_fit(features: pl.DataFrame, labels: pl.DataFrame, seed: int) -> ModelScores:
    """Score every account: labelled ones out of fold, the others by a model of all labels.

    One thread throughout: sums of floats in another order are other sums, and small fits are
    faster so.

    Args:
        features: account_id and numeric columns; every labelled account has a row.
        labels: account_id, decided (bool), group (int); both decisions occur in two groups each.
        seed: Of folds and column sampling.
    """
    ordered = labels.sort("account_id")
    columns = features.select(pl.exclude("account_id")).to_numpy()
    rows = (
        ordered.select("account_id")
        .join(features.select("account_id").with_row_index("row"), on="account_id", how="left")
        .sort("account_id")["row"]
        .to_numpy()
    )
    decided, groups = ordered["decided"].to_numpy(), ordered["group"].to_numpy()
    folds = min(FOLDS, ordered.filter("decided")["group"].n_unique())
    with threadpool_limits(limits=1):
        raw = _fit(columns[rows], decided, seed).predict_proba(columns)[:, 1]
        raw[rows], fold = _out_of_fold(columns[rows], decided, groups, (folds, seed))
        score = calibrate(raw, raw[rows], decided)
        probability = score.copy()
        probability[rows] = cross_calibrate(raw[rows], decided, fold)
    labelled = np.zeros(len(columns), dtype=bool)
    labelled[rows] = True
    return ModelScores(
        features.select("account_id").with_columns(
            score=pl.Series(score).round(9),
            probability=pl.Series(probability).round(9),
            out_of_fold=pl.Series(labelled),
        ),
        folds,
    )


def _out_of_fold(
    columns: Floats, decided: NDArray[np.bool_], groups: NDArray[np.int64], split: tuple[int, int]
) -> tuple[Floats, NDArray[np.int64]]:
    folds, seed = split
    scores = np.zeros(len(decided))
    fold_of = np.zeros(len(decided), dtype=np.int64)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for fold, (known, hidden) in enumerate(splitter.split(columns, decided, groups)):
        model = _fit(columns[known], decided[known], seed)
        scores[hidden] = model.predict_proba(columns[hidden])[:, 1]
        fold_of[hidden] = fold
    return scores, fold_of


def _fit(columns: Floats, decided: NDArray[np.bool_], seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=300,
        learning_rate=0.05,
        max_leaf_nodes=15,
        min_samples_leaf=30,
        l2_regularization=5.0,
        max_features=0.3,
        early_stopping=False,  # its random validation rows would split groups
        random_state=seed,
    ).fit(columns, decided)
