"""Chains of cases: which one a cluster belongs to, what is new to it, and whom that brings in.

A case is decided once. What a group of owners does after a decision is a new question, asked in a
case of its own that follows the one before; together they are a chain, named by its first case.
Pure; all frames hold all chains at once.
"""

from typing import Final

import polars as pl

from detection.signals.evidence import EDGE_KEY
from warehouse.findings import CaseBook
from warehouse.moves import DECIDED, UNDECIDED

LEAST_COMMON_OWNERS: Final = 2  # a case is about the link between owners, so one is no overlap
KEEPS_ALL_BPS: Final = 10_000


def follow_chains(members: pl.DataFrame, book: CaseBook) -> pl.DataFrame:
    """Return the chain that each cluster belongs to, and the case that tells what happens in it.

    A cluster belongs to a chain with which it shares at least two owners: rather to one where a
    case is undecided than to one that is decided or final, and rather to that than to one that was
    dismissed; then to the one that bears its id, then to the one with most owners in common.

    Args:
        members: cluster_id, owner_id and more, one row an account.
        book: The cases that there are.

    Returns:
        cluster_id and the columns of `telling_cases`, the case's own cluster as case_cluster; at
        most one row a cluster.
    """
    common = (
        members.select("cluster_id", "owner_id")
        .unique()
        .join(chain_owners(book), on="owner_id")
        .group_by("cluster_id", "root")
        .agg(pl.len().cast(pl.Int64).alias("common"))
        .filter(pl.col("common") >= LEAST_COMMON_OWNERS)
    )
    return (
        common.join(telling_cases(book).rename({"cluster_id": "case_cluster"}), on="root")
        .sort(
            ~pl.col("state").is_in(UNDECIDED),
            pl.col("state") == "dismissed",
            pl.col("case_cluster") != pl.col("cluster_id"),
            -pl.col("common"),
            "root",
        )
        .unique("cluster_id", keep="first", maintain_order=True)
        .drop("common")
    )


def chain_owners(book: CaseBook) -> pl.DataFrame:
    """Return the owners of all cases of each chain: root, owner_id."""
    return (
        book.members.join(book.cases.select("case_id", "root"), on="case_id")
        .select("root", "owner_id")
        .unique()
    )


def telling_cases(book: CaseBook) -> pl.DataFrame:
    """Return the case of each chain that tells what becomes of new findings.

    That is the last one, save where an earlier decision was withdrawn: then findings go to the case
    that is undecided.

    Returns:
        root, case_id, cluster_id, state, last (the case that nothing follows), cases (how many).
    """
    return (
        book.cases.sort("root", pl.col("state").is_in(UNDECIDED), "place")
        .group_by("root", maintain_order=True)
        .agg(
            pl.col("case_id", "cluster_id", "state").last(),
            pl.col("case_id").sort_by("place").last().alias("last"),
            pl.len().alias("cases"),
        )
    )


def settled_owners(book: CaseBook) -> pl.DataFrame:
    """Return the owners from whom a final case took something, and whom none has cleared since.

    Returns:
        owner_id, case_id (the last such case), final_at.
    """
    return (
        book.verdicts.join(book.cases, on="case_id")
        .filter(pl.col("state").is_in([*DECIDED, "final"]))
        .sort("owner_id", "final_at", "root", "place", nulls_last=True)
        .unique("owner_id", keep="last", maintain_order=True)
        .filter(pl.col("state") == "final", pl.col("keep_bps") < KEEPS_ALL_BPS)
        .select("owner_id", "case_id", "final_at")
    )


def waiting_owners(book: CaseBook) -> pl.DataFrame:
    """Return the owners from whom a case takes something that is decided and not final: owner_id.

    Their later weeks follow that decision already.
    """
    decided = book.cases.filter(pl.col("state").is_in(DECIDED))
    return (
        book.verdicts.filter(pl.col("keep_bps") < KEEPS_ALL_BPS)
        .join(decided, on="case_id", how="semi")
        .select("owner_id")
        .unique()
    )


def new_evidence(evidence: pl.DataFrame, book: CaseBook) -> pl.DataFrame:
    """Return the evidence that no decision has answered and no case is asking about.

    Between two owners who are settled (see `settled_owners`), that is what was seen after the later
    of their cases became final: the conduct went on, and points of later weeks are a new question.
    Between any others it is what no case holds. So nothing that was dismissed, and nothing that an
    owner was cleared of, comes back by being seen again.

    Args:
        evidence: The columns of `EDGES_SCHEMA` and more.
        book: The cases that there are.

    Returns:
        The rows that are new, with settled_a and settled_b: the final cases of two settled owners,
        null for any others.
    """
    final = book.cases.select("case_id", is_final=pl.col("state") == "final")
    held = book.evidence.join(final, on="case_id").group_by(EDGE_KEY).agg(pl.col("is_final").all())
    settled = settled_owners(book)
    of_a = settled.select(owner_a="owner_id", settled_a="case_id", final_a="final_at")
    of_b = settled.select(owner_b="owner_id", settled_b="case_id", final_b="final_at")
    both = pl.col("settled_a").is_not_null() & pl.col("settled_b").is_not_null()
    went_on = pl.col("last_seen") > pl.max_horizontal("final_a", "final_b")
    unheld = pl.col("is_final").is_null()
    return (
        evidence.join(held, on=EDGE_KEY, how="left")
        .join(of_a, on="owner_a", how="left")
        .join(of_b, on="owner_b", how="left")
        .filter(
            pl.when(both & pl.col("last_seen").is_not_null())
            .then(went_on & pl.col("is_final").fill_null(value=True))
            .otherwise(unheld)
        )
        .with_columns(
            settled_a=pl.when(both).then("settled_a"), settled_b=pl.when(both).then("settled_b")
        )
        .drop("is_final", "final_a", "final_b")
    )
