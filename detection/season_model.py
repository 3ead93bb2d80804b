"""A classifier of a season's clusters, learned from what moderators decided.

One row is one cluster in one week. A model is no file of trees but a recipe: the rows it learns
from, its features in order, settings and seed. Fitting is deterministic and takes seconds, so a
model is fitted anew where it is needed, and checked against what it said when it was made: another
version of a library must not quietly become another model.

The rows of one cluster over the weeks, and of clusters that share owners, are one group. Scores
out of fold come from a model that saw no row of the group, and probabilities from a curve through
the scores of other folds (`detection.calibration`).
"""

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Final

import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from detection.boosting import (
    Boosting,
    Examples,
    fit_boosted,
    probabilities,
    score_out_of_fold,
    split_groups,
)
from detection.bootstrap import Flags, Floats
from detection.calibration import calibrate
from detection.graph import components
from warehouse.errors import DetectionError

ROW_KEY: Final = ("week", "cluster_id")
ROWS_SCHEMA: Final = pl.Schema(
    {
        "week": pl.String(),
        "cluster_id": pl.String(),
        "group": pl.Int64(),
        "label": pl.Int8(),
        "tier": pl.String(),
        "weight_millis": pl.Int64(),
        "score": pl.Float64(),
        "by_rules": pl.String(),
    }
)
SETTINGS: Final = Boosting(
    iterations=150, rate_millis=50, leaves=8, least_rows=8, l2_millis=5_000, columns_millis=300
)
LEAST_GROUPS: Final = 10  # of each label; fewer teach a model nothing that rules do not know
_BY_RULES: Final = ("score", "by_rules")
_CHECKED: Final = 32
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True)
class Recipe:
    """All that a model is made of.

    Attributes:
        rows: `ROWS_SCHEMA`, then the features as Float64; one row a (week, cluster_id).
        names: The features in order.
        settings: Of the trees.
        seed: Of folds and columns.
    """

    rows: pl.DataFrame
    names: tuple[str, ...]
    settings: Boosting = SETTINGS
    seed: int = 0

    def fingerprint(self) -> str:
        """Return the SHA-256, in hexadecimal, of the recipe as canonical bytes.

        A line of JSON with names, settings and seed; then, row by row in the order of the key, a
        line of JSON with the columns of `ROWS_SCHEMA` but what the rules say, and the features,
        each as the hexadecimal digits of its eight bytes, most significant first; every NaN is the
        same.
        """
        head = {"names": self.names, "settings": asdict(self.settings), "seed": self.seed}
        digest = sha256(_line(head))
        rows = self.rows.sort(ROW_KEY)
        values = rows.select(self.names).fill_null(float("nan")).to_numpy()
        values = np.where(np.isnan(values), np.nan, values).astype(">f8")
        told = rows.select(pl.exclude(*_BY_RULES, *self.names))
        for keys, features in zip(told.iter_rows(), values, strict=True):
            digest.update(_line([*keys, features.tobytes().hex()]))
        return digest.hexdigest()


@dataclass(frozen=True)
class FittedModel:
    """A model that is ready to be asked.

    Attributes:
        fingerprint: Of its recipe.
        names: The features it was trained on, in order.
        checks: What it says of the first rows of its recipe; see `fit`.
        trees: The fitted trees.
        known: Scores out of fold of its training rows.
        decided: Their labels.
    """

    fingerprint: str
    names: tuple[str, ...]
    checks: tuple[float, ...]
    trees: HistGradientBoostingClassifier = field(repr=False)
    known: Floats = field(repr=False)
    decided: Flags = field(repr=False)


