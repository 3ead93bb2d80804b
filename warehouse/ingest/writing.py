"""Writes staged rows as Parquet files into staging, and puts them in place when all are done.

A file is whole and on disk before it is renamed into its folder, and it exists for the others only
once it is registered; so a process may die at any point.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from warehouse.connection import Connection, rows
from warehouse.home import Home
from warehouse.ingest.rules import order_list, stored_list
from warehouse.schemas import EventKind, Rule
from warehouse.statements import statement

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


@dataclass(frozen=True)
class Written:
    """One file in staging, and where it belongs.

    Attributes:
        staged: Where it lies now.
        path: Where it belongs, relative to the home, with forward slashes.
        private: Whether it is for the home's owner alone.
    """

    staged: Path
    path: str
    private: bool = False


@dataclass(frozen=True)
class WrittenEvents:
    """One event file in staging, as it will be registered.

    Attributes:
        file: The file.
        day: UTC day of every row.
        rows: Number of rows.
        busts: Number of rows that cancel a fill.
        late: Number of late rows: all or none.
        first_ts: Earliest instant, as stored.
        last_ts: Latest instant, as stored.
        digits_cut: Amounts that lost digits.
        sha256: Of the file's bytes.
    """

    file: Written
    day: date
    rows: int
    busts: int
    late: int
    first_ts: datetime
    last_ts: datetime
    digits_cut: int
    sha256: str


def write_events(
    connection: Connection, kind: EventKind, name: str, folder: Path
) -> tuple[tuple[WrittenEvents, ...], tuple[Written, ...]]:
    """Write what is staged, one file for each day and its late rows.

    The rows of a file lie in the order of their instant and key, so the same rows give the same
    bytes on any number of threads.

    Returns:
        The event files, and the private files beside them (logins alone have any).
    """
    bust = "busts" if any(column.name == "busts" for column in kind.columns) else "null"
    connection.execute(
        "create or replace temp view parts as select day, late, cuts, "
        f'"{kind.instant}" as moment, {bust} as bust from stage'
    )
    events, private = [], []
    hidden = _private_list(kind)
    for part in rows(connection, statement("ingest/parts")):
        day, late, count = part[0], part[1], part[2]
        place = f"day={day.isoformat()}/{name}-{int(late)}.parquet"
        target = folder / f"{kind.name}-{day.isoformat()}-{int(late)}.parquet"
        _copy_part(connection, kind, stored_list(kind), (day, late), target)
        file = Written(target, f"events/{kind.name}/{place}")
        first_ts, last_ts, busts, digits_cut = part[3:]
        late_rows = count if late else 0
        events.append(
            WrittenEvents(
                file, day, count, busts, late_rows, first_ts, last_ts, digits_cut, _sync(target)
            )
        )
        if hidden:
            target = folder / f"private-{day.isoformat()}-{int(late)}.parquet"
            _copy_part(connection, kind, hidden, (day, late), target)
            _sync(target)
            private.append(Written(target, f"private/{kind.name}/{place}", private=True))
    return tuple(events), tuple(private)


def write_rejects(connection: Connection, source_sha256: str, folder: Path) -> Written:
    """Write the rejected rows with their text to a private file."""
    target = folder / "rejects.parquet"
    connection.execute(
        'copy (select line, "column", reason, text from rejects order by line, reason) to $target '
        "(format parquet, compression zstd)",
        {"target": str(target)},
    )
    _sync(target)
    return Written(target, f"private/quarantine/{source_sha256}.parquet", private=True)


def put_in_place(home: Home, files: Iterable[Written]) -> None:
    """Rename staged files to where they belong, durably; nothing refers to them yet."""
    folders: set[Path] = set()
    for file in files:
        target = home.root / file.path
        _make_folders(target.parent, private=file.private)
        if file.private:
            file.staged.chmod(PRIVATE_FILE)
        file.staged.replace(target)
        folders.add(target.parent)
    for folder in folders:
        _sync_folder(folder)


def _private_list(kind: EventKind) -> str:
    """Key and private columns of a kind that has any, else ''."""
    raw = [c.name for c in kind.columns if c.rule in (Rule.IP, Rule.DEVICE, Rule.PRIVATE)]
    return ", ".join(f'"{name}"' for name in (*kind.key, *raw)) if raw else ""


def _copy_part(
    connection: Connection, kind: EventKind, columns: str, part: tuple[date, bool], target: Path
) -> None:
    connection.execute(
        f"copy (select {columns} from stage where day = $day and late = $late "
        f"order by {order_list(kind)}) to $target "
        # Level 1 writes in 0.8 of the time that level 3 takes.
        "(format parquet, compression zstd, compression_level 1)",
        {"day": part[0], "late": part[1], "target": str(target)},
    )


def _sync(path: Path) -> str:
    """Bring a file to disk and return the SHA-256 of its bytes."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_folders(folder: Path, *, private: bool) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_FOLDER if private else 0o777, exist_ok=True)
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
