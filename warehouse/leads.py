"""Leads: clusters and owners that are strange and came before nobody. A lead holds nobody's points.

All functions take an open connection; those that write expect to run inside a transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import polars as pl

from warehouse.connection import Connection, frame, rows
from warehouse.errors import CaseError
from warehouse.instants import from_stored, to_stored
from warehouse.statements import statement

WAITING: Final = "waiting"
DISMISSED: Final = "dismissed"
OPENED: Final = "opened"
STATES: Final = (WAITING, DISMISSED, OPENED)
CLUSTER: Final = "cluster"
LEADS_SCHEMA: Final = pl.Schema(
    {
        "kind": pl.String(),
        "subject": pl.String(),
        "owners": pl.List(pl.String()),
        "strangeness": pl.Float64(),
        "said": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class LeadMove:
    """One step of a lead. Nothing of it is ever changed.

    Attributes:
        lead_id: Of which lead.
        state: The state after it.
        moved_by: A person, or the detection that found it.
        moved_at: When, aware UTC.
        reason: Why.
        case_id: The case that was opened from it, if one was.
    """

    lead_id: str
    state: str
    moved_by: str
    moved_at: datetime
    reason: str
    case_id: str | None = None


def store_leads(connection: Connection, run_id: str, found: pl.DataFrame, now: datetime) -> None:
    """Store what a detection found strange: `LEADS_SCHEMA`; what was a lead is none again.

    Args:
        connection: The warehouse, inside a transaction.
        run_id: The detection.
        found: What it found.
        now: The clock.
    """
    known = known_leads(connection)
    for lead in found.iter_rows(named=True):
        if lead["subject"] in known:
            continue
        lead_id = "L-" + sha256("\n".join((run_id, lead["subject"])).encode()).hexdigest()[:12]
        values = [lead[name] for name in LEADS_SCHEMA.names()]
        connection.execute(
            "insert into leads values ($1, $2, $3, $4, $5, $6, $7)", [lead_id, run_id, *values]
        )
        reason = f"among the strangest of kind {lead['kind']!r}"
        move_lead(connection, LeadMove(lead_id, WAITING, run_id, now, reason))


def known_leads(connection: Connection) -> frozenset[str]:
    """Return what is a lead or was one; what was put aside does not come back."""
    return frozenset(name for (name,) in rows(connection, "select subject from leads"))


def move_lead(connection: Connection, move: LeadMove) -> None:
    """Record a step of a lead.

    Raises:
        CaseError: A name or a reason is missing.
    """
    if not move.moved_by.strip() or not move.reason.strip():
        raise CaseError(f"a move on {move.lead_id!r} needs a name and a reason")
    connection.execute(
        "insert into lead_moves "
        "select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6 "
        "from lead_moves where lead_id = $1",
        [
            move.lead_id,
            move.state,
            move.moved_by,
            to_stored(move.moved_at),
            move.reason,
            move.case_id,
        ],
    )


def load_lead_moves(connection: Connection) -> tuple[tuple[int, LeadMove], ...]:
    """Return the steps of all leads with their numbers, by lead, oldest first."""
    found = rows(
        connection,
        "select seq, lead_id, state, moved_by, moved_at, reason, case_id from lead_moves "
        "order by lead_id, seq",
    )
    return tuple(
        (seq, LeadMove(lead_id, state, by, from_stored(moved_at), reason, case_id))
        for seq, lead_id, state, by, moved_at, reason, case_id in found
    )


def load_leads(connection: Connection) -> pl.DataFrame:
    """Return what all leads are about: lead_id, run_id, kind, subject, owners, said."""
    return frame(
        connection,
        "select lead_id, run_id, kind, subject, owners, said from leads order by lead_id",
    )


def lead_owners(connection: Connection, lead_id: str) -> pl.DataFrame:
    """Return whom a lead is about: owner_id."""
    return frame(
        connection,
        "select unnest(owners) as owner_id from leads where lead_id = $lead_id",
        {"lead_id": lead_id},
    )


def list_leads(connection: Connection, state: str | None = None) -> pl.DataFrame:
    """Return the leads, clusters before owners, the strangest first.

    Args:
        connection: The warehouse.
        state: Only leads in it; None means all.

    Returns:
        lead_id, state, kind, subject (the cluster or the owner), owners, strangeness, said, run_id,
        as_of, moved_by, moved_at, reason, case_id, in_cases (cases that hold an owner of it,
        dismissed ones left out, sorted).

    Raises:
        CaseError: There is no such state.
    """
    if state is not None and state not in STATES:
        raise CaseError(f"{state!r} is no state of a lead; choose one of {', '.join(STATES)}")
    return frame(connection, statement("leads/leads"), {"state": state})


def require_waiting(connection: Connection, lead_id: str) -> tuple[str, str]:
    """Return kind and subject of a lead that waits.

    Raises:
        CaseError: There is no such lead, or it does not wait any more.
    """
    found = rows(
        connection,
        "select l.kind, l.subject, max_by(m.state, m.seq) from leads l "
        "join lead_moves m on m.lead_id = l.lead_id where l.lead_id = $1 group by all",
        [lead_id],
    )
    if not found:
        raise CaseError(f"there is no lead {lead_id!r}; see: winnow leads list")
    ((kind, subject, state),) = found
    if state != WAITING:
        raise CaseError(f"the lead {lead_id!r} is {state} already; see: winnow leads list")
    return kind, subject


def dismissed_leads(connection: Connection) -> pl.DataFrame:
    """Return whom people put aside as leads: lead_id, owner_id, moved_at (UTC without a zone)."""
    return frame(
        connection,
        "select l.lead_id, unnest(l.owners) as owner_id, m.moved_at from leads l "
        "join lead_moves m on m.lead_id = l.lead_id and m.state = 'dismissed' order by all",
    )
