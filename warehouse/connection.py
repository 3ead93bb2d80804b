"""The two ways to DuckDB: the warehouse file, held briefly, and a scratch engine in memory.

A process that holds a DuckDB file for writing locks out every other process, readers too. So the
warehouse is opened for short transactions only, with a bounded wait, and never while thinking;
heavy queries run over the registered Parquet files in a scratch engine, where nobody waits.
"""

import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse.errors import HomeError, WarehouseBusy
from warehouse.home import Home

Connection = duckdb.DuckDBPyConnection
Row = tuple[Any, ...]

WAIT_SECONDS = 60.0
_SPILL = "spill-"
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.25
_SCRATCH_MEGABYTES = 5_000
# A lock is another process; a file handle conflict is another thread of this one.
_HELD = re.compile("could not set lock|conflicting lock|file handle conflict", re.IGNORECASE)
_SAFE_SETTINGS = (
    "set TimeZone = 'UTC'",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
)


@dataclass(frozen=True)
class _Kept:
    """A warehouse that this process keeps open, and the thread that may use it."""

    engine: Connection
    thread: int


_KEPT: dict[Path, _Kept] = {}  # by the warehouse's file


@contextmanager
def warehouse(
    home: Home, *, read_only: bool = False, wait_seconds: float = WAIT_SECONDS
) -> Iterator[Connection]:
    """Open the warehouse file for a short while.

    Raises:
        HomeError: The file is damaged or may not be read.
        WarehouseBusy: Another process held it for longer than `wait_seconds`, or another thread of
            this one keeps it open.
    """
    kept = _kept_by_this_thread(home)
    connection = kept.cursor() if kept else _connect_patiently(home, read_only, wait_seconds)
    try:
        _apply(connection)
        if kept and read_only:
            connection.execute("begin transaction read only")
        yield connection
    finally:
        connection.close()


def _kept_by_this_thread(home: Home) -> Connection | None:
    """Return the engine that this thread keeps open; None where nobody in this process does."""
    kept = _KEPT.get(home.warehouse)
    if kept is None:
        return None
    if kept.thread != threading.get_ident():
        raise WarehouseBusy(
            f"another thread of this process keeps {str(home.warehouse)!r} open for itself; "
            "try again when its job is done"
        )
    return kept.engine


@contextmanager
def kept_open(home: Home) -> Iterator[None]:
    """Keep the warehouse open: what the block opens, over and over, shares one engine.

    To open the file, and to write it back when it is closed, takes longer than many a small job
    does in between, and a second thread takes longer to wake than it saves. For hundreds of them in
    a row, by one thread that has the home to itself: until the block ends all other processes are
    locked out, and other threads of this one are refused. What is opened read-only inside reads in
    a read-only transaction, and cannot write.

    Raises:
        HomeError: The file is damaged or may not be read.
        WarehouseBusy: Another process has held it for a minute, or this one keeps it open already.
    """
    _refuse_if_kept(home)
    with closing(_connect_patiently(home, read_only=False, wait_seconds=WAIT_SECONDS)) as engine:
        engine.execute("set threads = 1")
        _KEPT[home.warehouse] = _Kept(engine, threading.get_ident())
        try:
            yield
        finally:
            del _KEPT[home.warehouse]


def _refuse_if_kept(home: Home) -> None:
    if home.warehouse in _KEPT:
        raise WarehouseBusy(
            f"this process keeps {str(home.warehouse)!r} open, so it cannot be opened in another "
            "way; do it before or after"
        )


