"""Keeps what people propose to give or take by hand, and how it ended. Append-only.

All functions take an open connection; those that write expect to run inside a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from warehouse.connection import Connection, Row, frame, rows
from warehouse.instants import from_stored, to_stored
from warehouse.statements import statement

APPROVED: Final = "approved"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True)
class StoredProposal:
    """A proposal as it was recorded, without its lines.

    Attributes:
        number: From 1, in the order written.
        kind: adjust or drop.
        season: Season number.
        week: Week of origin; 0 for a season as a whole.
        name: Once per kind and season among those that are pending or approved.
        content: Canonical JSON of what is proposed, with the digest of its lines.
        content_sha256: Its SHA-256, in hexadecimal.
        proposed_by: The first person.
        proposed_at: When, aware UTC.
        outcome: approved, withdrawn, or None while it is pending.
        ended_by: The second person, or who withdrew it; None while it is pending.
        ended_at: When, aware UTC; None while it is pending.
        batch_id: Of an approved one.
    """

    number: int
    kind: str
    season: int
    week: int
    name: str
    content: str
    content_sha256: str
    proposed_by: str
    proposed_at: datetime
    outcome: str | None
    ended_by: str | None
    ended_at: datetime | None
    batch_id: str | None


@dataclass(frozen=True)
class NewProposal:
    """A proposal to be recorded.

    Attributes:
        kind: adjust or drop.
        season: Season number.
        week: Week of origin; 0 for a season as a whole.
        name: See `StoredProposal`.
        content: Canonical JSON.
        content_sha256: Its SHA-256, in hexadecimal.
        lines: owner_id, micropoints, reason.
    """

    kind: str
    season: int
    week: int
    name: str
    content: str
    content_sha256: str
    lines: pl.DataFrame


def store_proposal(connection: Connection, new: NewProposal, by: str, now: datetime) -> int:
    """Record a proposal with its lines and return its number."""
    ((last,),) = rows(connection, "select coalesce(max(proposal), 0) from proposals")
    number = int(last) + 1
    connection.execute(
        "insert into proposals values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            number,
            new.kind,
            new.season,
            new.week,
            new.name,
            new.content,
            new.content_sha256,
            by,
            to_stored(now),
        ],
    )
    connection.register("new_lines", new.lines)
    try:
        connection.execute(
            "insert into proposal_lines by name select $1 as proposal, * from new_lines", [number]
        )
    finally:
        connection.unregister("new_lines")
    return number


def store_end(connection: Connection, ended: StoredProposal) -> None:
    """Record how a proposal ended: approved, with its batch, or withdrawn. It ends once."""
    if ended.outcome is None or ended.ended_at is None:
        raise ValueError(f"proposal {ended.number} has no end to be recorded")
    connection.execute(
        "insert into proposal_ends values ($1, $2, $3, $4, $5)",
        [ended.number, ended.outcome, ended.ended_by, to_stored(ended.ended_at), ended.batch_id],
    )


def load_proposals(
    connection: Connection,
    *,
    kind: str | None = None,
    season: int | None = None,
    name: str | None = None,
    batch_id: str | None = None,
) -> tuple[StoredProposal, ...]:
    """Return proposals, oldest first; what is None asks for any."""
    wanted = {"kind": kind, "season": season, "name": name, "batch_id": batch_id}
    found = rows(connection, statement("proposals/proposals"), wanted)
    return tuple(map(_to_proposal, found))


def load_lines(connection: Connection, number: int) -> pl.DataFrame:
    """Return the lines of a proposal: owner_id, micropoints, reason, sorted by owner."""
    return frame(
        connection,
        "select owner_id, micropoints, reason from proposal_lines where proposal = $proposal "
        "order by owner_id",
        {"proposal": number},
    )


def balances_of_owners(
    connection: Connection,
    season: int,
    week: int,
    owners: Sequence[str],
    *,
    before_leaf: int | None = None,
) -> pl.DataFrame:
    """Return what owners own, and what is held of theirs, of one week of origin.

    Args:
        connection: The warehouse.
        season: Season number.
        week: Week number.
        owners: Whose.
        before_leaf: Count only batches with a smaller leaf index; None counts all.

    Returns:
        account, subject, micropoints: no zero rows, sorted.
    """
    wanted = {"season": season, "week": week, "owners": list(owners), "before_leaf": before_leaf}
    return frame(connection, statement("proposals/balances_of_owners"), wanted)


def left_budget(
    connection: Connection, season: int, budget: str, *, before_leaf: int | None = None
) -> int:
    """Return the micropoints that have left a budget in a season, less what came back."""
    wanted = {"season": season, "budget": budget, "before_leaf": before_leaf}
    ((micropoints,),) = rows(connection, statement("proposals/budget"), wanted)
    return int(micropoints)


def budget_uses(connection: Connection) -> pl.DataFrame:
    """Return what each batch moved of each budget, in the order in which they were written.

    Returns:
        batch_id, kind, budget, given, taken, before: micropoints; `before` had left the budget in
        the season by then, less what had come back.
    """
    return frame(connection, statement("proposals/budget_uses"))


def owed_by_batch(connection: Connection, batch_id: str) -> pl.DataFrame:
    """Return what owners owe because of a batch: owner_id, micropoints, sorted by owner."""
    return frame(
        connection,
        "select owner_id, micropoints from owed where cause = $cause and direction = 'by_owner' "
        "order by owner_id",
        {"cause": batch_id},
    )


def owed_for_nothing(connection: Connection) -> pl.DataFrame:
    """Return memos of what is owed without a cause: owner_id, season, week, cause; sorted."""
    return frame(connection, statement("proposals/owed_for_nothing"))


def strangers(connection: Connection, owners: Sequence[str]) -> tuple[str, ...]:
    """Return which owners have no entry in the ledger yet, sorted."""
    found = rows(connection, statement("proposals/strangers"), {"owners": list(owners)})
    return tuple(owner for (owner,) in found)


def _to_proposal(row: Row) -> StoredProposal:
    said, (proposed_at, outcome, ended_by, ended_at, batch_id) = row[:8], row[8:]
    number, kind, season, week, name, content, content_sha256, proposed_by = said
    return StoredProposal(
        number,
        kind,
        season,
        week,
        name,
        content,
        content_sha256,
        proposed_by,
        from_stored(proposed_at),
        outcome,
        ended_by,
        None if ended_at is None else from_stored(ended_at),
        batch_id,
    )
