"""What a notice reads of the warehouse: the moves that people are told of, and what they did.

All functions take an open connection and only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.connection import Connection, Row, frame, rows
from warehouse.instants import from_stored
from warehouse.statements import statement


@dataclass(frozen=True)
class ToldMove:
    """A move that people are told of.

    Attributes:
        case_id: Of which case.
        seq: Its number in the case.
        move: confirm, partly, dismiss, uphold, reject, withdraw or acknowledge.
        moved_at: When, aware UTC.
        owner_id: Of an answer: whose appeal it answers. Of an acknowledgement: whom it is about.
        policy_sha256: Of a decision: the policy that it went by.
        since: Number of the last withdrawal before it; 0 where there was none.
        decision: Number of the decision that stood before it; 0 where there was none.
        noticed: Whether notice of that decision was given before it.
        given_until: Of a decision: the end of the appeals, as its notice says; None without one.
    """

    case_id: str
    seq: int
    move: str
    moved_at: datetime
    owner_id: str | None
    policy_sha256: str | None
    since: int
    decision: int
    noticed: bool
    given_until: datetime | None

    @property
    def is_decision(self) -> bool:
        """Whether it is a decision, of which notice is itself a move."""
        return self.move in {"confirm", "partly"}


def told_moves(connection: Connection, case_id: str | None = None) -> tuple[ToldMove, ...]:
    """Return the moves of one case or of all that people are told of, by case, oldest first.

    What was overtaken before anybody was told is left out.
    """
    found = rows(connection, statement("notices/told_moves"), {"case_id": case_id})
    return tuple(map(_to_told, found))


def _to_told(row: Row) -> ToldMove:
    case_id, seq, move, moved_at, owner_id, policy, since, decision, noticed, until = row
    given_until = None if until is None else from_stored(until)
    at = from_stored(moved_at)
    return ToldMove(case_id, seq, move, at, owner_id, policy, since, decision, noticed, given_until)


def load_moved_points(connection: Connection, case_id: str, moves: Sequence[int]) -> pl.DataFrame:
    """Return what some moves of a case did to whose points.

    Args:
        connection: The warehouse.
        case_id: Which case.
        moves: Numbers of the moves in their case.

    Returns:
        case_id, seq, season, week, owner_id, subject (null for what was reached back for), what
        ('seized', 'reached_back', 'restored', 'released'; or what was left afterwards: 'held', and
        of a week that was reached back to 'left', the owner's own but for what was released; or
        'owed', what an acknowledgement wrote down),
        micropoints (positive); sorted.
    """
    keys = [f"{case_id}/{seq}" for seq in moves]
    return frame(connection, statement("notices/moved_points"), {"keys": keys})
