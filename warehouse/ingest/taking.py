"""Takes source files into the home: one after the other, each wholly or not at all.

    1. Hash the source; the same bytes taken before change nothing.
    2. Stage its rows in a scratch engine: typed, each broken rule noted.
    3. Put pseudonyms in the place of addresses and devices.
    4. Take out what is there already.
    5. Write Parquet files, bring them to disk, rename them into place.
    6. Register them in one transaction, small sources together: from here on the rows exist.

A process that dies before 6 leaves files that nothing refers to; the next ingest sweeps them.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
from warehouse.ingest.group import Group
from warehouse.ingest.lock import ingest_lock
from warehouse.ingest.manifests import read_manifest
from warehouse.ingest.pseudonyms import pseudonymise
from warehouse.ingest.registering import BooksMoved, Finished, load_known, register
from warehouse.ingest.rules import NO_ADDRESS, Breach, StageQuery, stage_table
from warehouse.ingest.sources import Source, find_sources
from warehouse.ingest.streams import Fingerprint, check_unchanged, fingerprint, readable
from warehouse.ingest.summary import FileResult, IngestSummary, Tally
from warehouse.ingest.writing import put_in_place, write_events, write_rejects
from warehouse.schemas import KIND_BY_NAME, EventKind, Rule
from warehouse.statements import statement

Progress = Callable[[int, int, str], None]
Tick = Callable[[int], None]

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
    sizes = [source.size for source in sources]
    ticks = [
        _ticker(progress, sum(sizes[:place]), sum(sizes), source.name)
        for place, source in enumerate(sources)
    ]
    results: list[FileResult] = []
    with ingest_lock(home):
        while len(results) < len(sources):
            left = tuple(zip(sources, ticks, strict=True))[len(results) :]
            with suppress(BooksMoved):
                results += _take_group(_Job(home, key, now), left, first=not results)
    return IngestSummary((*results, *others))


def _ticker(progress: Progress | None, before: int, total: int, name: str) -> Tick:
    def tick(read: int) -> None:
        if progress is not None:
            progress(before + read, total, name)

    return tick


def _take_group(job: _Job, left: Sequence[tuple[Source, Tick]], *, first: bool) -> list[FileResult]:
    """Take as many sources as one transaction should register, and register them.

    Opening the warehouse and an engine costs more than a small source does, so they share both.

    Raises:
        BooksMoved: A week closed meanwhile; the group has to be taken anew.
    """
    with warehouse(job.home) as connection:
        if first:
            sweep(job.home, connection)
        known = load_known(connection)
    group = Group(known)
    with _work_folder(job.home) as folder, _engine(job.home) as connection:
        try:
            for source, tick in left:
                tick(0)
                _take(job, _Bench(connection, folder, group, tick), source)
                tick(source.size)
                if group.is_full:
                    break
        except Exception:
            # What is finished counts, or a source that always fails would hold it back for ever.
            with suppress(BooksMoved):
                _register(job, group)
            raise
    _register(job, group)
    return group.results


def _register(job: _Job, group: Group) -> None:
    if group.finished:
        register(job.home, group.finished, group.closed_until, job.now)


@dataclass(frozen=True)
class _Bench:
    """Where the sources of a group are worked on."""

    connection: Connection
    folder: Path
    group: Group
    tick: Tick


def _take(job: _Job, bench: _Bench, source: Source) -> None:
    """Take a source, or note why not; its rows are in place when it is added to the group."""
    name, kind = source.name, source.kind
    try:
        seen = fingerprint(source.path)
    except (OSError, SourceRefused) as error:
        reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        bench.group.add(FileResult(name, "refused", kind, reason))
        return
    before = bench.group.kind_of(seen.sha256)
    if before is not None:
        reason = f"the same bytes were taken before, as {before}; nothing changed"
        bench.group.add(FileResult(name, "known", kind, reason))
        return
    try:
        with readable(source.path):
            _take_new(job, _Work(source, seen, bench))
    except SourceRefused as error:
        result = FileResult(name, "refused", kind, str(error))
        bench.group.add(result, Finished(source, seen, str(error)))


def _take_new(job: _Job, work: "_Work") -> None:
    if work.source.format == "manifest":
        manifest = read_manifest(work.source.path)
        result = FileResult(work.source.name, "taken", work.source.kind)
        work.bench.group.add(result, Finished(work.source, work.seen, manifest=manifest))
        return
    if work.seen.size == 0:
        raise SourceRefused("the file is empty")
    _take_events(job, work, work.bench.connection)


@dataclass(frozen=True)
class _Work:
    """One source on its way."""

    source: Source
    seen: Fingerprint
    bench: _Bench

    @property
    def kind(self) -> EventKind:
        return KIND_BY_NAME[self.source.kind]

    @property
    def safe_path(self) -> str:
        """A link to the source whose name means nothing special to DuckDB, which may cache it."""
        link = self.bench.folder / f"{self.seen.sha256}.parquet"
        if not link.is_symlink():
            link.symlink_to(self.source.path.absolute())
        return str(link)


def _take_events(job: _Job, work: _Work, connection: Connection) -> None:
    group, folder = work.bench.group, work.bench.folder
    query = _stage(connection, work)
    _judge(connection, work.kind, query.breaches, job.key)
    days = {day for (day,) in rows(connection, "select distinct day from stage")}
    registered = [str(job.home.root / path) for path in group.files(work.source.kind, days)]
    duplicates = remove_repeats(connection, work.kind, registered)
    reasons = _explain(connection, work)
    events, private = write_events(connection, work.kind, work.seen.sha256[:32], folder)
    rejects = write_rejects(connection, work.seen.sha256, folder) if reasons else None
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
    result = FileResult(work.source.name, "taken", work.source.kind, tally=tally, reasons=reasons)
    finished = Finished(work.source, work.seen, tally=tally, events=events, rejects=rejects)
    group.add(result, finished)


def _stage(connection: Connection, work: _Work) -> StageQuery:
    connection.execute(stage_table(work.kind))
    connection.execute(
        "create or replace table rejects "
        '(line bigint, "column" varchar, reason varchar, text varchar)'
    )
    closed_until = work.bench.group.closed_until
    if work.source.format == "parquet":
        return parquet_files.stage_parquet(connection, work.kind, work.safe_path, closed_until)
    return text_files.stage_text(connection, work.kind, work.source, closed_until, work.bench.tick)


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
        "create or replace table breaches as select unnest($codes) as code, "
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
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = true")
        connection.execute(statement("ingest/rules"))
        yield connection
