"""Compares the detection with the published decisions of Hop Protocol's airdrop of 2022.

An address that met Hop's criteria is an account. Its transfers have no dates, so they go straight
to the detection's frames. Labels are Hop's decisions and reports it accepted, not proof of who owns
what: everything printed is agreement with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from detection.detect import NO_PREVIOUS, detect
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
from detection.model import cross_fit, fold_groups
from detection.terms import DetectionTerms, SignalTerms
from jobs.hop_files import HopData, read_hop
from warehouse.findings import (
    ACCOUNTS_SCHEMA,
    DIRECT_SCHEMA,
    HUBS_SCHEMA,
    NETWORKS_SCHEMA,
    SEEN_SCHEMA,
    Detection,
    Sightings,
)

# Fixed before any label was compared: the cap and the largest group are those of the design's
# reference run, the least group is the size that Hop published as its own rule.
DEGREE_CAP: Final = 20
LEAST_GROUP: Final = 8
LARGEST_GROUP: Final = 2_000
FLAG_PRECISION: Final = 0.90
HALF_RECALL: Final = 0.50
WIDE_CAP: Final = 1_000  # beside the lists, which do a cap's work; the most that the terms allow

AS_OF: Final = datetime(2022, 5, 6, tzinfo=UTC)  # names the clusters; the transfers have no dates

CHOICES: Final[tuple[str, ...]] = (
    "labels are decisions that Hop took or accepted in 2022; the figures are agreement with them",
    f"degree cap {DEGREE_CAP} and largest group {LARGEST_GROUP:,}: set in advance by the design",
    f"least group {LEAST_GROUP}: the size of Hop's own published rule",
    "resolution 0: undated funding makes chains and trees, so components stay whole",
    f"the rule's score is n/(n+{LEAST_GROUP}) for a group of n accounts; no label is used",
    "the detection's own score is for dated evidence of several families; shown as it is",
)
MODEL_CHOICES: Final[tuple[str, ...]] = (
    "labelled accounts are scored out of fold; folds hold published clusters and linked groups "
    "whole; isotonic calibration on the out-of-fold scores",
    f"flagged: the lowest threshold that agrees with Hop for {FLAG_PRECISION:.0%} of what it flags "
    "out of fold",
)


@dataclass(frozen=True)
class Comparison:
    """How far one way of scoring agrees with Hop.

    Attributes:
        name: Which way.
        accounts: Agreement over accounts; empty without labels.
        pairs: Agreement over pairs; empty for scores that make no clusters.
        precision_at_half_recall: Best precision of any threshold with recall 0.50; None without
            labels.
    """

    name: str
    accounts: tuple[AccountAgreement, ...]
    pairs: tuple[PairAgreement, ...]
    precision_at_half_recall: float | None


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
        comparisons: The rule first; with scores asked for, the model and its baseline.
        choices: What was chosen how.
        scores_file: Where the scores were written, or None.
    """

    accounts: int
    transfers: int
    labelled: int
    base_rate: float | None
    hubs: int
    clusters: int
    comparisons: tuple[Comparison, ...]
    choices: tuple[str, ...]
    scores_file: Path | None


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
        scores: Write account_id, cluster_id, score, flagged of every account to this Parquet file;
            trained on the labels, or the rule's where there are none.
        seed: Of folds and decomposition.
        progress: Told what is being done.

    Raises:
        SourceRefused: A file is missing or lacks a column.
    """
    progress("reading accounts and transfers")
    data = read_hop(folder, entity_lists=entity_lists)
    progress("running the detection without labels")
    found = run_rule(data, DEGREE_CAP)
    rule = rule_scores(found)
    compared = [
        _compare("rule, no lists", rule, data.labels),
        _compare("detection's own score and flag", found.scores, data.labels),
    ]
    if data.listed is not None:
        progress("running it with Hop's lists")
        compared += [
            _compare(name, rule_scores(run_rule(data, cap, data.listed)), data.labels)
            for name, cap in (
                (f"rule, Hop's lists and cap {DEGREE_CAP}", DEGREE_CAP),
                (f"rule, Hop's lists and cap {WIDE_CAP:,}", WIDE_CAP),
            )
        ]
    choices = CHOICES
    if scores is not None:
        final = rule
        if data.labels is not None:
            final, models = _train(data, data.labels, rule, seed, progress)
            compared += models
            choices += MODEL_CHOICES
        _write(final, scores)
    return HopReport(
        accounts=data.accounts.height,
        transfers=data.transfers.height,
        labelled=0 if data.labels is None else data.labels.height,
        base_rate=None if data.labels is None else _mean(data.labels["decided"]),
        hubs=found.hubs.height,
        clusters=rule.filter("flagged")["cluster_id"].n_unique(),
        comparisons=tuple(compared),
        choices=choices,
        scores_file=scores,
    )


def hop_sightings(data: HopData, cap: int, listed: pl.Series | None = None) -> Sightings:
    """Turn transfers between accounts into sightings.

    An address with more than `cap` counterparties, account or not, is a hub: its transfers are cut
    and it is named among the hubs. Shared counterparties outside of the accounts are left out; with
    neither dates nor amounts they join strangers.

    Args:
        data: From `read_hop`.
        cap: Most counterparties of an address that links.
        listed: Addresses that never link, whatever their degree.
    """
    degrees = _degrees(data.transfers)
    linking = degrees.filter(pl.col("holders") <= cap)["value_hash"]
    if listed is not None:
        linking = linking.filter(~linking.is_in(listed.implode()))
    ends = pl.col("source", "destination")
    among = data.accounts["account_id"].filter(data.accounts["account_id"].is_in(linking.implode()))
    direct = (
        data.transfers.filter(pl.all_horizontal(ends.is_in(among.implode())))
        .group_by("source", "destination")
        .agg(pl.col("count").sum())
        .select(
            source_owner="source",
            source_account="source",
            destination_owner="destination",
            destination_account="destination",
            first_seen=pl.lit(None),
            last_seen=pl.lit(None),
            sightings="count",
        )
    )
    accounts = data.accounts.select(
        "account_id", owner_id="account_id", opened_at=pl.lit(None), declared_group=pl.lit(None)
    )
    hubs = degrees.filter(pl.col("holders") > cap).select(
        "value_hash", "holders", family=pl.lit("funding"), signal=pl.lit("direct_transfer")
    )
    return Sightings(
        accounts=accounts.cast(ACCOUNTS_SCHEMA),
        devices=pl.DataFrame(schema=SEEN_SCHEMA),
        networks=pl.DataFrame(schema=NETWORKS_SCHEMA),
        addresses=pl.DataFrame(schema=SEEN_SCHEMA),
        direct=direct.cast(DIRECT_SCHEMA),
        hubs=hubs.select(HUBS_SCHEMA.names()).cast(HUBS_SCHEMA),
    )


def run_rule(data: HopData, cap: int, listed: pl.Series | None = None) -> Detection:
    """Run the detection on the accounts and transfers alone.

    A transfer between two accounts counts as two-sided, whichever way it went, and links by itself:
    it is all the evidence there is, without dates to see who answered whom, and the degree cap
    takes out who sends dust to strangers.
    """
    terms = DetectionTerms(
        direct_transfer=SignalTerms(cost_millibits=0, cap=cap, two_sided=True),
        strong_millibits=1,
        resolution_millibits=0,
    )
    return detect(hop_sightings(data, cap, listed), terms, NO_PREVIOUS, AS_OF)


def rule_scores(found: Detection) -> pl.DataFrame:
    """Score every account by the size of its group.

    Returns:
        account_id, cluster_id (null outside of groups that are flagged), score, flagged.
    """
    sizes = found.clusters.select("cluster_id", size=pl.col("accounts").cast(pl.Float64))
    size = pl.col("size")
    counts = size <= LARGEST_GROUP
    flagged = (counts & (size >= LEAST_GROUP)).fill_null(value=False)
    return (
        found.scores.select("account_id", "cluster_id")
        .join(sizes, on="cluster_id", how="left")
        .select(
            "account_id",
            pl.when(flagged).then("cluster_id").alias("cluster_id"),
            pl.when(counts).then(size / (size + LEAST_GROUP)).otherwise(0.0).alias("score"),
            flagged.alias("flagged"),
        )
        .sort("account_id")
    )


def _train(
    data: HopData,
    labels: pl.DataFrame,
    rule: pl.DataFrame,
    seed: int,
    progress: Callable[[str], None],
) -> tuple[pl.DataFrame, list[Comparison]]:
    """Return the model's scores of every account, and how model and flat baseline agree."""
    progress("computing graph features")
    graph = build_graph(data.accounts, data.transfers)
    features = account_features(graph, seed)
    grouped = labels.join(_groups(graph, labels), on="account_id")
    own = features.select("account_id", pl.col(f"^{OWN_PREFIX}.*$"))
    progress("training the flat baseline")
    flat = _model_scores(own, grouped, rule, seed)
    progress("training on all features")
    full = _model_scores(features, grouped, rule, seed)
    return full, [
        _compare("model, out of fold", full, labels, clusters=False),
        _compare("flat baseline (no graph), out of fold", flat, labels, clusters=False),
    ]


