"""Checks what decisions rest on and lead to: policies, members, settlements, what is owed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from seasons.moderation import ALL_BPS, CONFIRMED, owed_for
from warehouse import ledger
from warehouse.cases import Decided, load_decisions, load_moves
from warehouse.connection import Connection, Row, rows
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.moves import DECISIONS, Move

Found = Iterator[tuple[str, str]]

_OF_ALL: Final = ("propose", *DECISIONS)  # they speak of every member, unless they dismiss


def check_decisions(_: Home, connection: Connection) -> Found:
    """Every decision has its policy and says something of each member; memos are what they were."""
    moves = load_moves(connection)
    yield from _wrong_with_policies(connection, moves)
    yield from _wrong_with_members(connection, moves)
    yield from _wrong_with_settlements(connection, moves)
    yield from _wrong_with_owed(connection, moves)


def _wrong_with_policies(connection: Connection, moves: Sequence[Move]) -> Found:
    kept: dict[str, str] = dict(rows(connection, "select policy_sha256, text from policies"))
    for digest, text in sorted(kept.items()):
        if sha256(text.encode()).hexdigest() != digest:
            yield digest[:12], "the policy's text does not hash to its digest"
    for move in moves:
        if move.policy_sha256 is not None and move.policy_sha256 not in kept:
            yield move.case_id, f"the policy that its move {move.seq} went by is not kept"


def _wrong_with_members(connection: Connection, moves: Sequence[Move]) -> Found:
    """Yield confirmations that say something of others than those who were in their case."""
    members: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for case_id, since, *member in rows(
        connection, "select case_id, since, account_id, owner_id from case_members"
    ):
        members[case_id].append((since, tuple(member)))
    decisions = load_decisions(connection)
    for move in moves:
        decided = decisions.get((move.case_id, move.seq))
        if move.move not in _OF_ALL or decided is None or decided.verdicts.is_empty():
            continue
        judged = set(decided.verdicts.select("account_id", "owner_id").rows())
        if judged != {member for since, member in members[move.case_id] if since < move.seq}:
            yield move.case_id, f"its members are not those whom its move {move.seq} speaks of"


def _wrong_with_settlements(connection: Connection, moves: Sequence[Move]) -> Found:
    settled = set(rows(connection, "select case_id, key, settled_at from settlements"))
    made = {
        (move.case_id, move.moved_by, to_stored(move.moved_at))
        for move in moves
        if move.move == "settle"
    }
    for case_id in sorted({case_id for case_id, *_ in settled ^ made}):
        yield case_id, "the settle run that made it final is not the one that its moves name"


def _wrong_with_owed(connection: Connection, moves: Sequence[Move]) -> Found:
    """Yield acknowledgements whose memos are not what settling spread; batches fix their own."""
    noted: dict[str, list[Row]] = defaultdict(list)
    for cause, *memo in rows(
        connection,
        "select cause, owner_id, season, week, micropoints, direction, reason, recorded_at "
        "from owed anti join batches on owed.cause = batches.batch_id order by all",
    ):
        noted[cause].append(tuple(memo))
    for move, taken_from in _acknowledged(moves, load_decisions(connection)):
        cause, owner_id = f"{move.case_id}/{move.seq}", move.owner_id or ""
        lost = owed_for(
            ledger.spread_from(connection, move.case_id, owner_id), owner_id, taken_from
        )
        told = ("to_owner", move.reason, to_stored(move.moved_at))
        if noted.pop(cause, []) != [(*line, *told) for line in lost.rows()]:
            yield cause, "what is owed because of it is not what settling spread"
    for cause in sorted(noted):
        yield cause, "something is owed because of it, and it acknowledges nothing"


def _acknowledged(
    moves: Sequence[Move], decisions: Mapping[tuple[str, int], Decided]
) -> Iterator[tuple[Move, frozenset[str]]]:
    """Yield acknowledgements, with those from whom their case took something until then."""
    taken_from: dict[str, set[str]] = defaultdict(set)
    for move in moves:
        takes = taken_from[move.case_id]
        if move.move == "acknowledge":
            yield move, frozenset(takes)
        if move.move == "withdraw":
            takes.clear()
        decided = decisions.get((move.case_id, move.seq))
        if move.move == "propose" or decided is None:
            continue
        said = decided.verdicts.select("owner_id", "verdict", "keep_bps")
        for owner_id, verdict, keep_bps in said.iter_rows():
            if verdict == CONFIRMED and keep_bps < ALL_BPS:
                takes.add(owner_id)
            else:
                takes.discard(owner_id)
