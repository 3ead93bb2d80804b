"""Labels from what people decided, in tiers of how far they are to be trusted.

- T1: the owner said so itself. Nothing in Winnow records that; who has it adds the rows.
- T2: two people agreed that it is one operator, or an appeal was answered and rejected.
- T3: one moderator alone, whatever the answer was: a dismissal by one is no more than that.
- T4: what the rules say where nobody has decided: whether the evidence alone brought the cluster
  before a moderator.
- G1: an appeal was upheld, or two people cleared or dismissed.
- G2: nobody has decided, and the owners have long been there.

A label is somebody's decision and no proof. Models learn from all tiers by weight; they are judged
by T1, T2 and G1 alone, as far as there are enough of them (docs/design.md, section 3).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from detection.routes import FLAGGED, SPARED
from warehouse.moves import DECISIONS, Move

T1, T2, T3, T4, G1, G2 = "T1", "T2", "T3", "T4", "G1", "G2"
JUDGING_TIERS: Final = (T1, T2, G1)
DECIDED_TIERS: Final = (T1, T2, G1, T3)
TIER_WEIGHT_MILLIS: Final[Mapping[str, int]] = MappingProxyType(
    {T1: 1_000, T2: 1_000, G1: 1_000, T3: 500, G2: 200, T4: 100}
)
OWNER_LABELS_SCHEMA: Final = pl.Schema(
    {"owner_id": pl.String(), "case_id": pl.String(), "label": pl.Int8(), "tier": pl.String()}
)
CLUSTER_LABELS_SCHEMA: Final = pl.Schema(
    {
        "week": pl.String(),
        "cluster_id": pl.String(),
        "label": pl.Int8(),
        "tier": pl.String(),
        "weight_millis": pl.Int64(),
    }
)
LONG_TENURE_DAYS: Final = 730
_RANKS: Final = {tier: rank for rank, tier in enumerate(DECIDED_TIERS)}
_CONFIRMED: Final = "confirmed"
_CLEARED: Final = "cleared"


def owner_labels(
    moves: Sequence[Move], members: pl.DataFrame, verdicts: pl.DataFrame
) -> pl.DataFrame:
    """Return what stands decided of every owner of a case.

    Args:
        moves: Of all cases, by case, oldest first (`warehouse.cases.load_moves`).
        members: `warehouse.findings.CASE_MEMBERS_SCHEMA`.
        verdicts: case_id, seq, owner_id, verdict: all that was ever said (table case_verdicts).

    Returns:
        `OWNER_LABELS_SCHEMA`, label 1 where the decision stands against the owner; one row an
        owner: that of the best tier, then of the last case. Undecided cases give none.
    """
    said: dict[tuple[str, int], dict[str, str]] = {}
    for case_id, seq, owner_id, verdict in verdicts.select(
        "case_id", "seq", "owner_id", "verdict"
    ).iter_rows():
        said.setdefault((case_id, seq), {})[owner_id] = verdict
    owners = {
        case_id: tuple(part["owner_id"].unique().sort())
        for (case_id,), part in members.group_by("case_id")
    }
    rows = [
        (owner_id, case_id, label, tier)
        for case_id, of_case in groupby(moves, key=attrgetter("case_id"))
        for owner_id, (label, tier) in _standing(
            tuple(of_case), owners.get(case_id, ()), said
        ).items()
    ]
    found = pl.DataFrame(rows, schema=OWNER_LABELS_SCHEMA, orient="row")
    order = pl.DataFrame({"tier": list(_RANKS), "rank": list(_RANKS.values())})
    last = pl.DataFrame(
        list({move.case_id: move.number for move in moves}.items()),
        schema={"case_id": pl.String(), "last": pl.Int64()},
        orient="row",
    )
    return (
        found.join(order, on="tier")
        .join(last, on="case_id")
        .sort("owner_id", "rank", "last", descending=[False, False, True])
        .unique("owner_id", keep="first", maintain_order=True)
        .select(OWNER_LABELS_SCHEMA.names())
    )


def _standing(
    moves: Sequence[Move],
    owners: Sequence[str],
    said: Mapping[tuple[str, int], Mapping[str, str]],
) -> dict[str, tuple[int, str]]:
    """Return label and tier of every owner after the moves of one case."""
    standing: dict[str, tuple[int, str]] = {}
    for place, move in enumerate(moves):
        verdicts = said.get((move.case_id, move.seq), {})
        if move.move in ("withdraw", "reopened"):
            standing = {}
        elif move.move in DECISIONS:
            dismissed = dict.fromkeys(owners, _CLEARED)
            seconded = _proposed(moves[: place + 1], said)
            standing = dict(_decided(dismissed if move.move == "dismiss" else verdicts, seconded))
        elif move.move == "agree":
            standing = {owner: _agreed(label) for owner, (label, _) in standing.items()}
        elif move.move == "reject":
            concerned = standing if move.owner_id is None else (move.owner_id,)
            standing |= {owner: (1, T2) for owner in concerned if _is_against(standing, owner)}
        elif move.move in ("uphold", "acknowledge"):
            standing |= dict(_decided(verdicts, verdicts))
    return standing


def _proposed(
    moves: Sequence[Move], said: Mapping[tuple[str, int], Mapping[str, str]]
) -> Mapping[str, str]:
    """Return what somebody else proposed, on the same evidence, just before the last move."""
    *before, last = moves
    for move in reversed(before):
        if move.move == "propose":
            other = move.moved_by != last.moved_by
            same = move.evidence_sha256 == last.evidence_sha256
            return said.get((move.case_id, move.seq), {}) if other and same else {}
        if move.move != "review":
            break
    return {}


def _decided(
    verdicts: Mapping[str, str], seconded: Mapping[str, str]
) -> Iterator[tuple[str, tuple[int, str]]]:
    for owner, verdict in verdicts.items():
        label = int(verdict == _CONFIRMED)
        yield owner, _agreed(label) if seconded.get(owner) == verdict else (label, T3)


def _agreed(label: int) -> tuple[int, str]:
    return label, T2 if label else G1


def _is_against(standing: Mapping[str, tuple[int, str]], owner: str) -> bool:
    return owner in standing and standing[owner][0] == 1


def cluster_labels(members: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of clusters of which most owners are decided, and mostly one way.

    Args:
        members: week, cluster_id, owner_id: the clusters of every week.
        labels: `OWNER_LABELS_SCHEMA`.

    Returns:
        `CLUSTER_LABELS_SCHEMA`, by week and cluster. The tier is one that at least half of the
        owners who are decided that way have, or a better one. A cluster is left out while fewer
        than half of its owners are decided, and where less than two thirds agree.
    """
    order = pl.DataFrame({"tier": list(_RANKS), "rank": list(_RANKS.values())})
    ranked = labels.join(order, on="tier").select("owner_id", "label", "rank")
    against = pl.col("label") == 1
    share = against.sum() / pl.col("label").count()
    decided = (
        members.select("week", "cluster_id", "owner_id")
        .unique()
        .join(ranked, on="owner_id", how="left")
        .group_by("week", "cluster_id")
        .agg(
            (pl.col("label").count() * 2 >= pl.len()).alias("known"),
            pl.when(share >= 2 / 3).then(1).when(share <= 1 / 3).then(0).alias("label"),
            pl.col("rank").filter(against).quantile(0.5, "higher").alias("rank_1"),
            pl.col("rank").filter(~against).quantile(0.5, "higher").alias("rank_0"),
        )
        .filter(pl.col("known") & pl.col("label").is_not_null())
    )
    rank = pl.when(pl.col("label") == 1).then("rank_1").otherwise("rank_0").cast(pl.Int64)
    found = decided.with_columns(rank.alias("rank")).join(order, on="rank")
    return _weighed(found)


