"""Takes event files into the home."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from warehouse.home import Home
from warehouse.ingest import IngestSummary, ingest_sources


def ingest(
    home: Home,
    key: bytes,
    paths: Iterable[Path],
    now: datetime,
    progress: Callable[[int, int, str], None] | None = None,
) -> IngestSummary:
    """Take event files and manifests into the home; a file that was taken before changes nothing.

    Args:
        home: The home.
        key: The home's secret key for addresses and devices.
        paths: Files and folders.
        now: When the rows are stored, aware.
        progress: Called with (bytes done, bytes in all, name of the file).

    Returns:
        What became of every file and row.

    Raises:
        WarehouseBusy: Another ingest, or another job, held the home for too long.
    """
    return ingest_sources(home, paths, now=now, key=key, progress=progress)
