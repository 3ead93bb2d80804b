"""The registry of event files and the books: which files a week covers, and what is missing."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from warehouse.connection import Connection, Row, rows
from warehouse.errors import BooksIncomplete, HomeError, SeasonError
from warehouse.home import Home
from warehouse.instants import from_stored, to_stored
from warehouse.records import EventFile, Week
from warehouse.statements import statement

_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Close:
    """The books of one week: what its issue reads, and any replay of it.

    Attributes:
        season: Season number.
        number: Week number.
        closed_at: When the books closed.
        files: The registered files that they cover, in order of their path.
        season_terms: Canonical JSON of the season's terms in force.
        accepted_missing: The operator's reason where they closed over a gap, else None.
        missing: One sentence for each gap that was accepted.
    """

    season: int
    number: int
    closed_at: datetime
    files: tuple[EventFile, ...]
    season_terms: str
    accepted_missing: str | None
    missing: tuple[str, ...]


def registered_files(
    connection: Connection,
    kind: str,
    *,
    from_day: date | None = None,
    before_day: date | None = None,
) -> tuple[EventFile, ...]:
    """Return the registered files of a kind with from_day <= day < before_day, by path."""
    found = rows(
        connection,
        statement("ingest/registered"),
        {"kind": kind, "from_day": from_day, "before_day": before_day},
    )
    return _event_files(found)


def store_close(
    connection: Connection,
    week: Week,
    *,
    now: datetime,
    season_terms: str,
    required: Sequence[str],
    accept_missing: str | None,
) -> Close:
    """Close the books of a week, once; a second call returns the stored close unchanged.

    Args:
        connection: The warehouse, in a transaction.
        week: The week.
        now: When the books close.
        season_terms: Canonical JSON of the season's terms in force.
        required: Kinds that need a manifest from the feed for every day of the window.
        accept_missing: The operator's reason to close over a gap, else None.

    Raises:
        BooksIncomplete: A day of the window has no fills, or a declared (kind, day) has no
            manifest or fewer registered rows than declared, and no reason was given.
        SeasonError: The issue instant has not come, or the window does not fit those of the weeks
            that are closed already.
    """
    stored = load_close(connection, week.season, week.number)
    if stored is not None:
        return stored
    if now < week.issue_at:
        raise SeasonError(
            f"the books of {week.label!r} close at {week.issue_at!s} or later, not at {now!s}"
        )
    _check_window(connection, week)
    missing = find_missing(connection, week, required)
    if missing and not accept_missing:
        raise BooksIncomplete(week.label, missing)
    close = Close(
        week.season,
        week.number,
        now,
        covered_files(connection, week),
        season_terms,
        accept_missing if missing else None,
        missing,
    )
    _store(connection, week, close)
    return close


def _check_window(connection: Connection, week: Week) -> None:
    """Check that no instant is paid for twice, and none between two weeks never.

    Windows come from the season file, and a closed week keeps its own when the file changes.
    """
    found = rows(
        connection,
        statement("ingest/misfits"),
        {
            "season": week.season,
            "week": week.number,
            "window_start": to_stored(week.start),
            "window_end": to_stored(week.end),
        },
    )
    if found:
        season, number, start, end = found[0]
        raise SeasonError(
            f"the window of {week.label!r}, {to_stored(week.start)!s} to {to_stored(week.end)!s} "
            f"UTC, does not fit that of 'S{season}W{number:02d}', which closed as {start!s} to "
            f"{end!s} UTC; undo the change of the season file"
        )


def load_close(connection: Connection, season: int, week: int) -> Close | None:
    """Return the stored close of a week, or None."""
    found = rows(
        connection,
        "select closed_at, season_terms, accepted_missing, missing from closes "
        "where season = $1 and week = $2",
        [season, week],
    )
    if not found:
        return None
    closed_at, season_terms, accepted, missing = found[0]
    files = rows(connection, statement("ingest/close_files"), {"season": season, "week": week})
    return Close(
        season,
        week,
        from_stored(closed_at),
        _event_files(files),
        str(season_terms),
        accepted,
        tuple(missing),
    )


def find_missing(connection: Connection, week: Week, required: Sequence[str]) -> tuple[str, ...]:
    """Return one sentence for each gap in the books of a week, in order of day and kind."""
    days = list(_days(week))
    found = rows(
        connection, statement("ingest/missing"), {"days": days, "required": sorted(set(required))}
    )
    return tuple(_gap(*row) for row in found)


def check_unchanged(home: Home, files: Iterable[EventFile]) -> None:
    """Check that event files are, to the byte, the ones that were registered.

    Raises:
        HomeError: One is missing or was changed since; names it.
    """
    for file in files:
        try:
            with (home.root / file.path).open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise HomeError(
                f"the event file {file.path!r} cannot be read ({error.strerror}); "
                "restore it from a backup"
            ) from error
        if digest != file.sha256:
            raise HomeError(
                f"the event file {file.path!r} is not the one that was registered; "
                "restore it from a backup"
            )


def sweep(home: Home, connection: Connection) -> int:
    """Delete event files that are not registered, and unfinished work; return how many files.

    The caller holds the ingest lock, since the files of an ingest that is under way look the same.
    """
    known = {str(path) for (path,) in rows(connection, "select path from event_files")}
    taken = {str(digest) for (digest,) in rows(connection, statement("ingest/quarantined_sources"))}
    leftovers = [
        *_unknown(home, home.events, known),
        *_unknown(home, home.private / "logins", {_private_path(path) for path in known}),
        *(path for path in _parquet(home.private / "quarantine") if path.stem not in taken),
    ]
    for path in leftovers:
        path.unlink()
    shutil.rmtree(home.staging / "ingest", ignore_errors=True)
    return len(leftovers)


def _days(week: Week) -> Iterator[date]:
    day, last = week.start.date(), (week.end - _TICK).date()
    while day <= last:
        yield day
        day += _DAY


def _gap(day: date, kind: str, declared: int | None, registered: int, needs_manifest: bool) -> str:
    if not needs_manifest:
        return f"no {kind} on {day}"
    if declared is None:
        return f"no manifest for {kind} on {day}"
    return f"{registered} of {declared} declared {kind} on {day}"


def covered_files(connection: Connection, week: Week) -> tuple[EventFile, ...]:
    """Return the registered files that a close of the week would cover now, by path."""
    last = (week.end - _TICK).date()
    parameters = {"first_day": week.start.date(), "last_day": last}
    return _event_files(rows(connection, statement("ingest/covered"), parameters))


def _store(connection: Connection, week: Week, close: Close) -> None:
    connection.execute(
        "insert into closes by name select $season as season, $week as week, "
        "$window_start as window_start, $window_end as window_end, $closed_at as closed_at, "
        "$accepted as accepted_missing, $missing as missing, $terms as season_terms",
        {
            "season": week.season,
            "week": week.number,
            "window_start": to_stored(week.start),
            "window_end": to_stored(week.end),
            "closed_at": to_stored(close.closed_at),
            "accepted": close.accepted_missing,
            "missing": list(close.missing),
            "terms": close.season_terms,
        },
    )
    connection.execute(
        "insert into close_files select $season, $week, path, sha256 from event_files "
        "where list_contains($paths, path) order by path",
        {
            "season": week.season,
            "week": week.number,
            "paths": [file.path for file in close.files],
        },
    )


def _event_files(found: Iterable[Row]) -> tuple[EventFile, ...]:
    return tuple(
        EventFile(path, kind, day, count, busts, sha256, from_stored(stored_at))
        for path, kind, day, count, busts, sha256, stored_at in found
    )


def _private_path(path: str) -> str:
    return path.replace("events/", "private/", 1)


def _unknown(home: Home, folder: Path, known: set[str]) -> Iterator[Path]:
    return (
        path for path in _parquet(folder) if path.relative_to(home.root).as_posix() not in known
    )


def _parquet(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))
