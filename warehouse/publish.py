"""Publishing: a finished, read-only DuckDB file for analysts, put in place atomically.

1. The small tables are copied out of the warehouse into memory: the only moment that holds it.
2. Tables and views are made from the copy (see `warehouse.editions`); views over events are bound
   to the registered Parquet files by absolute path.
3. The file is checkpointed, synced, made read-only and renamed to its edition; then the link
   `current.duckdb` is swapped. A reader keeps the edition that it has opened.

Editions have names of their own since DuckDB, within one process, answers a second connection to
the same path with the instance that it has open already.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from warehouse.connection import (
    WAIT_SECONDS,
    Connection,
    frame,
    rows,
    scratch,
    transaction,
    warehouse_attached,
)
from warehouse.editions import COPIED, SeasonFrames, add_inputs, create_views
from warehouse.errors import HomeError, WarehouseBusy
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.statements import statement

KEPT_EDITIONS: Final = 5
CURRENT: Final = "current.duckdb"
_FILE_NAME: Final = re.compile(r"winnow-(\d{6,})\.duckdb")
_PAUSE_SECONDS: Final = 0.05


@dataclass(frozen=True)
class Publication:
    """A published edition.

    Attributes:
        edition: Its number.
        path: Absolute path of its file.
        seconds: How long publishing took.
        held_seconds: For how much of that the warehouse was held.
    """

    edition: int
    path: Path
    seconds: float
    held_seconds: float


@dataclass(frozen=True)
class Draft:
    """An edition in the making.

    Attributes:
        engine: In memory; `house` is the copy of the warehouse, `edition` the file.
        home: Whose edition.
        edition: Its number.
        path: The unfinished file.
        taken_at: The clock when the warehouse was read.
        began: Monotonic seconds when the work began.
        held_seconds: How long the warehouse was held.
    """

    engine: Connection
    home: Home
    edition: int
    path: Path
    taken_at: datetime
    began: float
    held_seconds: float


@contextmanager
def drafted(home: Home, now: datetime) -> Iterator[Draft]:
    """Copy what is published out of the warehouse and begin a new edition.

    Raises:
        WarehouseBusy: A writer or another publisher took too long.
    """
    began = time.monotonic()
    with _one_publisher(home), scratch(home) as engine:
        held_seconds = _copy(engine, home)
        edition = _next_edition(engine, home)
        path = home.published / f".{_file_name(edition)}.unfinished"
        _sweep(home)
        quoted = str(path).replace("'", "''")
        engine.execute(f"attach '{quoted}' as edition")
        yield Draft(engine, home, edition, path, now, began, held_seconds)


def season_points(draft: Draft) -> pl.DataFrame:
    """Return each owner's points of every season, as they count in public.

    Returns:
        season, owner_id, micropoints: own, held, and in escrow until a case is final.
    """
    return frame(draft.engine, statement("publish/season_points"))


def write(draft: Draft, frames: SeasonFrames) -> None:
    """Make every table and view of the edition."""
    facts = {
        "edition": [draft.edition],
        "taken_at": [to_stored(draft.taken_at)],
        "home_id": [draft.home.home_id],
        "rehearsal": [draft.home.rehearsal],
    }
    add_inputs(draft.engine, frames, pl.DataFrame(facts))
    create_views(draft.engine, _registered_files(draft))


def put_in_place(draft: Draft) -> Publication:
    """Finish the file, give it its name, swap the link, and drop what is too old."""
    draft.engine.execute("use memory")
    draft.engine.execute("checkpoint edition")
    draft.engine.execute("detach edition")
    draft.path.chmod(0o444)
    _sync(draft.path)
    final = draft.home.published / _file_name(draft.edition)
    draft.path.replace(final)
    _sync(draft.home.published)
    _record(draft, final)
    _swap_link(draft.home, final.name)
    _prune(draft.home)
    return Publication(draft.edition, final, time.monotonic() - draft.began, draft.held_seconds)


def current_edition(home: Home) -> Path:
    """Return the file of the newest edition; open that, not the link.

    Raises:
        HomeError: Nothing has been published yet.
    """
    link = home.published / CURRENT
    try:
        return home.published / link.readlink()
    except FileNotFoundError as error:
        raise HomeError(
            f"nothing is published in {str(home.published)!r}; run: winnow publish"
        ) from error


def _copy(engine: Connection, home: Home) -> float:
    """Copy the warehouse's tables into `house`; return how long the warehouse was held."""
    engine.execute("attach ':memory:' as house")
    with warehouse_attached(engine, home):
        opened = time.monotonic()
        for table in COPIED:
            engine.execute(f"create table house.{table} as from warehouse.{table}")
    return time.monotonic() - opened


def _registered_files(draft: Draft) -> dict[str, tuple[Path, ...]]:
    found = rows(draft.engine, "select kind, path from house.event_files order by kind, path")
    by_kind: dict[str, list[Path]] = {}
    for kind, path in found:
        by_kind.setdefault(kind, []).append(draft.home.root / path)
    return {kind: tuple(paths) for kind, paths in by_kind.items()}


def _file_name(edition: int) -> str:
    return f"winnow-{edition:06d}.duckdb"


def _on_disk(home: Home) -> list[int]:
    """Return the numbers of the editions that are there, oldest first."""
    matches = (_FILE_NAME.fullmatch(path.name) for path in home.published.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def _next_edition(engine: Connection, home: Home) -> int:
    """Return a number that no edition has had, recorded or killed before it was."""
    recorded = rows(engine, "select coalesce(max(edition), 0) from house.publications")[0][0]
    return int(max([recorded, *_on_disk(home)])) + 1


@contextmanager
def _one_publisher(home: Home) -> Iterator[None]:
    """Let one process publish at a time; the kernel frees the lock of one that was killed."""
    deadline = time.monotonic() + WAIT_SECONDS
    with (home.published / ".lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise WarehouseBusy(
                        f"another process has been publishing for {WAIT_SECONDS:g} s; "
                        "its edition will do, or try again"
                    ) from error
            time.sleep(_PAUSE_SECONDS)
        yield


def _sweep(home: Home) -> None:
    """Remove what killed publishers left behind."""
    for leftover in home.published.glob(".*.unfinished*"):
        leftover.unlink()


def _record(draft: Draft, final: Path) -> None:
    with transaction(draft.home) as connection:
        connection.execute(
            "insert into publications values ($1, $2, $3)",
            [
                draft.edition,
                final.relative_to(draft.home.root).as_posix(),
                to_stored(draft.taken_at),
            ],
        )


def _swap_link(home: Home, target: str) -> None:
    fresh = home.published / f".{CURRENT}.unfinished"
    fresh.symlink_to(target)
    fresh.replace(home.published / CURRENT)
    _sync(home.published)


def _prune(home: Home) -> None:
    """Drop old editions; whoever has one open keeps it, since only its name goes."""
    for edition in _on_disk(home)[:-KEPT_EDITIONS]:
        (home.published / _file_name(edition)).unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
