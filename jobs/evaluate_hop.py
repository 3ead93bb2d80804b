"""Compares the detection with the published decisions of Hop Protocol's airdrop of 2022.

An address that met Hop's criteria is an account. Its transfers have no dates, so they go straight
to the detection's frames. Labels are Hop's decisions and reports it accepted, not proof of who owns
what: everything printed is agreement with them. Every figure has a cluster-bootstrap interval over
the groups of the folds (`detection.bootstrap`), and all figures share the draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from detection.bootstrap import DRAWS
from detection.calibration import Reliability, reliability
from detection.evaluation import (
    AccountAgreement,
    PairAgreement,
    account_agreements,
    pair_agreements,
    precision_at_recall,
    threshold_at_precision,
)
from detection.features import (
    OWN_PREFIX,
    TransferGraph,
    account_features,
    build_graph,
    linked_groups,
)
from detection.model import FOLDS, ModelScores, cross_fit, fold_groups
from detection.terms import DetectionTerms
from detection.uncertainty import (
    AccountIntervals,
    Difference,
    FlagAgreement,
    PairIntervals,
    account_intervals,
    flag_agreement,
    pair_intervals,
    score_differences,
)
from jobs.hop_files import HopData, read_hop
from jobs.hop_rule import (
    TERMS,
    Variation,
    flagged_by_chance,
    rule_scores,
    synchronous_flags,
    variations,
)
from jobs.hop_transfers import run_detection
from warehouse.findings import Detection

FLAG_PRECISION: Final = 0.90
STATED_RECALL: Final = 0.58
WIDE_CAP: Final = 1_000  # beside the lists, which do a cap's work; the most that the terms allow
MEMBERSHIP_STEPS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

CHOICES: Final[tuple[str, ...]] = (
    "labels are decisions that Hop took or accepted in 2022; the figures are agreement with them",
    f"degree cap {TERMS.cap} and largest group {TERMS.largest:,}: set in advance by the design",
    f"least group {TERMS.least}: the size of Hop's own published rule",
    "resolution 0: undated funding makes chains and trees, so components stay whole",
    "started together: within an hour and 1 % of the volume, and so many that chance would give "
    "fewer than one such account; that starting together helps, and the two round numbers, were "
    "judged on these labels; the table of changed terms shows what else they could be",
    "score: 1-(1-a)(1-b), a = n/(n+8) for a group of n, b = s/(s+t) for a surprise s and that of "
    "one account t; flagged where a or b is at least 1/2",
    f"intervals: middle 95 % of {DRAWS} draws of the groups of the folds",
)
MODEL_CHOICES: Final[tuple[str, ...]] = (
    f"labelled accounts are scored out of fold ({FOLDS} folds); a fold holds published clusters "
    "and components of controls whole, and whatever is linked to them at the degree cap",
    "probabilities: Platt's regression on the out-of-fold scores; the table of probabilities is "
    "made with each fold by the other four",
    f"flagged: the lowest threshold that agrees with Hop for {FLAG_PRECISION:.0%} of what it flags "
    "out of fold; it is set on the labels it is shown on",
    "features and settings of the trees were judged on these labels",
)


@dataclass(frozen=True)
class Comparison:
    """How far one way of scoring agrees with Hop.

    Attributes:
        name: Which way.
        accounts: Agreement over accounts; empty without labels.
        account_intervals: Theirs, in the same order.
        pairs: Agreement over pairs; empty for scores that make no clusters.
        pair_intervals: Theirs, in the same order.
        precision_at_stated_recall: Best precision of any threshold with recall `STATED_RECALL`;
            None without labels.
    """

    name: str
    accounts: tuple[AccountAgreement, ...]
    account_intervals: tuple[AccountIntervals, ...]
    pairs: tuple[PairAgreement, ...]
    pair_intervals: tuple[PairIntervals, ...]
    precision_at_stated_recall: float | None


@dataclass(frozen=True)
class MembershipBand:
    """Flagged accounts that are bound to their cluster about as much.

    Attributes:
        low: Least membership.
        high: Greatest; the last band includes it.
        agreement: Of flagging this band alone.
    """

    low: float
    high: float
    agreement: FlagAgreement


@dataclass(frozen=True)
class ModelReport:
    """What the model adds.

    Attributes:
        features: Number of features of the model.
        flat_features: Of the flat baseline.
        folds: Folds used.
        groups: Groups that the folds hold whole.
        differences: The model less the flat baseline, paired.
        reliability: Of the model's probabilities, out of fold.
    """

    features: int
    flat_features: int
    folds: int
    groups: int
    differences: tuple[Difference, ...]
    reliability: Reliability


@dataclass(frozen=True)
class HopReport:
    """What `evaluate_hop` measured.

    Attributes:
        accounts: Number of accounts.
        transfers: Distinct (source, destination, kind, chain).
        labelled: Accounts with a decision.
        base_rate: Share of them that Hop decided against.
        hubs: Addresses over the degree cap.
        clusters: Groups that the rule flags.
        together: Accounts that start together.
        by_chance: Accounts that would start together were volumes dealt out anew.
        comparisons: The rule first, then the model and its flat baseline.
        variations: The rule with one term changed.
        membership: The rule's flagged accounts by how much they are bound to their cluster.
        model: None without labels.
        choices: What was chosen how.
        scores_file: Where the scores were written, or None.
    """

    accounts: int
    transfers: int
    labelled: int
    base_rate: float | None
    hubs: int
    clusters: int
    together: int
    by_chance: float
    comparisons: tuple[Comparison, ...]
    variations: tuple[Variation, ...]
    membership: tuple[MembershipBand, ...]
    model: ModelReport | None
    choices: tuple[str, ...]
    scores_file: Path | None


@dataclass(frozen=True)
class _Task:
    data: HopData
    graph: TransferGraph
    labels: pl.DataFrame | None  # account_id, decided, source, published, group; by account_id
    seed: int
    progress: Callable[[str], None]


def evaluate_hop(
    folder: Path,
    *,
    entity_lists: bool = False,
    scores: Path | None = None,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> HopReport:
    """Compare the detection with Hop's decisions.

    Args:
        folder: Holds accounts.parquet and transfers.parquet, and labels*.parquet where agreement
            is to be measured.
        entity_lists: Also compare with Hop's entity_lists.parquet, which were tuned while the
            labels were made.
        scores: Write account_id, cluster_id, score, flagged, membership of every account to this
            Parquet file; trained on the labels, or the rule's where there are none.
        seed: Of folds, decomposition and intervals.
        progress: Told what is being done.

    Raises:
        SourceRefused: A file is missing or lacks a column.
    """
    progress("reading accounts and transfers")
    data = read_hop(folder, entity_lists=entity_lists)
    graph = build_graph(data.accounts, data.transfers)
    task = _Task(data, graph, _grouped(graph, data.labels), seed, progress)
    progress("running the detection without labels")
    found = run_detection(data, TERMS.cap)
    rule = rule_scores(found, graph)
    compared = [_compare("rule, no lists", rule, task), *_others(task, found)]
    model, final, choices = None, rule, CHOICES
    if task.labels is not None:
        model, final, trained = _train(task, task.labels, rule)
        compared += trained
        choices += MODEL_CHOICES
    if scores is not None:
        _write(final, scores)
    return HopReport(
        accounts=data.accounts.height,
        transfers=data.transfers.height,
        labelled=0 if data.labels is None else data.labels.height,
        base_rate=None if data.labels is None else _mean(data.labels["decided"]),
        hubs=found.hubs.height,
        clusters=rule.filter("flagged")["cluster_id"].n_unique(),
        together=int(synchronous_flags(graph, TERMS).sum()),
        by_chance=flagged_by_chance(graph, seed),
        comparisons=tuple(compared),
        variations=() if task.labels is None else variations(graph, task.labels, seed),
        membership=_membership(rule, task),
        model=model,
        choices=choices,
        scores_file=scores,
    )


def _others(task: _Task, found: Detection) -> list[Comparison]:
    """Compare the detection's own score, and the rule with Hop's lists where they were read."""
    compared = [_compare("detection's own score and flag", _own_flags(found), task)]
    if task.data.listed is not None:
        task.progress("running it with Hop's lists")
        for cap in (TERMS.cap, WIDE_CAP):
            listed = rule_scores(run_detection(task.data, cap, task.data.listed), task.graph)
            compared.append(_compare(f"rule, Hop's lists and cap {cap:,}", listed, task))
    return compared


def _own_flags(found: Detection) -> pl.DataFrame:
    """Return every account's score, flagged where its cluster's score would bring it forward."""
    strong = found.clusters.filter(pl.col("score") >= DetectionTerms().flag_score)["cluster_id"]
    flagged = pl.col("cluster_id").is_in(strong.implode()).fill_null(value=False)
    return found.scores.with_columns(flagged=flagged)


def _grouped(graph: TransferGraph, labels: pl.DataFrame | None) -> pl.DataFrame | None:
    if labels is None:
        return None
    linked = pl.DataFrame(
        {"account_id": graph.account_ids, "link": linked_groups(graph, TERMS.cap)}
    )
    return labels.join(fold_groups(linked, labels), on="account_id").sort("account_id")


def _train(
    task: _Task, labels: pl.DataFrame, rule: pl.DataFrame
) -> tuple[ModelReport, pl.DataFrame, list[Comparison]]:
    """Return the model's report, its scores of every account, and how model and flat agree."""
    task.progress("computing graph features")
    features = account_features(task.graph, task.seed)
    own = features.select("account_id", pl.col(f"^{OWN_PREFIX}.*$"))
    task.progress("training the flat baseline")
    flat, _ = _model_scores(own, labels, rule, task.seed)
    task.progress("training on all features")
    full, fitted = _model_scores(features, labels, rule, task.seed)
    task.progress("drawing the intervals")
    compared = labels.join(full, on="account_id").sort("account_id")
    honest = labels.join(fitted.scores, on="account_id").sort("account_id")
    both = compared.join(flat.select("account_id", other="score"), on="account_id")
    report = ModelReport(
        features=features.width - 1,
        flat_features=own.width - 1,
        folds=fitted.folds,
        groups=labels["group"].n_unique(),
        differences=score_differences(both.sort("account_id"), task.seed),
        reliability=reliability(
            honest["probability"].to_numpy(),
            honest["decided"].to_numpy(),
            honest["group"].to_numpy(),
            task.seed,
        ),
    )
    return (
        report,
        full,
        [
            _compare("model, out of fold", full, task, clusters=False),
            _compare("flat baseline (no graph), out of fold", flat, task, clusters=False),
        ],
    )