def _groups(graph: TransferGraph, labels: pl.DataFrame) -> pl.DataFrame:
    linked = pl.DataFrame(
        {"account_id": graph.account_ids, "link": linked_groups(graph, DEGREE_CAP)}
    )
    return fold_groups(linked, labels)


def _model_scores(
    features: pl.DataFrame, labels: pl.DataFrame, rule: pl.DataFrame, seed: int
) -> pl.DataFrame:
    scores = cross_fit(features, labels, seed).scores
    seen = labels.join(scores, on="account_id")
    threshold = threshold_at_precision(
        seen["decided"].to_numpy(), seen["score"].to_numpy(), FLAG_PRECISION
    )
    # No threshold agrees often enough: nobody is flagged.
    flagged = pl.lit(value=False) if threshold is None else pl.col("score") >= threshold
    return (
        scores.join(rule.select("account_id", "cluster_id"), on="account_id")
        .select("account_id", "cluster_id", "score", flagged.alias("flagged"))
        .sort("account_id")
    )


def _compare(
    name: str, scores: pl.DataFrame, labels: pl.DataFrame | None, *, clusters: bool = True
) -> Comparison:
    if labels is None:
        return Comparison(name, (), (), None)
    compared = labels.join(scores, on="account_id").with_columns(found="cluster_id")
    decided = compared["decided"].to_numpy()
    return Comparison(
        name=name,
        accounts=account_agreements(compared),
        pairs=pair_agreements(compared) if clusters else (),
        precision_at_half_recall=precision_at_recall(
            decided, compared["score"].to_numpy(), HALF_RECALL
        ),
    )


def _degrees(transfers: pl.DataFrame) -> pl.DataFrame:
    """Return value_hash (an address) and holders: its distinct counterparties."""
    onward = transfers.select(value_hash="source", other="destination")
    back = transfers.select(value_hash="destination", other="source")
    return pl.concat([onward, back]).unique().group_by("value_hash").len("holders")


def _write(scores: pl.DataFrame, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    scores.write_parquet(unfinished)
    unfinished.replace(path)


def _mean(decided: pl.Series) -> float:
    return int(decided.sum()) / decided.len() if decided.len() else 0.0
