"""Records what happens to cases: moves, verdicts, settlements, what is owed. Append-only.

All functions expect to run inside a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from warehouse.cases import (
    Decided,
    moves_count,
    standing_of,
    unknown_case,
)
from warehouse.connection import Connection
from warehouse.errors import CaseError
from warehouse.findings import INSTANT, CaseChange
from warehouse.instants import to_stored
from warehouse.moves import ALLOWED_MOVES, Move, allowed_by_people, refusal

_MOVES_SCHEMA: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "seq": pl.Int32(),
        "number": pl.Int64(),
        "move": pl.String(),
        "state": pl.String(),
        "moved_by": pl.String(),
        "moved_at": INSTANT,
        "reason": pl.String(),
        "evidence_sha256": pl.String(),
        "owner_id": pl.String(),
        "policy_sha256": pl.String(),
        "until": INSTANT,
    }
)
OWED_SCHEMA: Final = pl.Schema(
    {
        "owner_id": pl.String(),
        "direction": pl.String(),
        "season": pl.Int32(),
        "week": pl.Int32(),
        "micropoints": pl.Int64(),
        "cause": pl.String(),
        "reason": pl.String(),
    }
)


@dataclass(frozen=True)
class NewMove:
    """A move that a person is about to make.

    Attributes:
        case_id: On which case.
        move: See `warehouse.moves.ALLOWED_MOVES`; the detection's own are not a person's.
        by: Who; not empty.
        reason: Why; not empty.
        owner_id: Whom an appeal, its answer or an acknowledgement concerns.
        policy_sha256: Of the policy that a decision or a proposal went by.
        until: Of a notice: appeals are open until then, aware UTC.
    """

    case_id: str
    move: str
    by: str
    reason: str
    owner_id: str | None = None
    policy_sha256: str | None = None
    until: datetime | None = None


def record_move(connection: Connection, new: NewMove, now: datetime) -> Move:
    """Record what somebody did on a case.

    Returns:
        The move, with its numbers and the state after it.

    Raises:
        CaseError: The case is unknown, the move is not allowed in its state, or `by` or `reason`
            is empty.
    """
    if not new.by.strip() or not new.reason.strip():
        raise CaseError(f"a move on {new.case_id!r} needs a name and a reason")
    standing = standing_of(connection, [new.case_id])
    if new.case_id not in standing:
        raise unknown_case(new.case_id)
    state, seq, evidence = standing[new.case_id]
    if new.move not in allowed_by_people(state):
        raise CaseError(refusal(new.case_id, state, new.move))
    move = Move(
        case_id=new.case_id,
        seq=seq + 1,
        number=moves_count(connection) + 1,
        move=new.move,
        state=ALLOWED_MOVES[state, new.move],
        moved_by=new.by,
        moved_at=now,
        reason=new.reason,
        evidence_sha256=evidence,
        owner_id=new.owner_id,
        policy_sha256=new.policy_sha256,
        until=new.until,
    )
    _insert_moves(connection, [move])
    return move


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
    first = moves_count(connection) + 1
    moves = []
    for number, change in enumerate(changes, first):
        state, seq, digest = standing[change.case_id]
        after = state if change.move == "opened" else ALLOWED_MOVES.get((state, change.move))
        if after is None:
            raise CaseError(
                f"{change.case_id!r} is {state} by now and cannot be {change.move}; detect again"
            )
        moves.append(
            Move(
                change.case_id,
                seq + 1,
                number,
                change.move,
                after,
                run_id,
                now,
                change.reason,
                digest,
            )
        )
    _insert_moves(connection, moves)


def record_settlement(
    connection: Connection, key: str, case_ids: Sequence[str], now: datetime
) -> tuple[Move, ...]:
    """Make cases final, all of them in one go, and remember which run did.

    Args:
        connection: The warehouse, inside a transaction.
        key: Of the settle run.
        case_ids: Cases that are due (see `warehouse.cases.due_for_settlement`).
        now: When, aware UTC.

    Raises:
        CaseError: A case has moved and is not due any more.
    """
    standing = standing_of(connection, case_ids)
    first = moves_count(connection) + 1
    moves = []
    for number, case_id in enumerate(sorted(case_ids), first):
        state, seq, digest = standing[case_id]
        if (state, "settle") not in ALLOWED_MOVES:
            raise CaseError(f"{case_id!r} is {state} by now and cannot be settled; settle again")
        reason = "the last day for appeals has passed and every appeal is answered"
        moves.append(Move(case_id, seq + 1, number, "settle", "final", key, now, reason, digest))
    _insert_moves(connection, moves)
    settled = pl.DataFrame({"case_id": sorted(case_ids)}, {"case_id": pl.String}).with_columns(
        pl.lit(key).alias("key"), pl.lit(to_stored(now), INSTANT).alias("settled_at")
    )
    _insert(connection, "settlements", settled)
    return tuple(moves)


def store_decision(connection: Connection, move: Move, decided: Decided) -> None:
    """Store what a decision, a proposal or an upheld appeal rests on and says."""
    season, week = decided.reach or (None, None)
    connection.execute(
        "insert into case_decisions values ($1, $2, $3, $4, $5)",
        [move.case_id, move.seq, decided.facts, season, week],
    )
    of_move = decided.verdicts.select(
        pl.lit(move.case_id).alias("case_id"), pl.lit(move.seq, pl.Int32).alias("seq"), pl.all()
    )
    _insert(connection, "case_verdicts", of_move)


def store_owed(connection: Connection, owed: pl.DataFrame, now: datetime) -> None:
    """Write down what cannot be taken, or given back, any more: `OWED_SCHEMA`."""
    _insert(
        connection,
        "owed",
        owed.with_columns(pl.lit(to_stored(now), INSTANT).alias("recorded_at")),
    )


def _insert_moves(connection: Connection, moves: Sequence[Move]) -> None:
    """Append moves, and take each case to the state that its move leads to."""
    found = pl.DataFrame(
        [
            (
                move.case_id,
                move.seq,
                move.number,
                move.move,
                move.state,
                move.moved_by,
                to_stored(move.moved_at),
                move.reason,
                move.evidence_sha256,
                move.owner_id,
                move.policy_sha256,
                None if move.until is None else to_stored(move.until),
            )
            for move in moves
        ],
        schema=_MOVES_SCHEMA,
        orient="row",
    )
    _insert(connection, "case_moves", found)
    connection.register("found", found)
    connection.execute(
        "update cases set state = found.state from found "
        "where cases.case_id = found.case_id and cases.state <> found.state"
    )
    connection.unregister("found")


def _insert(connection: Connection, table: str, content: pl.DataFrame) -> None:
    connection.register("new_rows", content)
    try:
        connection.execute(f"insert into {table} by name select * from new_rows")  # noqa: S608
    finally:
        connection.unregister("new_rows")
