"""Watches for how long a DuckDB file is held for writing, so that nobody else can open it.

DuckDB locks the file for as long as it is open. The kernel says whether somebody holds such a lock
without taking one, so that whoever is measured meets nobody. For Linux, whose `struct flock` it
knows.
"""

import fcntl
import os
import struct
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_FLOCK: Final = "hhqqi4x"  # kind, from where, start, length, process
_PAUSE_SECONDS: Final = 0.002


class Watch:
    """Looks at a file every other millisecond, as a context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.longest_seconds = 0.0
        """Longest time for which it was held without a gap."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        file = os.open(self._path, os.O_RDONLY)
        since: float | None = None
        while not self._ended.wait(_PAUSE_SECONDS):
            now = time.monotonic()
            if not _is_held(file):
                since = None
                continue
            since = now if since is None else since
            self.longest_seconds = max(self.longest_seconds, now - since)
        os.close(file)


def _is_held(file: int) -> bool:
    """Whether another process would keep a reader out."""
    asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    kind, *_ = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return bool(kind != fcntl.F_UNLCK)