def _model_scores(
    features: pl.DataFrame, labels: pl.DataFrame, rule: pl.DataFrame, seed: int
) -> tuple[pl.DataFrame, ModelScores]:
    fitted = cross_fit(features, labels, seed)
    seen = labels.join(fitted.scores, on="account_id")
    threshold = threshold_at_precision(
        seen["decided"].to_numpy(), seen["score"].to_numpy(), FLAG_PRECISION
    )
    # No threshold agrees often enough: nobody is flagged.
    flagged = pl.lit(value=False) if threshold is None else pl.col("score") >= threshold
    scores = (
        fitted.scores.join(rule.select("account_id", "cluster_id", "membership"), on="account_id")
        .select("account_id", "cluster_id", "score", flagged.alias("flagged"), "membership")
        .sort("account_id")
    )
    return scores, fitted


def _compare(name: str, scores: pl.DataFrame, task: _Task, *, clusters: bool = True) -> Comparison:
    if task.labels is None:
        return Comparison(name, (), (), (), (), None)
    compared = (
        task.labels.join(scores, on="account_id")
        .with_columns(found="cluster_id")
        .sort("account_id")
    )
    return Comparison(
        name=name,
        accounts=account_agreements(compared),
        account_intervals=account_intervals(compared, STATED_RECALL, task.seed),
        pairs=pair_agreements(compared) if clusters else (),
        pair_intervals=pair_intervals(compared, task.seed) if clusters else (),
        precision_at_stated_recall=precision_at_recall(
            compared["decided"].to_numpy(), compared["score"].to_numpy(), STATED_RECALL
        ),
    )


def _membership(rule: pl.DataFrame, task: _Task) -> tuple[MembershipBand, ...]:
    """Measure how far the rule agrees for accounts that are little or much bound."""
    if task.labels is None:
        return ()
    compared = task.labels.join(rule, on="account_id").sort("account_id")
    membership = pl.col("membership")
    bands = []
    for low, high in pairwise(MEMBERSHIP_STEPS):
        top = (membership == 1.0) if high == MEMBERSHIP_STEPS[-1] else pl.lit(value=False)
        inside = ((membership >= low) & (membership < high)) | top
        flags = compared.select(inside.fill_null(value=False))["membership"].to_numpy()
        groups = compared["group"].to_numpy()
        agreement = flag_agreement(compared["decided"].to_numpy(), flags, groups, task.seed)
        bands.append(MembershipBand(low, high, agreement))
    return tuple(bands)


def _write(scores: pl.DataFrame, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    scores.write_parquet(unfinished)
    unfinished.replace(path)


def _mean(decided: pl.Series) -> float:
    return int(decided.sum()) / decided.len() if decided.len() else 0.0
