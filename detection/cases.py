"""Which clusters open a case, which cases gain something, which dismissed ones are looked at again.

Decides only; `warehouse.detections.store_detection` carries it out. A case opens for a moderator's
eyes; nothing here says what it means.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import polars as pl

from detection.signals.evidence import EDGE_KEY
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA, CaseBook, CaseChange, Detection

LEAST_COMMON_OWNERS: Final = 2  # a case is about the link between owners, so one is no overlap


def decide_cases(
    detection: Detection, book: CaseBook, terms: DetectionTerms, as_of: datetime
) -> tuple[CaseChange, ...]:
    """Decide what the newest clusters mean for cases.

    1. A cluster whose score flags follows a case: the open or confirmed one that bears its id or
       shares most owners (at least two), else a dismissed one by the same rule.
    2. A cluster that follows none opens a case.
    3. An open or confirmed case gains accounts and evidence that it did not have.
    4. A dismissed case is reopened by new two-sided evidence alone: nobody can bring a settled
       case back by sending dust.

    Args:
        detection: The newest detection.
        book: The cases that there are.
        terms: The score that flags.
        as_of: The instant of the detection, aware; part of a new case's id.

    Returns:
        One change a case, sorted by case id; empty where nothing is new.
    """
    flagged = detection.clusters.filter(pl.col("score") >= terms.flag_score)
    members = detection.members.join(flagged, on="cluster_id", how="semi")
    evidence = evidence_inside(detection.edges, members)
    followed = follow_cases(members, book)
    unknown = flagged.join(followed, on="cluster_id", how="anti")
    changes = [
        *_openings(unknown, members, evidence, as_of),
        *_growth(flagged.join(followed, on="cluster_id"), members, evidence, book),
    ]
    return tuple(sorted(changes, key=lambda change: change.case_id))


def evidence_inside(edges: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return the edges between owners of one cluster: cluster_id and `EDGES_SCHEMA`."""
    owners = members.select("cluster_id", "owner_id").unique()
    return (
        edges.join(owners, left_on="owner_a", right_on="owner_id")
        .join(owners, left_on=["owner_b", "cluster_id"], right_on=["owner_id", "cluster_id"])
        .select("cluster_id", *EDGES_SCHEMA.names())
        .sort("cluster_id", *EDGE_KEY)
    )


def follow_cases(members: pl.DataFrame, book: CaseBook) -> pl.DataFrame:
    """Return which case each cluster follows: cluster_id, case_id; at most one row a cluster."""
    owners = members.select("cluster_id", "owner_id").unique()
    case_owners = book.members.select("case_id", "owner_id").unique()
    common = (
        owners.join(case_owners, on="owner_id")
        .group_by("cluster_id", "case_id")
        .agg(pl.len().alias("common"))
        .filter(pl.col("common") >= LEAST_COMMON_OWNERS)
    )
    return (
        common.join(book.cases.rename({"cluster_id": "case_cluster"}), on="case_id")
        .sort(
            pl.col("state") == "dismissed",
            pl.col("case_cluster") != pl.col("cluster_id"),
            -pl.col("common").cast(pl.Int64),
            "case_id",
        )
        .unique("cluster_id", keep="first", maintain_order=True)
        .select("cluster_id", "case_id")
    )


def _openings(
    clusters: pl.DataFrame, members: pl.DataFrame, evidence: pl.DataFrame, as_of: datetime
) -> Iterator[CaseChange]:
    """Open a case for each cluster that follows none."""
    members_of = _parts(members.join(clusters, on="cluster_id", how="semi"), "cluster_id")
    evidence_of = _parts(evidence.join(clusters, on="cluster_id", how="semi"), "cluster_id")
    for cluster_id, owners, families, score in clusters.select(
        "cluster_id", "owners", "families", "score"
    ).iter_rows():
        accounts = members_of[cluster_id].select("account_id", "owner_id")
        yield CaseChange(
            case_id=_case_id(cluster_id, accounts["account_id"].to_list(), as_of),
            cluster_id=cluster_id,
            move="opened",
            score=score,
            reason=f"{owners} owners share evidence of {_listed(families)}",
            members=accounts,
            evidence=evidence_of[cluster_id].select(EDGES_SCHEMA.names()),
        )


def _growth(
    following: pl.DataFrame, members: pl.DataFrame, evidence: pl.DataFrame, book: CaseBook
) -> Iterator[CaseChange]:
    """Extend or reopen each case to which its clusters bring something new."""
    link = following.select("cluster_id", "case_id")
    new_members = (
        members.join(link, on="cluster_id")
        # An account that passed to another owner brings that owner into the case as well.
        .join(book.members, on=["case_id", "account_id", "owner_id"], how="anti")
        .sort("case_id", "account_id", "owner_id")
    )
    new_evidence = (
        evidence.join(link, on="cluster_id")
        .join(book.evidence, on=["case_id", *EDGE_KEY], how="anti")
        .sort("case_id", *EDGE_KEY)
    )
    members_of, evidence_of = _parts(new_members, "case_id"), _parts(new_evidence, "case_id")
    leading = (
        following.join(book.cases.rename({"cluster_id": "case_cluster"}), on="case_id")
        .sort(
            pl.col("case_cluster") != pl.col("cluster_id"),
            -pl.col("score"),
            "cluster_id",
        )
        .unique("case_id", keep="first", maintain_order=True)
    )
    for case_id, cluster_id, score, state in leading.select(
        "case_id", "cluster_id", "score", "state"
    ).iter_rows():
        gained = members_of.get(case_id, new_members.clear()).select("account_id", "owner_id")
        seen = evidence_of.get(case_id, new_evidence.clear()).select(EDGES_SCHEMA.names())
        strong = int(seen["two_sided"].sum())
        if strong or (gained.height and state != "dismissed"):
            yield CaseChange(
                case_id=case_id,
                cluster_id=cluster_id,
                move="reopened" if state == "dismissed" else "gained",
                score=score,
                reason=f"{gained.height} more accounts, {seen.height} new pieces of evidence, "
                f"{strong} of them two-sided",
                members=gained,
                evidence=seen,
            )


def _parts(table: pl.DataFrame, key: str) -> Mapping[str, pl.DataFrame]:
    return {str(value): part for (value,), part in table.group_by(key, maintain_order=True)}


def _case_id(cluster_id: str, accounts: Sequence[str], as_of: datetime) -> str:
    text = "\n".join([cluster_id, as_of.isoformat(), *accounts])
    return "C-" + sha256(text.encode()).hexdigest()[:12]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
