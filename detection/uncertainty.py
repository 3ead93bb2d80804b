"""Intervals of every agreement with published decisions, by drawing groups again.

See `detection.bootstrap` for what is drawn. The groups are those of the folds: a published cluster
with whatever is linked to it, or a connected component of controls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from detection.bootstrap import (
    DRAWS,
    Curve,
    Flags,
    Floats,
    Interval,
    Ints,
    Ranking,
    intervals,
    rank,
    weigh,
)
from detection.evaluation import by_source


@dataclass(frozen=True)
class AccountIntervals:
    """Intervals of the figures of an `AccountAgreement`, and of one more.

    Attributes:
        source: As there.
        base_rate: Of the share that the publisher decided against.
        precision: Of the flagged.
        recall: Of the publisher's decisions.
        f1: Of their harmonic mean.
        average_precision: Of the score.
        auc: Of the score.
        precision_at_recall: Of the best precision of any threshold of enough recall.
    """

    source: str
    base_rate: Interval
    precision: Interval
    recall: Interval
    f1: Interval
    average_precision: Interval
    auc: Interval
    precision_at_recall: Interval


@dataclass(frozen=True)
class PairIntervals:
    """Intervals of the figures of a `PairAgreement`.

    Attributes:
        source: As there.
        precision: Of the pairs that are found.
        recall: Of the pairs that are published.
    """

    source: str
    precision: Interval
    recall: Interval


@dataclass(frozen=True)
class Difference:
    """How much better one score ranks than another, on the same accounts and draws.

    Attributes:
        source: Which published decisions.
        average_precision: The first score's less the other's.
        average_precision_interval: Of this difference, paired.
        auc: The first score's less the other's.
        auc_interval: Of this difference, paired.
    """

    source: str
    average_precision: float
    average_precision_interval: Interval
    auc: float
    auc_interval: Interval


@dataclass(frozen=True)
class FlagAgreement:
    """How far flags alone agree with decisions.

    Attributes:
        flagged: Accounts that are flagged, of those compared.
        precision: Of the flagged.
        precision_interval: Of it.
        recall: Of the publisher's decisions.
        recall_interval: Of it.
    """

    flagged: int
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval


def flag_agreement(
    decided: Flags, flagged: Flags, groups: Ints, seed: int, draws: int = DRAWS
) -> FlagAgreement:
    """Measure flags against decisions, with intervals.

    Args:
        decided: The publisher decided against the account.
        flagged: The detection flags it.
        groups: Group of each account.
        seed: Of the draws.
        draws: How many.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    # Sums within a group are all that a draw needs of it.
    agreed, of_flagged, of_decided = (
        np.bincount(numbers, weights=flags, minlength=len(names))
        for flags in (decided & flagged, flagged, decided)
    )

    def figures(weights: Floats) -> Floats:
        both = float((weights * agreed).sum())
        flagged_weight = float((weights * of_flagged).sum())
        decided_weight = float((weights * of_decided).sum())
        return np.array([_ratio(both, flagged_weight), _ratio(both, decided_weight)])

    precision, recall = np.nan_to_num(figures(np.ones(len(names))))
    of_precision, of_recall = intervals(figures, names, seed, draws)
    return FlagAgreement(
        int(flagged.sum()), float(precision), of_precision, float(recall), of_recall
    )


def account_intervals(
    compared: pl.DataFrame, recall: float, seed: int, draws: int = DRAWS
) -> tuple[AccountIntervals, ...]:
    """Return the intervals of `account_agreements`, in the same order.

    Args:
        compared: As there, and group (int).
        recall: Least recall of `precision_at_recall`.
        seed: Of the draws.
        draws: How many.
    """
    parts = _parts(compared)
    flags = compared["flagged"].to_numpy().astype(np.float64)
    decided = compared["decided"].to_numpy().astype(np.float64)

    def figures(weights: Floats) -> Floats:
        rows = []
        for part in parts:
            mine = weights[part.rows]
            flagged, agreed = flags[part.rows] * mine, decided[part.rows] * mine
            both = float((flagged * decided[part.rows]).sum())
            rows.append(_point(mine.sum(), flagged.sum(), agreed.sum(), both))
            curve = weigh(part.ranking, mine)
            ranked = (curve.average_precision(), curve.auc(), curve.best_precision(recall))
            rows.append(np.array(ranked))
        return np.concatenate(rows)

    found = intervals(figures, compared["group"].to_numpy(), seed, draws)
    return tuple(
        AccountIntervals(part.source, *found[7 * number : 7 * number + 7])
        for number, part in enumerate(parts)
    )


