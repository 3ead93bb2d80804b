"""Takes source files into the home: one after the other, each wholly or not at all.

    1. Hash the source; the same bytes taken before change nothing.
    2. Stage its rows in a scratch engine: typed, each broken rule noted.
    3. Put pseudonyms in the place of addresses and devices.
    4. Take out what is there already.
    5. Write Parquet files, bring them to disk, rename them into place.
    6. Register them in one transaction: from here on the rows exist.

A process that dies before 6 leaves files that nothing refers to; the next ingest sweeps them.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from warehouse.connection import Connection, rows, scratch, warehouse
from warehouse.errors import SourceRefused
from warehouse.events import sweep
from warehouse.home import Home
from warehouse.ingest import parquet_files, text_files
from warehouse.ingest.duplicates import remove_repeats
from warehouse.ingest.lock import ingest_lock
from warehouse.ingest.manifests import read_manifest
from warehouse.ingest.pseudonyms import pseudonymise
from warehouse.ingest.registering import (
    BooksMoved,
    Known,
    Taken,
    look_up,
    register,
    register_manifest,
    register_refusal,
)
from warehouse.ingest.rules import NO_ADDRESS, Breach, StageQuery, stage_table
from warehouse.ingest.sources import Source, find_sources
from warehouse.ingest.streams import Fingerprint, check_unchanged, fingerprint
from warehouse.ingest.summary import FileResult, IngestSummary, Tally
from warehouse.ingest.writing import put_in_place, write_events, write_rejects
from warehouse.schemas import KIND_BY_NAME, EventKind, Rule
from warehouse.statements import statement

Progress = Callable[[int, int, str], None]

MEMORY_LIMIT: Final = "2500MB"  # of the scratch engine; Python and Arrow need some more


@dataclass(frozen=True)
class _Job:
    """What stays the same for all sources of one ingest."""

    home: Home
    key: bytes
    now: datetime


def ingest_sources(
    home: Home,
    paths: Iterable[Path],
    *,
    now: datetime,
    key: bytes,
    progress: Progress | None = None,
) -> IngestSummary:
    """Take event files and manifests into the home.

    Args:
        home: The home; its warehouse must be migrated.
        paths: Files and folders; folders are searched through.
        now: When the rows are stored, aware.
        key: The home's key for identifiers, secret.
        progress: Called with (bytes done, bytes in all, name of the file).

    Returns:
        What became of every file and row. A source that is refused does not stop the others.

    Raises:
        WarehouseBusy: Another ingest, or another job, held the home for too long.
    """
    sources, others = find_sources(paths)
    sizes = [source.path.stat().st_size for source in sources]
    job = _Job(home, key, now)
    results: list[FileResult] = []
    with ingest_lock(home):
        with warehouse(home) as connection:
            sweep(home, connection)
        for place, source in enumerate(sources):
            tick = _ticker(progress, sum(sizes[:place]), sum(sizes), source.name)
            results.append(_take(job, source, tick))
            tick(sizes[place])
    return IngestSummary((*results, *others))


def _ticker(progress: Progress | None, before: int, total: int, name: str) -> Callable[[int], None]:
    def tick(read: int) -> None:
        if progress is not None:
            progress(before + read, total, name)

    tick(0)
    return tick


def _take(job: _Job, source: Source, tick: Callable[[int], None]) -> FileResult:
    try:
        seen = fingerprint(source.path)
    except OSError as error:
        return FileResult(source.name, "refused", source.kind, f"cannot be read: {error.strerror}")
    try:
        while True:
            known = look_up(job.home, source, seen)
            if known.kind is not None:
                reason = f"the same bytes were taken before, as {known.kind}; nothing changed"
                return FileResult(source.name, "known", source.kind, reason)
            try:
                return _take_new(job, source, seen, known, tick)
            except BooksMoved:
                continue
    except SourceRefused as error:
        register_refusal(job.home, source, seen, str(error), job.now)
        return FileResult(source.name, "refused", source.kind, str(error))


def _take_new(
    job: _Job, source: Source, seen: Fingerprint, known: Known, tick: Callable[[int], None]
) -> FileResult:
    if source.format == "manifest":
        manifest = read_manifest(source.path)
        register_manifest(job.home, source, seen, manifest, job.now)
        return FileResult(source.name, "taken", source.kind)
    if seen.size == 0:
        raise SourceRefused("the file is empty")
    with _work_folder(job.home) as folder, _engine(job.home) as connection:
        return _take_events(job, _Work(source, seen, known, folder, tick), connection)


@dataclass(frozen=True)
class _Work:
    """One source on its way."""

    source: Source
    seen: Fingerprint
    known: Known
    folder: Path
    tick: Callable[[int], None]

    @property
    def kind(self) -> EventKind:
        return KIND_BY_NAME[self.source.kind]

    @property
    def safe_path(self) -> str:
        """A link to the source whose name means nothing special to DuckDB."""
        link = self.folder / "source.parquet"
        if not link.is_symlink():
            link.symlink_to(self.source.path.absolute())
        return str(link)


def _take_events(job: _Job, work: _Work, connection: Connection) -> FileResult:
    query = _stage(connection, work)
    _judge(connection, work.kind, query.breaches, job.key)
    days = {day for (day,) in rows(connection, "select distinct day from stage")}
    registered = [str(job.home.root / path) for day, path in work.known.files if day in days]
    duplicates = remove_repeats(connection, work.kind, registered)
    reasons = _explain(connection, work)
    events, private = write_events(connection, work.kind, work.seen.sha256[:16], work.folder)
    rejects = write_rejects(connection, work.seen.sha256, work.folder) if reasons else None
    check_unchanged(work.source.path, work.seen)
    tally = Tally(
        accepted=sum(each.rows for each in events),
        duplicate=duplicates,
        late=sum(each.late for each in events),
        quarantined=sum(count for _, count in reasons),
        digits_cut=sum(each.digits_cut for each in events),
    )
    files = (*(each.file for each in events), *private, *((rejects,) if rejects else ()))
    put_in_place(job.home, files)
    taken = Taken(work.source, work.seen, tally, events, rejects, work.known.closed_until)
    register(job.home, taken, job.now)
    name, kind = work.source.name, work.source.kind
    return FileResult(name, "taken", kind, tally=tally, reasons=reasons)


def _stage(connection: Connection, work: _Work) -> StageQuery:
    connection.execute(statement("ingest/rules"))
    connection.execute(stage_table(work.kind))
    connection.execute(
        'create table rejects (line bigint, "column" varchar, reason varchar, text varchar)'
    )
    closed_until = work.known.closed_until
    if work.source.format == "parquet":
        return parquet_files.stage_parquet(connection, work.kind, work.safe_path, closed_until)
    return text_files.stage_text(connection, work.kind, work.source, closed_until, work.tick)


def _judge(
    connection: Connection, kind: EventKind, breaches: tuple[Breach, ...], key: bytes
) -> None:
    """Hide what is private, and move the rows that broke a rule to `rejects`."""
    if any(column.rule is Rule.IP for column in kind.columns):
        code = next((c for c, b in enumerate(breaches, 1) if b.reason == NO_ADDRESS), 0)
        pseudonymise(connection, key, code)
    if not rows(connection, "select 1 from stage where broken is not null limit 1"):
        return
    connection.execute(
        "create table breaches as select unnest($codes) as code, "
        'unnest($columns::varchar[]) as "column", unnest($reasons) as reason',
        {
            "codes": list(range(1, len(breaches) + 1)),
            "columns": [breach.column for breach in breaches],
            "reasons": [breach.reason for breach in breaches],
        },
    )
    connection.execute(statement("ingest/reject_broken"))
    connection.execute("delete from stage where broken is not null")


def _explain(connection: Connection, work: _Work) -> tuple[tuple[str, int], ...]:
    """Fetch the text of the rejected rows and count the reasons."""
    if rows(connection, "select 1 from rejects where text is null limit 1"):
        if work.source.format == "parquet":
            parquet_files.fetch_texts(connection, work.safe_path)
        else:
            text_files.fetch_texts(connection, work.source)
    counted = rows(connection, statement("ingest/reasons"))
    return tuple((str(reason), int(count)) for reason, count in counted)


@contextmanager
def _work_folder(home: Home) -> Iterator[Path]:
    folder = home.staging / "ingest"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _engine(home: Home) -> Iterator[Connection]:
    with scratch(home) as connection:
        spill = str(home.staging / "ingest" / "spill").replace("'", "''")
        connection.execute(f"set temp_directory = '{spill}'")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = true")
        yield connection
