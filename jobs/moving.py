"""Moves a case on behalf of a person, and fixes the move in the log, in the caller's transaction.

A leaf says from which to which number the moves run that it fixes, and a digest of them. The moves
of the detection have no leaf of their own: what they led to is in the leaf of the next batch.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256

from jobs.keys import Keys
from jobs.signing import append_leaf
from seasons.proofs import canonical_json, lines_sha256
from seasons.sealing import SALT_BYTES
from warehouse.cases import Decided
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.moves import Move
from warehouse.recording import NewMove, record_move, store_decision


def make_move(
    connection: Connection,
    home: Home,
    keys: Keys,
    new: NewMove,
    now: datetime,
    decided: Decided | None = None,
) -> Move:
    """Record a move with what it says, and append its leaf.

    Args:
        connection: An open transaction.
        home: The home.
        keys: Sign the log.
        new: The move.
        now: The clock.
        decided: What a decision, a proposal or an upheld appeal rests on and says.

    Raises:
        CaseError: The move is not allowed, or lacks a name or a reason.
    """
    move = record_move(connection, new, now)
    if decided is not None:
        store_decision(connection, move, decided)
    fix_moves(connection, home, keys, [(move, decided)], now)
    return move


def fix_moves(
    connection: Connection,
    home: Home,
    keys: Keys,
    moves: Sequence[tuple[Move, Decided | None]],
    now: datetime,
) -> None:
    """Append the leaf that fixes moves, which follow each other in number."""
    body = {
        "type": "moves",
        "first": str(moves[0][0].number),
        "last": str(moves[-1][0].number),
        "moves_sha256": moves_sha256(moves),
        "salt": secrets.token_hex(SALT_BYTES),
    }
    append_leaf(connection, home, keys, body, now)


def moves_sha256(moves: Sequence[tuple[Move, Decided | None]]) -> str:
    """Return the digest of moves, one digest a line."""
    return lines_sha256(_move_sha256(move, decided) for move, decided in moves)


def _move_sha256(move: Move, decided: Decided | None) -> str:
    """Return the digest of who did what, when, why, on which evidence, and what it says."""
    said = {
        **asdict(move),
        "number": str(move.number),
        "moved_at": move.moved_at.isoformat(),
        "until": None if move.until is None else move.until.isoformat(),
        "decided": None
        if decided is None
        else {
            "facts": decided.facts,
            "reach": None if decided.reach is None else list(decided.reach),
            "verdicts": [list(row) for row in decided.verdicts.iter_rows()],
        },
    }
    return sha256(canonical_json(said).encode()).hexdigest()
