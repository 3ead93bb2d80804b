"""One ingest at a time: an operating system's lock that dies with its process."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from warehouse.errors import WarehouseBusy
from warehouse.home import Home

WAIT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.1


@contextmanager
def ingest_lock(home: Home, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the home's ingest lock.

    Unfinished files look like leftovers to a sweep, so whoever writes or sweeps event files holds
    it.

    Raises:
        WarehouseBusy: Another process held it for longer than `wait_seconds`.
    """
    home.staging.mkdir(mode=0o700, exist_ok=True)
    with (home.staging / "ingest.lock").open("w") as file:
        _lock_patiently(file, wait_seconds)
        yield


def _lock_patiently(file: IO[str], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise WarehouseBusy(
                    f"another ingest has been running for {wait_seconds:g} s; "
                    "try again when it is done"
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return
