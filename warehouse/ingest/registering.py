"""What the registry knows of sources, and the one transaction that makes a group's rows exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime

import pyarrow as pa

from warehouse.connection import Connection, rows, transaction
from warehouse.home import Home
from warehouse.ingest.manifests import Manifest
from warehouse.ingest.sources import Source
from warehouse.ingest.streams import Fingerprint
from warehouse.ingest.summary import Tally
from warehouse.ingest.writing import Written, WrittenEvents
from warehouse.instants import to_stored
from warehouse.statements import statement


class BooksMoved(Exception):
    """A week closed while a source was being staged, so what is late has to be told anew."""


@dataclass(frozen=True)
class Known:
    """What is registered before a group of sources is taken up.

    Attributes:
        kinds: Kind under which the bytes of a SHA-256 were taken.
        files: For each kind, (day, path relative to the home) of its registered files.
        closed_until: End of the latest closed week, as stored; None before the first close.
    """

    kinds: Mapping[str, str]
    files: Mapping[str, tuple[tuple[date, str], ...]]
    closed_until: datetime | None


@dataclass(frozen=True)
class Finished:
    """A source that waits to be registered.

    Attributes:
        source: The source.
        seen: Its fingerprint.
        reason: Why it was refused; None where it was taken.
        tally: Its counts.
        events: Its event files, in place.
        rejects: The private file of its rejected rows, in place; None where there are none.
        manifest: What it declares; None where it is no manifest.
    """

    source: Source
    seen: Fingerprint
    reason: str | None = None
    tally: Tally = field(default_factory=Tally)
    events: tuple[WrittenEvents, ...] = ()
    rejects: Written | None = None
    manifest: Manifest | None = None


def load_known(connection: Connection) -> Known:
    """Return what is registered. Save for a close, it stays so while the ingest lock is held."""
    taken = rows(connection, "select source_sha256, kind from source_files where outcome = 'taken'")
    files: dict[str, list[tuple[date, str]]] = {}
    for kind, day, path in rows(connection, statement("ingest/files_by_kind")):
        files.setdefault(str(kind), []).append((day, str(path)))
    return Known(
        {str(sha256): str(kind) for sha256, kind in taken},
        {kind: tuple(found) for kind, found in files.items()},
        _closed_until(connection),
    )


def register(
    home: Home, group: Sequence[Finished], closed_until: datetime | None, now: datetime
) -> None:
    """Make the rows of a group of sources exist in one transaction, or none of them.

    A refusal is noted too, and the source may be offered again; a newer manifest of the same day
    and kind takes the place of the older.

    Args:
        home: The home.
        group: The sources, in the order in which they were taken up.
        closed_until: What their rows were told late by.
        now: When the rows are stored, aware.

    Raises:
        BooksMoved: A week closed since then; nothing was registered.
    """
    with transaction(home) as connection:
        if _closed_until(connection) != closed_until:
            raise BooksMoved
        _note_sources(connection, group, now)
        _note_events(connection, group, now)
        _note_manifests(connection, group, now)
        for each in group:
            if each.rejects is not None:
                connection.execute(
                    statement("ingest/register_rejects"),
                    {
                        "source": each.seen.sha256,
                        "file_name": each.source.name,
                        "kind": each.source.kind,
                        "rejects": str(home.root / each.rejects.path),
                        "now": to_stored(now),
                    },
                )


def _closed_until(connection: Connection) -> datetime | None:
    (end,) = rows(connection, statement("ingest/closed_until"))[0]
    return end if end is None or isinstance(end, datetime) else None


def _note_sources(connection: Connection, group: Sequence[Finished], now: datetime) -> None:
    """Note every source; of the same bytes, refused more than once, the last note stays."""
    noted = tuple({each.seen.sha256: each for each in group}.values())
    table = {
        "source_sha256": [each.seen.sha256 for each in noted],
        "file_name": [each.source.name for each in noted],
        "kind": [each.source.kind for each in noted],
        "bytes": [each.seen.size for each in noted],
        "outcome": ["taken" if each.reason is None else "refused" for each in noted],
        "reason": pa.array([each.reason for each in noted], pa.string()),
    }
    for count in fields(Tally):
        table[count.name] = [getattr(each.tally, count.name) for each in noted]
    _insert(connection, table, "ingest/register_sources", now)


def _note_events(connection: Connection, group: Sequence[Finished], now: datetime) -> None:
    written = [(each, file) for each in group for file in each.events]
    table = {
        "path": [file.file.path for _, file in written],
        "kind": [each.source.kind for each, _ in written],
        "source_sha256": [each.seen.sha256 for each, _ in written],
    }
    for name in ("day", "rows", "busts", "late", "first_ts", "last_ts", "sha256"):
        table[name] = [getattr(file, name) for _, file in written]
    _insert(connection, table, "ingest/register_events", now)


def _note_manifests(connection: Connection, group: Sequence[Finished], now: datetime) -> None:
    newest = {
        (each.manifest.day, declared.kind): declared
        for each in group
        if each.manifest is not None
        for declared in each.manifest.kinds
    }
    table = {
        "day": [day for day, _ in newest],
        "kind": [kind for _, kind in newest],
        "files": [declared.files for declared in newest.values()],
        "rows": [declared.rows for declared in newest.values()],
    }
    _insert(connection, table, "ingest/register_manifests", now)


def _insert(connection: Connection, table: Mapping[str, object], name: str, now: datetime) -> None:
    """Run an insert over the given columns as the relation `noted`, unless it has no rows."""
    noted = pa.table(dict(table))
    if noted.num_rows:
        connection.register("noted", noted)
        connection.execute(statement(name), {"now": to_stored(now)})
        connection.unregister("noted")
