"""Finished sources that wait to be registered together, bounded so that little is ever at stake."""

import time
from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from warehouse.ingest.registering import Finished, Known
from warehouse.ingest.summary import FileResult

BYTES_MAX: Final = 64 << 20  # of the sources; an engine that has seen more is given up
SOURCES_MAX: Final = 1_000
SECONDS_MAX: Final = 5.0  # how much work a killed process may lose


class Group:
    """What is registered already, and what will be with the next transaction.

    A group is registered whole or not at all, so a source may lean on one before it in the group
    as on a registered one: same bytes are known, and rows that are there are duplicates.

    Attributes:
        results: What became of each source that was taken up.
        finished: What of it has to be registered.
    """

    def __init__(self, known: Known) -> None:
        self.results: list[FileResult] = []
        self.finished: list[Finished] = []
        self._known = known
        self._began = time.monotonic()
        self._bytes = 0
        self._is_shaken = False  # a damaged Parquet file may leave the engine unusable

    @property
    def closed_until(self) -> datetime | None:
        """End of the latest closed week when the group began, as stored."""
        return self._known.closed_until

    @property
    def is_full(self) -> bool:
        """Whether it should be registered before another source is taken up."""
        return (
            self._bytes >= BYTES_MAX
            or self._is_shaken
            or len(self.finished) >= SOURCES_MAX
            or time.monotonic() - self._began >= SECONDS_MAX
        )

    def add(self, result: FileResult, finished: Finished | None = None) -> None:
        """Add what became of a source, and what of it has to be registered."""
        self.results.append(result)
        if finished is not None:
            self.finished.append(finished)
            self._bytes += finished.seen.size
            refused = finished.reason is not None
            self._is_shaken = refused and finished.source.format == "parquet"

    def kind_of(self, sha256: str) -> str | None:
        """Return the kind under which the same bytes were taken, or None."""
        waiting = (
            each.source.kind
            for each in self.finished
            if each.seen.sha256 == sha256 and each.reason is None
        )
        return self._known.kinds.get(sha256) or next(waiting, None)

    def files(self, kind: str, days: Collection[date]) -> list[str]:
        """Return the paths, relative to the home, of the event files of a kind on some days."""
        registered = self._known.files.get(kind, ())
        waiting = (
            (event.day, event.file.path)
            for each in self.finished
            if each.source.kind == kind
            for event in each.events
        )
        return [path for day, path in (*registered, *waiting) if day in days]
