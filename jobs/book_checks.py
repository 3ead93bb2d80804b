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
    CaseFile,
    blocked_owners,
    evidence_sha256,
    list_cases,
    load_case,
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
    cases = [load_case(connection, case_id) for case_id in list_cases(connection)["case_id"]]
    for case in cases:
        wrong = _wrong_with_case(case)
        if wrong is not None:
            yield case.case_id, wrong
    blocked = frozenset(blocked_owners(connection)["owner_id"].to_list())
    for season, week, owner, subject, micropoints in decide_releases(
        held_points(connection), blocked
    ).iter_rows():
        yield (
            f"S{season}W{week:02d}",
            f"{micropoints} micropoints of {owner!r} are held for {subject!r}, whom no case blocks",
        )
    yield from _wrong_with_releases(connection, cases)


def _wrong_with_case(case: CaseFile) -> str | None:
    """Return what is wrong with a case's moves, or None."""
    if [move.seq for move in case.moves] != list(range(1, len(case.moves) + 1)):
        return "its moves do not run from 1 without a gap"
    state = None
    for move in case.moves:
        after = "open" if state is None else ALLOWED_MOVES.get((state, move.move))
        if move.state != after or (state is None) != (move.move == "opened"):
            return f"its move {move.seq} does not follow from those before it"
        state = after
    if case.state != state:
        return f"it is {case.state}, its moves lead to {state!r}"
    if case.moves[-1].evidence_sha256 != evidence_sha256(case.evidence):
        return "its evidence is not that of its last move"
    return None


def _wrong_with_releases(connection: Connection, cases: Sequence[CaseFile]) -> Found:
    """Yield releases that name no dismissal, or another than the log says."""
    bodies = log.bodies(connection)
    moves = {f"{move.case_id}/{move.seq}": move for case in cases for move in case.moves}
    for stored in ledger.batches(connection):
        if stored.batch.kind != "release":
            continue
        move = moves.get(stored.batch.key)
        inputs = bodies.get(stored.leaf_index, {}).get("inputs", {})
        if move is None or inputs.get("move_sha256") != move_sha256(move):
            yield stored.batch.batch_id, "the move that released it is not the one in the log"
