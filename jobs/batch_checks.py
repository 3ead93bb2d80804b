"""Checks batches against their own entries, against the log, and against the cases of their time.

A season may have tens of thousands of small batches, one for each decision and week. So entries are
read a week at a time, and whom cases concerned is followed from move to move.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import polars as pl

from jobs.batches import involved_lines, leaf_body
from jobs.case_checks import says_moves
from seasons.proofs import entry_lines, lines_sha256
from warehouse import ledger, log
from warehouse.cases import involved_owners, load_moves
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.ledger import StoredBatch

Found = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class _Entries:
    """What the stored entries of a batch come to."""

    count: int
    total: int
    sha256: str


_NONE = _Entries(0, 0, lines_sha256(()))


def check_batches(_: Home, connection: Connection) -> Found:
    """Every batch balances, is what its leaf says, and every leaf of a batch has its batch."""
    bodies = log.bodies(connection)
    batches = ledger.batches(connection)
    weeks = sorted({(stored.batch.season, stored.batch.week) for stored in batches})
    entries = {leaf: found for week in weeks for leaf, found in _entries_of(connection, *week)}
    involved = _involved(connection, {stored.moves for stored in batches})
    for stored in batches:
        body = bodies.pop(stored.leaf_index, None)
        yield from _wrong_with_entries(stored, entries.get(stored.leaf_index, _NONE))
        inputs = {} if body is None else body.get("inputs", {})
        name = stored.batch.batch_id
        if body is None or body != leaf_body(stored.batch, inputs):
            yield name, f"its header is not what leaf {stored.leaf_index} of the log says"
        elif not says_moves(body):
            continue  # from before moves were numbered
        elif inputs.get("moves") != str(stored.moves):
            yield name, "it was decided with other moves of cases than it says"
        elif inputs.get("involved_sha256") != involved[stored.moves]:
            yield name, "those whom cases concerned are not those it was decided with"
    for index, body in bodies.items():
        if body.get("type") == "batch":
            yield f"leaf {index}", "the log has a batch that the ledger has not"


def _wrong_with_entries(stored: StoredBatch, entries: _Entries) -> Found:
    name = stored.batch.batch_id
    if entries.total != 0:
        yield name, f"its entries add up to {entries.total} micropoints, not to zero"
    if entries.count != stored.batch.entries:
        yield name, f"it has {entries.count} entries, its header says {stored.batch.entries}"
    if entries.sha256 != stored.batch.entries_sha256:
        yield name, "its entries do not hash to the digest in its header"


def _entries_of(connection: Connection, season: int, week: int) -> Iterator[tuple[int, _Entries]]:
    """Yield leaf and entries of every batch of one week of origin that has any."""
    entries = ledger.entries_of_week(connection, season, week)
    lines, first = entry_lines(entries), 0
    total = pl.col("micropoints").cast(pl.Int128).sum()  # exact: 2^63 entries would fit
    batches = entries.group_by("leaf_index", maintain_order=True).agg(pl.len(), total)
    for leaf, count, micropoints in batches.iter_rows():
        sha256 = lines_sha256(lines.slice(first, count))
        yield leaf, _Entries(count, int(micropoints), sha256)
        first += count


def _involved(connection: Connection, numbers: Iterable[int]) -> dict[int, str]:
    """Return the digest of whom cases concerned, by numbers of moves.

    From one number to the next only the cases that moved can differ, so they alone are read anew.
    """
    moves = sorted(load_moves(connection), key=attrgetter("number"))
    lines: dict[tuple[str, str], str] = {}
    of_case: dict[str, set[tuple[str, str]]] = {}
    digests: dict[int, str] = {}
    seen = 0
    for number in sorted(numbers):
        until = bisect_right(moves, number, key=attrgetter("number"))
        moved = sorted({move.case_id for move in moves[seen:until]})
        now = _lines_of(connection, number, moved)
        was = {place for case_id in moved for place in of_case.pop(case_id, ())}
        for place in now:
            of_case.setdefault(place[1], set()).add(place)
        lines.update(now)
        if was != now.keys():  # else every line has kept its place
            lines = {place: lines[place] for place in sorted(lines.keys() - (was - now.keys()))}
        digests[number], seen = lines_sha256(lines.values()), until
    return digests


def _lines_of(
    connection: Connection, number: int, case_ids: Sequence[str]
) -> dict[tuple[str, str], str]:
    """Return the lines of cases as of a number of moves, by owner and case."""
    involved = involved_owners(connection, moves=number, case_ids=case_ids)
    places = involved.select("owner_id", "case_id").iter_rows()
    return dict(zip(places, involved_lines(involved), strict=True))
