"""Checks closed books against the log and against the registry."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jobs.issue import VOLUMES, close_sha256, exclusions_sha256, files_sha256, volumes_sha256
from warehouse import ledger, log
from warehouse.connection import Connection, frame, rows
from warehouse.events import Close, load_close
from warehouse.home import Home
from warehouse.ledger import StoredBatch
from warehouse.volumes import load_qualified_volumes, load_wash_shares

Found = Iterator[tuple[str, str]]

_WINDOW: Final = "select window_start, window_end from closes where season = $1 and week = $2"
_FILES: Final = "select path, sha256 from close_files where season = $1 and week = $2 order by path"
_EXCLUSIONS: Final = (
    "select owner_id, reason from exclusions where season = $season and week = $week "
    "order by owner_id"
)
_ORPHANS: Final = (
    "select distinct what, season, week from ("
    "select 'exclusions' as what, season, week from exclusions "
    "union all select 'volumes', season, week from wash_shares "
    "union all select 'volumes', season, week from qualified_volumes) "
    "anti join (select * from batches where kind = 'issue') using (season, week) order by all"
)


def check_books(_: Home, connection: Connection) -> Found:
    """Every issued week's close, files, exclusions and volumes are those that the log fixed."""
    bodies = log.bodies(connection)
    for stored in ledger.batches(connection):
        if stored.batch.kind != "issue":
            continue
        close = load_close(connection, stored.batch.season, stored.batch.week)
        inputs = bodies.get(stored.leaf_index, {}).get("inputs", {})
        if close is not None:  # that an issued week has none is found with its conservation
            yield from _wrong_with_books(connection, stored, close, inputs)
    for what, season, week in rows(connection, _ORPHANS):
        yield f"S{season}W{week:02d}", f"it has {what}, but it is not issued"


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
    volumes = [load(connection, *place) for load in (load_wash_shares, load_qualified_volumes)]
    if VOLUMES in inputs or not all(content.is_empty() for content in volumes):
        found[VOLUMES] = volumes_sha256(*volumes)
    name = stored.batch.batch_id
    for input_, digest in found.items():
        if inputs.get(input_) != digest:
            yield name, f"its {input_} is {digest}, the log says {inputs.get(input_)!r}"
    if files != [(file.path, file.sha256) for file in close.files]:
        yield name, "the registry has other files than its books closed with"