def score_differences(
    compared: pl.DataFrame, seed: int, draws: int = DRAWS
) -> tuple[Difference, ...]:
    """Compare how two scores rank the same accounts.

    Args:
        compared: As in `account_intervals`, and other (float: the second score).
        seed: Of the draws.
        draws: How many.
    """
    first = _parts(compared)
    second = _parts(compared.with_columns(score="other"))

    def figures(weights: Floats) -> Floats:
        rows = []
        for one, other in zip(first, second, strict=True):
            mine = weights[one.rows]
            rows.append(_gain(weigh(one.ranking, mine), weigh(other.ranking, mine)))
        return np.concatenate(rows)

    measured = figures(np.ones(compared.height))
    found = intervals(figures, compared["group"].to_numpy(), seed, draws)
    return tuple(
        Difference(
            source=part.source,
            average_precision=float(measured[2 * number]),
            average_precision_interval=found[2 * number],
            auc=float(measured[2 * number + 1]),
            auc_interval=found[2 * number + 1],
        )
        for number, part in enumerate(first)
    )


def pair_intervals(
    compared: pl.DataFrame, seed: int, draws: int = DRAWS
) -> tuple[PairIntervals, ...]:
    """Return the intervals of `pair_agreements`, in the same order.

    Two accounts of one group come in each copy of the group that was drawn; two of different groups
    in each pair of copies.

    Args:
        compared: As there, and group (int); a published cluster lies within one group.
        seed: Of the draws.
        draws: How many.
    """
    numbered = compared.with_row_index("row")
    parts = [(source, _pair_cells(part)) for source, part in by_source(numbered)]

    def figures(weights: Floats) -> Floats:
        rows = []
        for _, (found, published, agreed) in parts:
            together = _within(agreed, weights)
            rows.append((_ratio(together, _across(found, weights)),))
            rows.append((_ratio(together, _within(published, weights)),))
        return np.concatenate(rows)

    drawn = intervals(figures, compared["group"].to_numpy(), seed, draws)
    return tuple(
        PairIntervals(source, *drawn[2 * number : 2 * number + 2])
        for number, (source, _) in enumerate(parts)
    )


@dataclass(frozen=True)
class _Part:
    source: str
    rows: Ints
    ranking: Ranking


@dataclass(frozen=True)
class _Cells:
    """Accounts that share a cluster and a group: their number, and one row that stands for them."""

    clusters: Ints
    accounts: Floats
    rows: Ints


def _parts(compared: pl.DataFrame) -> list[_Part]:
    parts = by_source(compared.with_row_index("row"))
    return [
        _Part(
            source,
            part["row"].to_numpy().astype(np.int64),
            rank(part["decided"].to_numpy(), part["score"].to_numpy()),
        )
        for source, part in parts
    ]


def _point(accounts: float, flagged: float, decided: float, both: float) -> Floats:
    """Return base rate, precision, recall and F1."""
    return np.array(
        [
            _ratio(decided, accounts),
            _ratio(both, flagged),
            _ratio(both, decided),
            _ratio(2 * both, flagged + decided),
        ]
    )


def _gain(first: Curve, second: Curve) -> tuple[float, float]:
    return (
        first.average_precision() - second.average_precision(),
        first.auc() - second.auc(),
    )


def _pair_cells(part: pl.DataFrame) -> tuple[_Cells, _Cells, _Cells]:
    return (
        _cells(part.drop_nulls("found"), ("found", "group")),
        _cells(part.drop_nulls("published"), ("published", "group")),
        _cells(part.drop_nulls(["found", "published"]), ("found", "published")),
    )


def _cells(part: pl.DataFrame, keys: Sequence[str]) -> _Cells:
    cells = part.group_by(keys).agg(pl.len(), pl.col("row").min()).sort("row")
    clusters = cells[keys[0]].rank("dense").cast(pl.Int64).to_numpy() - 1
    return _Cells(
        clusters,
        cells["len"].cast(pl.Float64).to_numpy(),
        cells["row"].cast(pl.Int64).to_numpy(),
    )


def _within(cells: _Cells, weights: Floats) -> float:
    """Return the pairs inside the cells."""
    pairs = cells.accounts * (cells.accounts - 1) / 2
    return float((weights[cells.rows] * pairs).sum())


def _across(cells: _Cells, weights: Floats) -> float:
    """Return the pairs inside the clusters, whose accounts may be of several groups."""
    drawn = weights[cells.rows] * cells.accounts
    sums = np.bincount(cells.clusters, weights=drawn)
    apart = float((sums * sums).sum() - (drawn * drawn).sum()) / 2
    return apart + _within(cells, weights)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
