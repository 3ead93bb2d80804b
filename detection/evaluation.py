"""How far the detection agrees with decisions that somebody published.

Pure metrics. A published decision is a label that people or rules gave, not a proof of who owns
what, so everything here is agreement: precision is the share of what the detection flags that the
publisher decided against too, recall the share of the publisher's decisions that it finds.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

ALL = "all"


@dataclass(frozen=True)
class AccountAgreement:
    """Agreement over single accounts. Ratios of nothing are 0.

    Attributes:
        source: Which published decisions: `all`, or a label source with every control.
        accounts: Accounts compared.
        base_rate: Share of them that the publisher decided against: the precision of flagging all.
        flagged: Accounts that the detection flags.
        precision: Of the flagged.
        recall: Of the publisher's decisions.
        f1: Harmonic mean of the two.
        average_precision: Of the score; ties count as one step.
        auc: Area under the ROC curve of the score.
    """

    source: str
    accounts: int
    base_rate: float
    flagged: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    auc: float


@dataclass(frozen=True)
class PairAgreement:
    """Agreement over pairs of accounts said to belong together.

    Attributes:
        source: Which published clusters: `all` or a label source.
        found: Pairs that share a found cluster.
        published: Pairs that share a published cluster.
        agreed: Pairs that share both.
        precision: agreed / found.
        recall: agreed / published.
    """

    source: str
    found: int
    published: int
    agreed: int
    precision: float
    recall: float


def account_agreements(compared: pl.DataFrame) -> tuple[AccountAgreement, ...]:
    """Compare accounts, over all decisions and for each label source apart.

    Accounts of a source are set against every control, because controls have no source; accounts of
    the other sources are left out of that comparison, so its base rate is lower.

    Args:
        compared: account_id, decided (bool: the publisher decided against it), source (str; of no
            meaning where decided is false), score (float), flagged (bool).

    Returns:
        `all` first, then the sources by name.
    """
    return tuple(_account_agreement(source, part) for source, part in by_source(compared))


def pair_agreements(compared: pl.DataFrame) -> tuple[PairAgreement, ...]:
    """Compare pairs, over all decisions and for each label source apart.

    Only accounts with a published decision, for or against, are in `compared`, so a pair with an
    account of unknown label counts nowhere. For a source, found pairs are those among its accounts
    and the controls.

    Args:
        compared: account_id, decided (bool), source (str), published (str or null: published
            cluster), found (str or null: flagged cluster of the detection).

    Returns:
        `all` first, then the sources by name.
    """
    return tuple(_pair_agreement(source, part) for source, part in by_source(compared))


def by_source(compared: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Return all accounts, then those of each source with every control.

    Args:
        compared: decided (bool), source (str).
    """
    controls = ~pl.col("decided")
    return [
        (ALL, compared),
        *(
            (source, compared.filter(controls | (pl.col("source") == source)))
            for source in _sources(compared.filter(~controls))
        ),
    ]


def precision_at_recall(
    decided: NDArray[np.bool_], score: NDArray[np.float64], recall: float
) -> float:
    """Return the best precision of any threshold that reaches at least `recall`."""
    precisions, recalls, _ = precision_recall_curve(decided, score)
    return float(precisions[recalls >= recall].max())


def threshold_at_precision(
    decided: NDArray[np.bool_], score: NDArray[np.float64], precision: float
) -> float | None:
    """Return the lowest threshold (score >= threshold) of at least `precision`, or None."""
    precisions, _, thresholds = precision_recall_curve(decided, score)
    enough = np.flatnonzero(precisions[:-1] >= precision)
    return float(thresholds[enough[0]]) if len(enough) else None


def _sources(decided: pl.DataFrame) -> tuple[str, ...]:
    return tuple(decided["source"].unique().sort())


def _account_agreement(source: str, part: pl.DataFrame) -> AccountAgreement:
    decided = part["decided"].to_numpy()
    flagged = part["flagged"].to_numpy()
    score = part["score"].to_numpy()
    agreed = int((decided & flagged).sum())
    precision = _ratio(agreed, int(flagged.sum()))
    recall = _ratio(agreed, int(decided.sum()))
    both_there = 0 < int(decided.sum()) < part.height
    return AccountAgreement(
        source=source,
        accounts=part.height,
        base_rate=_ratio(int(decided.sum()), part.height),
        flagged=int(flagged.sum()),
        precision=precision,
        recall=recall,
        f1=_ratio(2 * precision * recall, precision + recall),
        average_precision=float(average_precision_score(decided, score)) if both_there else 0.0,
        auc=float(roc_auc_score(decided, score)) if both_there else 0.0,
    )


def _pair_agreement(source: str, part: pl.DataFrame) -> PairAgreement:
    found = _pairs(part.drop_nulls("found"), "found")
    published = _pairs(part.drop_nulls("published"), "published")
    agreed = _pairs(part.drop_nulls(["found", "published"]), "found", "published")
    return PairAgreement(
        source=source,
        found=found,
        published=published,
        agreed=agreed,
        precision=_ratio(agreed, found),
        recall=_ratio(agreed, published),
    )


def _pairs(accounts: pl.DataFrame, *shared: str) -> int:
    """Count the pairs of accounts that agree in the columns `shared`, without listing them."""
    if accounts.is_empty():
        return 0
    sizes = accounts.group_by(shared).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