def weak_labels(rows: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Return labels for clusters that nobody has decided: tiers T4 and G2.

    Args:
        rows: week, cluster_id, by_rules (`detection.routes.by_rules`), flat_tenure
            (`detection.cluster_traits`).
        decided: `CLUSTER_LABELS_SCHEMA`; these are left out.

    Returns:
        `CLUSTER_LABELS_SCHEMA`: G2 with label 0 where owners have been there for two years on the
        (geometric) mean and the rules do not flag; else T4 with what the rules say. Whom the policy
        spares is in neither: one hand is seen, and it was not asked about.
    """
    flagged = pl.col("by_rules") == FLAGGED
    long = (pl.col("flat_tenure") >= float(np.log1p(LONG_TENURE_DAYS))) & ~flagged
    return _weighed(
        rows.filter(pl.col("by_rules") != SPARED)
        .join(decided, on=["week", "cluster_id"], how="anti")
        .select(
            "week",
            "cluster_id",
            flagged.cast(pl.Int8).alias("label"),
            pl.when(long).then(pl.lit(G2)).otherwise(pl.lit(T4)).alias("tier"),
        )
    )


def _weighed(labels: pl.DataFrame) -> pl.DataFrame:
    weights = pl.col("tier").replace_strict(dict(TIER_WEIGHT_MILLIS), return_dtype=pl.Int64)
    return (
        labels.with_columns(weights.alias("weight_millis"))
        .select(CLUSTER_LABELS_SCHEMA.names())
        .cast(CLUSTER_LABELS_SCHEMA)
        .sort("week", "cluster_id")
    )