def training_rows(
    features: pl.DataFrame, labels: pl.DataFrame, members: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of a recipe: labelled clusters with their features and groups.

    Args:
        features: week, cluster_id, score, by_rules, then the features in order, of all weeks.
        labels: `detection.labels.CLUSTER_LABELS_SCHEMA`.
        members: week, cluster_id, owner_id, of all weeks.

    Returns:
        `ROWS_SCHEMA`, then the features, by week and cluster.
    """
    names = features.columns[4:]
    return (
        features.join(labels, on=ROW_KEY)
        .join(season_groups(members), on=ROW_KEY)
        .select(*ROWS_SCHEMA.names(), *names)
        .with_columns(pl.col(name).cast(kind) for name, kind in ROWS_SCHEMA.items())
        .with_columns(pl.col(names).cast(pl.Float64).fill_null(float("nan")))
        .sort(ROW_KEY)
    )


def season_groups(members: pl.DataFrame) -> pl.DataFrame:
    """Return the group of every cluster of every week.

    Clusters of one id are one group, whatever the week, and so are clusters that share an owner.

    Args:
        members: week, cluster_id, owner_id.

    Returns:
        week, cluster_id, group (Int64, from 0 in the order of the first cluster ids), sorted.
    """
    ends = members.select(
        pl.col("cluster_id").rank("dense").cast(pl.Int64).alias("cluster") - 1,
        pl.col("owner_id").rank("dense").cast(pl.Int64).alias("owner") - 1,
    )
    clusters = members["cluster_id"].n_unique()
    nodes = clusters + members["owner_id"].n_unique()
    left, right = ends["cluster"].to_numpy(), ends["owner"].to_numpy() + clusters
    found = components(nodes, left, right)
    rows = members.select(ROW_KEY).with_columns(found=pl.Series(found[left], dtype=pl.Int64))
    first = rows.group_by("found").agg(pl.col("cluster_id").min().alias("first"))
    numbered = first.sort("first").with_row_index("group").select("found", "group")
    return (
        rows.unique()
        .join(numbered, on="found")
        .select(*ROW_KEY, pl.col("group").cast(pl.Int64))
        .sort(ROW_KEY)
    )


def examples(rows: pl.DataFrame, names: tuple[str, ...]) -> Examples:
    """Return rows as the trees learn from them.

    A group weighs as much as its labels are trusted, however many weeks it has been there.

    Args:
        rows: `ROWS_SCHEMA` and the features.
        names: The features in order.
    """
    weight = pl.col("weight_millis") / 1_000 / pl.len().over("group")
    return Examples(
        rows.select(names).to_numpy().astype(np.float64),
        rows["label"].to_numpy() == 1,
        rows.select(weight).to_series().to_numpy(),
        rows["group"].to_numpy(),
    )


def fit(recipe: Recipe, checks: tuple[float, ...] | None = None) -> FittedModel:
    """Make the model of a recipe; the same recipe gives the same model.

    Args:
        recipe: What to learn from. What the rules say is not learned from.
        checks: What the model said when it was first made, if it was.

    Raises:
        DetectionError: There are fewer than `LEAST_GROUPS` groups of either label, a feature is
            missing, or the model no longer says what it said.
    """
    _check_recipe(recipe)
    rows = recipe.rows.sort(ROW_KEY)
    known = examples(rows, recipe.names)
    folds = split_groups(known, recipe.seed)
    scores = score_out_of_fold(known, folds, recipe.settings, recipe.seed)
    trees = fit_boosted(known, recipe.settings, recipe.seed)
    fitted = FittedModel(recipe.fingerprint(), recipe.names, (), trees, scores, known.decided)
    said = tuple(round(float(p), 9) for p in _asked(fitted, known.columns[:_CHECKED]))
    if checks is not None and not _agree(said, checks):
        raise DetectionError(
            f"the model of recipe {fitted.fingerprint[:12]!r} no longer says what it said when it "
            "was made: a library has changed; train and shadow a new one"
        )
    return FittedModel(fitted.fingerprint, recipe.names, said, trees, fitted.known, fitted.decided)


def predict(model: FittedModel, features: pl.DataFrame) -> pl.DataFrame:
    """Return the probability of every cluster.

    Args:
        model: From `fit`.
        features: cluster_id, then exactly the features that the model was trained on, in order.

    Returns:
        cluster_id, probability; in the order of the features.

    Raises:
        DetectionError: The columns are not those that the model was trained on.
    """
    _check_names(model.names, tuple(features.columns[1:]))
    columns = features.select(model.names).fill_null(float("nan")).to_numpy().astype(np.float64)
    found = _asked(model, columns) if features.height else np.zeros(0)
    return features.select("cluster_id").with_columns(
        probability=pl.Series(found, dtype=pl.Float64).round(9)
    )


def _asked(model: FittedModel, columns: Floats) -> Floats:
    raw = probabilities(model.trees, columns)
    with threadpool_limits(limits=1):
        return calibrate(raw, model.known, model.decided)


def _agree(said: tuple[float, ...], before: tuple[float, ...]) -> bool:
    return len(said) == len(before) and bool(np.allclose(said, before, rtol=0, atol=_TOLERANCE))


def _check_recipe(recipe: Recipe) -> None:
    missing = [name for name in recipe.names if name not in recipe.rows.columns]
    if missing:
        raise DetectionError(f"the recipe lacks the features {missing!r}; collect its rows anew")
    for label in (0, 1):
        groups = recipe.rows.filter(pl.col("label") == label)["group"].n_unique()
        if groups < LEAST_GROUPS:
            raise DetectionError(
                f"{groups} groups of clusters have the label {label}, and a model needs "
                f"{LEAST_GROUPS}; decide more cases first"
            )


def _check_names(trained: tuple[str, ...], given: tuple[str, ...]) -> None:
    if trained == given:
        return
    lacking = sorted(set(trained) - set(given))
    unknown = sorted(set(given) - set(trained))
    order = "" if lacking or unknown else "; they are the same, in another order"
    raise DetectionError(
        f"the model was trained on other features: these lack {lacking!r} and add {unknown!r}"
        f"{order}; train a new model on them"
    )


def _line(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"
