"""Cases: what the detection opened, what moderators decided, and whom that concerns.

All functions take an open connection; those that write expect to run inside a transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Final

import polars as pl

from warehouse.connection import Connection, Row, frame, rows
from warehouse.errors import CaseError
from warehouse.findings import EDGES_SCHEMA, INSTANT, CaseChange
from warehouse.instants import from_stored, to_stored
from warehouse.statements import statement

# (state, move) -> state after it. The detection opens, gains and reopens; people confirm and
# dismiss. A second confirmation takes in what a case gained since the first, or says that a second
# moderator agrees.
ALLOWED_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("open", "gained"): "open",
        ("open", "confirm"): "confirmed",
        ("open", "dismiss"): "dismissed",
        ("confirmed", "gained"): "confirmed",
        ("confirmed", "confirm"): "confirmed",
        ("confirmed", "dismiss"): "dismissed",
        ("dismissed", "reopened"): "open",
    }
)
STATES: Final = ("open", "confirmed", "dismissed")
_INSERT_MOVE: Final = "insert into case_moves values ($1, $2, $3, $4, $5, $6, $7, $8)"

_MOVES_SCHEMA: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "seq": pl.Int32(),
        "move": pl.String(),
        "state": pl.String(),
        "moved_by": pl.String(),
        "moved_at": INSTANT,
        "reason": pl.String(),
        "evidence_sha256": pl.String(),
    }
)


@dataclass(frozen=True)
class Move:
    """One step of a case, as recorded.

    Attributes:
        case_id: Of which case.
        seq: Its number in the case, from 1.
        move: opened, gained, reopened, confirm or dismiss.
        state: The case's state after it.
        moved_by: A person, or the run of the detection.
        moved_at: When, aware UTC.
        reason: Why, as given.
        evidence_sha256: Of the evidence that lay before whoever moved.
    """

    case_id: str
    seq: int
    move: str
    state: str
    moved_by: str
    moved_at: datetime
    reason: str
    evidence_sha256: str


@dataclass(frozen=True)
class _Step:
    case_id: str
    move: str
    state: str
    reason: str


@dataclass(frozen=True)
class CaseFile:
    """Everything that is known of one case.

    Attributes:
        case_id: Its id.
        cluster_id: The cluster that it follows.
        state: open, confirmed or dismissed.
        score: Of the cluster when the case last moved by the detection; no probability.
        opened_at: When, aware UTC.
        opened_by: The run that opened it.
        as_of: Where the run that opened it or last added to it stopped looking, aware UTC; what
            is said of the evidence is counted from here.
        members: account_id, owner_id, added_at; sorted by account_id.
        evidence: seen_at and the columns of `EDGES_SCHEMA`, as seen, sorted by its key.
        moves: Oldest first.
    """

    case_id: str
    cluster_id: str
    state: str
    score: float
    opened_at: datetime
    opened_by: str
    as_of: datetime
    members: pl.DataFrame
    evidence: pl.DataFrame
    moves: tuple[Move, ...]


def blocked_owners(connection: Connection) -> pl.DataFrame:
    """Return the owners in open or confirmed cases, whose points are held.

    Returns:
        owner_id, case_id, state ('open' or 'confirmed'); one row an owner and case, sorted. An
        owner that a confirmed case gained since its last confirmation has the state 'open' there.
    """
    return frame(connection, statement("cases/blocked_owners"))


def list_cases(connection: Connection, state: str | None = None) -> pl.DataFrame:
    """Return the queue of cases, highest score first.

    Args:
        connection: The warehouse.
        state: Only cases in it; None means all.

    Returns:
        case_id, cluster_id, state, score, accounts, owners, families, edges, opened_at, moved_at,
        moves.

    Raises:
        CaseError: There is no such state.
    """
    if state is not None and state not in STATES:
        raise CaseError(f"{state!r} is no state of a case; choose one of {', '.join(STATES)}")
    return frame(connection, statement("cases/queue"), {"state": state})


def load_case(connection: Connection, case_id: str) -> CaseFile:
    """Return one case with its members, evidence and moves.

    Raises:
        CaseError: There is no such case.
    """
    found = rows(connection, statement("cases/case"), {"case_id": case_id})
    if not found:
        raise _unknown(case_id)
    cluster_id, state, score, opened_at, opened_by, as_of = found[0]
    return CaseFile(
        case_id,
        cluster_id,
        state,
        score,
        from_stored(opened_at),
        opened_by,
        from_stored(as_of),
        members=frame(
            connection,
            "select account_id, owner_id, added_at from case_members "
            "where case_id = $case_id order by account_id",
            {"case_id": case_id},
        ),
        evidence=frame(
            connection,
            "select * exclude (case_id) from case_evidence where case_id = $case_id "
            "order by owner_a, owner_b, family, signal, value_hash",
            {"case_id": case_id},
        ),
        moves=load_moves(connection, case_id),
    )


def record_move(
    connection: Connection, case_id: str, move: str, *, by: str, reason: str, now: datetime
) -> Move:
    """Record what somebody decided on a case.

    Args:
        connection: The warehouse, inside a transaction.
        case_id: On which case.
        move: confirm or dismiss; the detection's own moves are written by `store_detection`.
        by: Who; not empty.
        reason: Why; not empty.
        now: When, aware UTC.

    Returns:
        The move, with its number and the state after it.

    Raises:
        CaseError: The case is unknown, the move is not allowed in its state, `by` or `reason` is
            empty, or somebody else moved the case at the same time.
    """
    if not by.strip() or not reason.strip():
        raise CaseError(f"a decision on {case_id!r} needs a name and a reason")
    known = rows(connection, "select state from cases where case_id = $1", [case_id])
    if not known:
        raise _unknown(case_id)
    (state,) = known[0]
    after = ALLOWED_MOVES.get((state, move))
    if after is None or move in {"gained", "reopened"}:
        allowed = sorted({m for (s, m) in ALLOWED_MOVES if s == state} - {"gained", "reopened"})
        raise CaseError(
            f"{move!r} is not allowed on {case_id!r}, which is {state}; "
            f"allowed: {', '.join(allowed) or 'nothing until there is new evidence'}"
        )
    _change_state(connection, case_id, state, after)
    return _append_move(connection, _Step(case_id, move, after, reason), by, now)


def record_findings(
    connection: Connection, changes: Sequence[CaseChange], run_id: str, now: datetime
) -> None:
    """Record that the detection opened, extended or reopened cases, all of them in one go.

    Args:
        connection: The warehouse, inside a transaction; cases, members and evidence are stored.
        changes: What the detection decided, one a case.
        run_id: The run that found it.
        now: When, aware UTC.

    Raises:
        CaseError: A case was moved since the changes were decided, so that a move no longer fits.
    """
    standing = standing_of(connection, [change.case_id for change in changes])
    moves = []
    for change in changes:
        state, seq, digest = standing[change.case_id]
        after = state if change.move == "opened" else ALLOWED_MOVES.get((state, change.move))
        if after is None:
            raise CaseError(
                f"{change.case_id!r} is {state} by now and cannot be {change.move}; detect again"
            )
        step = (change.case_id, seq + 1, change.move, after)
        moves.append((*step, run_id, to_stored(now), change.reason, digest))
    connection.register("found", pl.DataFrame(moves, schema=_MOVES_SCHEMA, orient="row"))
    connection.execute("insert into case_moves by name select * from found")
    connection.execute(
        "update cases set state = found.state from found "
        "where cases.case_id = found.case_id and cases.state <> found.state"
    )
    connection.unregister("found")


def standing_of(connection: Connection, case_ids: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """Return state, number of the last move and digest of the evidence, by case, all at once."""
    wanted = {"case_ids": list(case_ids)}
    evidence = frame(
        connection,
        "select * from case_evidence where list_contains($case_ids, case_id) "
        "order by case_id, owner_a, owner_b, family, signal, value_hash",
        wanted,
    )
    nothing = sha256().hexdigest()
    digests = {
        case_id: _digest(row[1:] for row in part)
        for case_id, part in groupby(
            evidence.select("case_id", *EDGES_SCHEMA.names()).iter_rows(), itemgetter(0)
        )
    }
    found = rows(
        connection,
        "select c.case_id, c.state, coalesce(max(m.seq), 0) "
        "from cases c left join case_moves m on m.case_id = c.case_id "
        "where list_contains($case_ids, c.case_id) group by c.case_id, c.state",
        wanted,
    )
    return {case_id: (state, seq, digests.get(case_id, nothing)) for case_id, state, seq in found}


def _unknown(case_id: str) -> CaseError:
    return CaseError(f"there is no case {case_id!r}; see: winnow cases list")


def load_moves(connection: Connection, case_id: str | None = None) -> tuple[Move, ...]:
    """Return the moves of one case or of all, by case, oldest first."""
    found = rows(
        connection,
        "select case_id, seq, move, state, moved_by, moved_at, reason, evidence_sha256 "
        "from case_moves where $1 is null or case_id = $1 order by case_id, seq",
        [case_id],
    )
    return tuple(
        Move(case_id, seq, move, state, by, from_stored(moved_at), reason, digest)
        for case_id, seq, move, state, by, moved_at, reason, digest in found
    )


def _change_state(connection: Connection, case_id: str, before: str, after: str) -> None:
    changed = rows(
        connection,
        "update cases set state = $1 where case_id = $2 and state = $3 returning case_id",
        [after, case_id, before],
    )
    if len(changed) != 1:
        raise CaseError(f"somebody else moved {case_id!r} at the same time; look at it again")


def _append_move(connection: Connection, step: _Step, by: str, now: datetime) -> Move:
    (last,) = rows(
        connection,
        "select coalesce(max(seq), 0) from case_moves where case_id = $1",
        [step.case_id],
    )
    evidence = load_case(connection, step.case_id).evidence
    move = Move(
        step.case_id,
        last[0] + 1,
        step.move,
        step.state,
        by,
        now,
        step.reason,
        evidence_sha256(evidence),
    )
    connection.execute(
        _INSERT_MOVE,
        [
            move.case_id,
            move.seq,
            move.move,
            move.state,
            move.moved_by,
            to_stored(now),
            move.reason,
            move.evidence_sha256,
        ],
    )
    return move


def evidence_sha256(evidence: pl.DataFrame) -> str:
    """Return the SHA-256, in hexadecimal, of evidence as canonical text.

    One JSON array a row with the columns of `EDGES_SCHEMA` in their order, rows sorted by key,
    instants in ISO 8601, each line ended by a newline.
    """
    ordered = evidence.select(EDGES_SCHEMA.names()).sort(
        "owner_a", "owner_b", "family", "signal", "value_hash"
    )
    return _digest(ordered.iter_rows())


def _digest(ordered: Iterable[Row]) -> str:
    digest = sha256()
    for row in ordered:
        cells = [cell.isoformat() if isinstance(cell, datetime) else cell for cell in row]
        digest.update(json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()
