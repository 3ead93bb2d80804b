"""Checks books and cases against the log and against themselves, as far as it needs no key."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from jobs.batches import move_sha256
from jobs.decide import held_points
from jobs.issue import close_sha256, exclusions_sha256, files_sha256
from seasons.enforcement import decide_releases
from warehouse import ledger, log
from warehouse.cases import (
    ALLOWED_MOVES,
    Move,
    blocked_owners,
    list_cases,
    load_moves,
    standing_of,
)
from warehouse.connection import Connection, frame, rows
from warehouse.events import Close, load_close
from warehouse.home import Home
from warehouse.ledger import StoredBatch

Found = Iterator[tuple[str, str]]

_WINDOW: Final = "select window_start, window_end from closes where season = $1 and week = $2"
_FILES: Final = "select path, sha256 from close_files where season = $1 and week = $2 order by path"
_EXCLUSIONS: Final = (
    "select owner_id, reason from exclusions where season = $season and week = $week "
    "order by owner_id"
)
_ORPHANS: Final = (
    "select distinct season, week from exclusions "
    "anti join (select * from batches where kind = 'issue') using (season, week) order by all"
)


def check_books(_: Home, connection: Connection) -> Found:
    """Every issued week's close, its files and its exclusions are those that the log fixed."""
    bodies = log.bodies(connection)
    for stored in ledger.batches(connection):
        if stored.batch.kind != "issue":
            continue
        close = load_close(connection, stored.batch.season, stored.batch.week)
        inputs = bodies.get(stored.leaf_index, {}).get("inputs", {})
        if close is not None:  # that an issued week has none is found with its conservation
            yield from _wrong_with_books(connection, stored, close, inputs)
    for season, week in rows(connection, _ORPHANS):
        yield f"S{season}W{week:02d}", "it has exclusions, but it is not issued"


def _wrong_with_books(
    connection: Connection, stored: StoredBatch, close: Close, inputs: Mapping[str, Any]
) -> Found:
    place = [stored.batch.season, stored.batch.week]
    week = {"season": place[0], "week": place[1]}
    (window,) = rows(connection, _WINDOW, place)
    files = rows(connection, _FILES, place)
    found = {
        "close_sha256": close_sha256(close, *window),
        "terms_sha256": hashlib.sha256(close.season_terms.encode()).hexdigest(),
        "files_sha256": files_sha256(files),
        "exclusions_sha256": exclusions_sha256(frame(connection, _EXCLUSIONS, week)),
    }
    name = stored.batch.batch_id
    for input_, digest in found.items():
        if inputs.get(input_) != digest:
            yield name, f"its {input_} is {digest}, the log says {inputs.get(input_)!r}"
    if files != [(file.path, file.sha256) for file in close.files]:
        yield name, "the registry has other files than its books closed with"


def check_cases(_: Home, connection: Connection) -> Found:
    """Every case is where its moves led it, and nothing is held that no case keeps."""
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
    yield from _kept_for_nothing(connection)
    yield from _wrong_with_releases(connection, moves)


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


def _kept_for_nothing(connection: Connection) -> Found:
    """Yield what is held although no case keeps it: a decision and its releases are one."""
    blocked = frozenset(blocked_owners(connection)["owner_id"].to_list())
    due = decide_releases(held_points(connection), blocked)
    for season, week, owner, subject, micropoints in due.iter_rows():
        yield (
            f"S{season}W{week:02d}",
            f"{micropoints} micropoints of {owner!r} are held for {subject!r}, and no case keeps "
            "them",
        )


def _wrong_with_releases(connection: Connection, moves: Sequence[Move]) -> Found:
    """Yield releases that name no move of a case, or another than the log says."""
    bodies = log.bodies(connection)
    by_key = {f"{move.case_id}/{move.seq}": move for move in moves}
    for stored in ledger.batches(connection):
        if stored.batch.kind != "release":
            continue
        move = by_key.get(stored.batch.key)
        inputs = bodies.get(stored.leaf_index, {}).get("inputs", {})
        if move is None or inputs.get("move_sha256") != move_sha256(move):
            yield stored.batch.batch_id, "the move that released it is not the one in the log"