@contextmanager
def transaction(home: Home, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[Connection]:
    """Open the warehouse and run the block as one transaction: all of it is stored, or nothing.

    Raises:
        WarehouseBusy: Another process held it for longer than `wait_seconds`.
    """
    with warehouse(home, wait_seconds=wait_seconds) as connection:
        connection.begin()
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextmanager
def warehouse_attached(
    engine: Connection, home: Home, *, wait_seconds: float = WAIT_SECONDS
) -> Iterator[None]:
    """Attach the warehouse to another engine as `warehouse`, read-only, for a short while.

    Copying tables out this way is several times faster than through frames.

    Raises:
        WarehouseBusy: Another process held it for longer than `wait_seconds`, or this one keeps it
            open (`kept_open`), which is said at once.
    """
    _refuse_if_kept(home)
    path = str(home.warehouse).replace("'", "''")
    attach = f"attach '{path}' as warehouse (read_only)"
    _patiently(lambda: engine.execute(attach), home, wait_seconds)
    try:
        yield
    finally:
        engine.execute("detach warehouse")


@contextmanager
def scratch(home: Home | None = None, *, threads: int | None = None) -> Iterator[Connection]:
    """Open an in-memory engine for heavy queries; it spills into the home's staging folder.

    It takes up to five gigabytes, and no more than half of the machine's memory. The engine's own
    limit, four fifths, leaves too little for the frames that its results are made into.

    Raises:
        HomeError: The block read a file that is gone, or found no room to spill.
    """
    with _failures_of_files(), ExitStack() as stack:
        connection = stack.enter_context(closing(duckdb.connect(":memory:")))
        _apply(connection)
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set memory_limit = '{_scratch_megabytes()}MB'")
        if home is not None:
            spill = str(stack.enter_context(_spill_folder(home))).replace("'", "''")
            connection.execute(f"set temp_directory = '{spill}'")
        if threads is not None:
            connection.execute(f"set threads = {int(threads)}")
        yield connection


def rows(
    connection: Connection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None
) -> list[Row]:
    """Run one statement and return all of its rows.

    Always fetches everything: DuckDB 2.0 streams, and an open result blocks the next statement.
    """
    return connection.execute(sql, parameters).fetchall()


def frame(
    connection: Connection, sql: str, parameters: Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """Run one query and return its result as a Polars frame.

    HUGEINT arrives as Decimal(38, 0); cast it to Int128 before you calculate.
    """
    result: pl.DataFrame = connection.sql(sql, params=dict(parameters) if parameters else None).pl()
    return result


@contextmanager
def _failures_of_files() -> Iterator[None]:
    """Tell what the system refused DuckDB as a refusal; everything else it raises is a bug."""
    try:
        yield
    except duckdb.IOException as error:
        raise HomeError(f"a file cannot be used: {_reason(error)}") from error


def _reason(error: duckdb.Error) -> str:
    """Return DuckDB's reason, which names the file, without the query that follows it."""
    return str(error).partition("\n")[0].removeprefix("IO Error: ")


@contextmanager
def _spill_folder(home: Home) -> Iterator[Path]:
    """Make a folder for one engine, and sweep those of processes that were killed."""
    for leftover in home.staging.glob(f"{_SPILL}*"):
        if not _is_alive(int(leftover.name.split("-")[1])):
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_SPILL}{os.getpid()}-", dir=home.staging))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's: alive
        return True
    return True


def _connect_patiently(home: Home, read_only: bool, wait_seconds: float) -> Connection:
    return _patiently(
        lambda: duckdb.connect(str(home.warehouse), read_only=read_only), home, wait_seconds
    )


def _patiently(open_it: Callable[[], Connection], home: Home, wait_seconds: float) -> Connection:
    deadline = time.monotonic() + wait_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return open_it()
        except duckdb.ConnectionException:  # opened twice in one process, in two ways: a bug
            raise
        except duckdb.Error as error:
            if not _HELD.search(str(error)):
                raise HomeError(
                    f"the warehouse {str(home.warehouse)!r} cannot be opened; restore it from a "
                    f"backup ({_reason(error)})"
                ) from error
            if time.monotonic() >= deadline:
                raise WarehouseBusy(
                    f"another process has held {str(home.warehouse)!r} for {wait_seconds:g} s; "
                    "try again when its job is done"
                ) from error
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _scratch_megabytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(_SCRATCH_MEGABYTES, machine // 2_000_000)


def _apply(connection: Connection) -> None:
    for setting in _SAFE_SETTINGS:
        connection.execute(setting)
