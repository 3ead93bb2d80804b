"""Leads: what is strange and came before nobody, found by each detection, looked at by people.

This lane passes through no model and no rule of evidence, so that a kind of farming that nobody was
taught can still be seen. A lead holds nobody's points; a moderator may open a case from one, or put
it aside, and what was put aside is a decision that models learn from.
"""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from detection.novelty import Budget, Described, find_leads
from detection.routes import Routed
from jobs.carrying_out import Place
from jobs.fixing import move_lead_by_hand
from jobs.keys import Keys
from jobs.moderators import require_moderator
from warehouse.connection import transaction, warehouse
from warehouse.home import Home
from warehouse.leads import (
    DISMISSED,
    LEADS_SCHEMA,
    LeadMove,
    list_leads,
    require_waiting,
)

SEED: Final = 0
_MARKET_MAKER: Final = "market_maker"


@dataclass(frozen=True)
class Passed:
    """Who is no lead any more, or never is.

    Attributes:
        in_cases: owner_id of everybody whom a case holds or held.
        leads: Clusters and owners that are leads or were.
        accounts: `warehouse.findings.ACCOUNTS_SCHEMA`; declared market makers are left out.
    """

    in_cases: pl.DataFrame
    leads: frozenset[str]
    accounts: pl.DataFrame


def find_new_leads(
    routed: Routed, passed: Passed, described: Described, budget: int
) -> pl.DataFrame:
    """Return the strangest clusters and owners that came before nobody and whom nothing spares.

    Args:
        routed: What was decided about each cluster.
        passed: Who is left out.
        described: What everybody did.
        budget: Most clusters, and most owners outside of clusters.

    Returns:
        `warehouse.leads.LEADS_SCHEMA`, sorted by kind and subject.
    """
    clusters, outside = _clusters(routed, passed), _outside(routed, passed)
    strange = find_leads(
        clusters.select("owner_id", cluster_id="subject"),
        outside.select("owner_id"),
        described,
        Budget(budget, budget),
        SEED,
    )
    owners = pl.concat([clusters, outside]).group_by("subject").agg(pl.col("owner_id").sort())
    return (
        strange.join(owners, left_on="id", right_on="subject")
        .select("kind", "strangeness", subject="id", owners="owner_id", said="reasons")
        .select(LEADS_SCHEMA.names())
        .sort("kind", "subject")
    )


def known_leads(home: Home, state: str | None) -> pl.DataFrame:
    """Return the leads, see `warehouse.leads.list_leads`."""
    with warehouse(home, read_only=True) as connection:
        return list_leads(connection, state)


def dismiss(home: Home, keys: Keys, move: LeadMove) -> None:
    """Put a lead aside; it does not come back. A leaf in the log fixes who did, and why.

    Raises:
        CaseError: The lead is unknown or does not wait, a name or a reason is missing, the name is
            that of no person, or the policy names moderators and this is none of them.
    """
    require_moderator(home, move.moved_by, move.reason, f"to put {move.lead_id!r} aside")
    with transaction(home) as connection:
        require_waiting(connection, move.lead_id)
        place = Place(connection, home, keys, move.moved_at)
        move_lead_by_hand(place, replace(move, state=DISMISSED))


def _clusters(routed: Routed, passed: Passed) -> pl.DataFrame:
    """Return subject, owner_id of clusters of which nobody is or was in a case."""
    held = pl.concat([routed.flagged.select("owner_id"), passed.in_cases])["owner_id"].implode()
    asked = routed.owners.filter(
        pl.col("spared").is_null(),
        ~pl.col("cluster_id").is_in(list(passed.leads)),
        ~pl.col("owner_id").is_in(held).any().over("cluster_id"),
    )
    return asked.filter(pl.len().over("cluster_id") > 1).select("owner_id", subject="cluster_id")


def _outside(routed: Routed, passed: Passed) -> pl.DataFrame:
    """Return subject, owner_id of owners in no cluster and in no case."""
    return (
        passed.accounts.filter(
            pl.col("kind") != _MARKET_MAKER, ~pl.col("owner_id").is_in(list(passed.leads))
        )
        .select("owner_id", subject="owner_id")
        .unique()
        .join(routed.owners, on="owner_id", how="anti")
        .join(passed.in_cases, on="owner_id", how="anti")
        .sort("owner_id")
    )
