"""What the registry knows of sources, and the one transaction that makes a source's rows exist."""

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from warehouse.connection import Connection, rows, transaction, warehouse
from warehouse.home import Home
from warehouse.ingest.manifests import Manifest
from warehouse.ingest.sources import Source
from warehouse.ingest.streams import Fingerprint
from warehouse.ingest.summary import MANIFEST, Tally
from warehouse.ingest.writing import Written, WrittenEvents
from warehouse.instants import to_stored
from warehouse.statements import statement


class BooksMoved(Exception):
    """A week closed while a source was being staged, so what is late has to be told anew."""


@dataclass(frozen=True)
class Known:
    """What the registry says before a source is staged.

    Attributes:
        kind: The kind under which the same bytes were taken before; None if they were not.
        closed_until: End of the latest closed week, as stored; None before the first close.
        files: (day, path relative to the home) of the registered files of the source's kind.
    """

    kind: str | None
    closed_until: datetime | None
    files: tuple[tuple[date, str], ...]


@dataclass(frozen=True)
class Taken:
    """A staged source, ready to be registered.

    Attributes:
        source: The source.
        seen: Its fingerprint.
        tally: Its counts.
        events: Its event files, in place.
        rejects: The private file of its rejected rows, in place; None where there are none.
        closed_until: What the rows were told late by.
    """

    source: Source
    seen: Fingerprint
    tally: Tally
    events: tuple[WrittenEvents, ...]
    rejects: Written | None
    closed_until: datetime | None


def look_up(home: Home, source: Source, seen: Fingerprint) -> Known:
    """Return what the registry knows of a source.

    The files of its kind stay as they are while the ingest lock is held.
    """
    with warehouse(home) as connection:
        taken = rows(
            connection,
            "select kind from source_files where source_sha256 = $1 and outcome = 'taken'",
            [seen.sha256],
        )
        files = rows(
            connection,
            "select day, path from event_files where kind = $1 order by path",
            [source.kind],
        )
        kind = str(taken[0][0]) if taken else None
        return Known(kind, _closed_until(connection), tuple((day, path) for day, path in files))


def register(home: Home, taken: Taken, now: datetime) -> None:
    """Make the rows of a source exist: its files, its quarantined rows and itself, or nothing.

    Raises:
        BooksMoved: A week closed since the source was looked up; nothing was registered.
    """
    with transaction(home) as connection:
        if _closed_until(connection) != taken.closed_until:
            raise BooksMoved
        _note_source(connection, taken.source, taken.seen, (None, taken.tally), now)
        if taken.events:
            _note_events(connection, taken, now)
        if taken.rejects is not None:
            connection.execute(
                statement("ingest/register_rejects"),
                {
                    "source": taken.seen.sha256,
                    "file_name": taken.source.name,
                    "kind": taken.source.kind,
                    "rejects": str(home.root / taken.rejects.path),
                    "now": to_stored(now),
                },
            )


def register_refusal(
    home: Home, source: Source, seen: Fingerprint, reason: str, now: datetime
) -> None:
    """Note that a source was offered and why it was not taken; it may be offered again."""
    with transaction(home) as connection:
        _note_source(connection, source, seen, (reason, Tally()), now)


def register_manifest(
    home: Home, source: Source, seen: Fingerprint, manifest: Manifest, now: datetime
) -> None:
    """Note what a manifest declares; a newer manifest of the same day and kind takes its place."""
    with transaction(home) as connection:
        _note_source(connection, source, seen, (None, Tally()), now)
        for declared in manifest.kinds:
            connection.execute(
                "insert or replace into manifests values ($1, $2, $3, $4, $5)",
                [manifest.day, declared.kind, declared.files, declared.rows, to_stored(now)],
            )


def _closed_until(connection: Connection) -> datetime | None:
    (end,) = rows(connection, statement("ingest/closed_until"))[0]
    return end if end is None or isinstance(end, datetime) else None


def _note_source(
    connection: Connection,
    source: Source,
    seen: Fingerprint,
    result: tuple[str | None, Tally],
    now: datetime,
) -> None:
    reason, tally = result
    connection.execute(
        "insert or replace into source_files values "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [
            seen.sha256,
            source.name,
            MANIFEST if source.format == "manifest" else source.kind,
            seen.size,
            "taken" if reason is None else "refused",
            reason,
            tally.accepted,
            tally.duplicate,
            tally.late,
            tally.quarantined,
            tally.digits_cut,
            to_stored(now),
        ],
    )


def _note_events(connection: Connection, taken: Taken, now: datetime) -> None:
    written = pa.table(
        {
            "path": [each.file.path for each in taken.events],
            "day": [each.day for each in taken.events],
            "rows": [each.rows for each in taken.events],
            "busts": [each.busts for each in taken.events],
            "late": [each.late for each in taken.events],
            "first_ts": [each.first_ts for each in taken.events],
            "last_ts": [each.last_ts for each in taken.events],
            "sha256": [each.sha256 for each in taken.events],
        }
    )
    connection.register("written", written)
    connection.execute(
        statement("ingest/register_events"),
        {"kind": taken.source.kind, "source": taken.seen.sha256, "now": to_stored(now)},
    )
    connection.unregister("written")
