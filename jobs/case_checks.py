"""Checks cases: against their own moves, against the log, and against what is held for them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from jobs.carrying_out import HELD
from jobs.moving import moves_sha256
from seasons.accounts import escrow_lines
from seasons.enforcement import releases_due
from warehouse import ledger, log
from warehouse.cases import (
    Decided,
    involved_owners,
    list_cases,
    load_decisions,
    load_moves,
    standing_of,
    standing_verdicts,
)
from warehouse.connection import Connection, rows
from warehouse.home import Home
from warehouse.moves import ALLOWED_MOVES, DETECTION_MOVES, Move

Found = Iterator[tuple[str, str]]

_RUN: Final = re.compile(r"D-\d+")
# Kinds of batches whose key is a case's move, and the moves that they may carry out.
_CARRIED_OUT: Final = {
    "seize": {"confirm", "partly"},
    "reach_back": {"confirm", "partly"},
    "restore": {"uphold", "withdraw"},
    "release": {"confirm", "partly", "dismiss", "uphold", "withdraw"},
}


def check_cases(_: Home, connection: Connection) -> Found:
    """Every case is where its moves led it; nothing is kept that no case keeps."""
    moves = load_moves(connection)
    led: dict[str, list[Move]] = {case_id: [] for case_id in list_cases(connection)["case_id"]}
    for move in moves:
        led.setdefault(move.case_id, []).append(move)
    standing = standing_of(connection, list(led))
    for case_id, its_moves in sorted(led.items()):
        state, _seq, evidence = standing.get(case_id, (None, 0, ""))
        wrong = _wrong_with_case(its_moves, state, evidence)
        if wrong is not None:
            yield case_id, wrong
    yield from _wrong_with_numbers(moves)
    yield from _not_in_the_log(connection, moves)
    yield from _carried_out_for_nothing(connection, moves)
    yield from _kept_for_nothing(connection)


def _wrong_with_case(moves: Sequence[Move], state: str | None, evidence: str) -> str | None:
    """Return what is wrong with the moves that led a case to a state and its evidence, or None."""
    if not moves or [move.seq for move in moves] != list(range(1, len(moves) + 1)):
        return "its moves do not run from 1 without a gap"
    reached = None
    for move in moves:
        after = "open" if reached is None else ALLOWED_MOVES.get((reached, move.move))
        if move.state != after or (reached is None) != (move.move == "opened"):
            return f"its move {move.seq} does not follow from those before it"
        reached = after
    if state != reached:
        return f"its state is {state!r}, its moves lead to {reached!r}"
    if moves[-1].evidence_sha256 != evidence:
        return "its evidence is not that of its last move"
    return None


def _wrong_with_numbers(moves: Sequence[Move]) -> Found:
    numbers = sorted(move.number for move in moves)
    if numbers != list(range(1, len(numbers) + 1)):
        yield "moves", "the moves of all cases do not run from 1 without a gap"


def _not_in_the_log(connection: Connection, moves: Sequence[Move]) -> Found:
    """Yield leaves whose moves are others now, and moves by people that no leaf fixes."""
    by_number = {move.number: move for move in moves}
    decisions = load_decisions(connection)
    bodies = log.bodies(connection)
    fixed: set[int] = set()
    for index, body in bodies.items():
        if body.get("type") != "moves":
            continue
        numbers = range(int(body["first"]), int(body["last"]) + 1)
        said = [
            (by_number[n], _decided(decisions, by_number[n])) for n in numbers if n in by_number
        ]
        if len(said) < len(numbers) or moves_sha256(said) != body["moves_sha256"]:
            yield f"leaf {index}", "the moves of cases that it fixes are others now"
        fixed.update(numbers)
    # A home from before moves were numbered has some that no leaf fixes, its migration's too.
    is_older = any(body.get("type") == "batch" and not says_moves(body) for body in bodies.values())
    unfixed = min(fixed, default=len(moves) + 1) if is_older else 0
    for move in moves:
        by_person = move.move not in DETECTION_MOVES or not _RUN.fullmatch(move.moved_by)
        if by_person and move.number > unfixed and move.number not in fixed:
            yield move.case_id, f"no leaf of the log fixes its move {move.seq}"


def says_moves(body: Mapping[str, Any]) -> bool:
    """Whether the leaf of a batch says with how many moves of cases it was decided."""
    return "moves" in body.get("inputs", {})


def _decided(decisions: Mapping[tuple[str, int], Decided], move: Move) -> Decided | None:
    return decisions.get((move.case_id, move.seq))


def _carried_out_for_nothing(connection: Connection, moves: Sequence[Move]) -> Found:
    """Yield batches that name no move of a case that could make them due."""
    by_key = {f"{move.case_id}/{move.seq}": move for move in moves}
    settled = {key for (key,) in rows(connection, "select distinct key from settlements")}
    for stored in ledger.batches(connection):
        kind, key = stored.batch.kind, stored.batch.key
        if kind == "redistribute" or (kind in {"seize", "release"} and "/" not in key):
            if key not in settled:
                yield stored.batch.batch_id, "no settle run has its key"
        elif kind in _CARRIED_OUT:
            move = by_key.get(key)
            if move is None or move.move not in _CARRIED_OUT[kind]:
                yield stored.batch.batch_id, "no move of a case makes it due"


def _kept_for_nothing(connection: Connection) -> Found:
    """Yield what is held or in escrow although no case keeps it."""
    balances = ledger.balances(connection, under=(*HELD, "escrow:"))
    due = releases_due(
        ledger.lines(connection), involved_owners(connection), standing_verdicts(connection)
    )
    for season, week, owner, subject, micropoints in due.iter_rows():
        yield (
            f"S{season}W{week:02d}",
            f"{micropoints} micropoints of {owner!r} are held for {subject!r}, and no case keeps "
            "them",
        )
    left: dict[str, int] = defaultdict(int)
    for case_id, micropoints in escrow_lines(balances).select("case_id", "micropoints").iter_rows():
        left[case_id] += micropoints
    for case_id, state in rows(connection, "select case_id, state from cases order by case_id"):
        if state in {"open", "under_review", "dismissed", "final"} and left[case_id]:
            yield case_id, f"it is {state}, and {left[case_id]} micropoints lie in its escrow"
