"""Real processes killed for real: a file's rows are all there or none, and in the end all, once."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from warehouse.errors import WarehouseBusy
from warehouse.ingest.lock import ingest_lock

Fill = Callable[..., str]
ROWS, FILES = 500, 3

# For each pair of seconds on a line, ingests in a fork that an alarm kills at once, wherever it is,
# and tells how the fork ended. Everything is imported once, which takes longer than an ingest.
SCRIPT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.home import open_home
from warehouse.ingest import group, ingest_sources

print("ready", flush=True)
for line in sys.stdin:
    killed_after, group.SECONDS_MAX = map(float, line.split())
    process = os.fork()
    if process == 0:
        signal.setitimer(signal.ITIMER_REAL, killed_after)
        home, inbox = open_home(Path(sys.argv[1])), Path(sys.argv[2])
        ingest_sources(home, [inbox], now=datetime(2025, 4, 1, tzinfo=UTC), key=b"k")
        os._exit(0)
    print(os.waitpid(process, 0)[1], flush=True)
"""


class Ingests:
    """Starts ingests in a process of their own, and knows how each one ended."""

    def __init__(self, desk: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(desk.home.root), str(desk.inbox)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def start(self, killed_after: float = 0, group_seconds: float = 5) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{killed_after} {group_seconds}\n")
        self._process.stdin.flush()

    def end(self) -> None:
        self._process.communicate()


def stored_by_source(desk: Any) -> list[int]:
    return [
        count
        for (count,) in desk.query(
            'select sum("rows")::bigint from event_files group by source_sha256'
        )
    ]


@pytest.mark.parametrize("group_seconds", [0, 5])
def test_a_killed_ingest_leaves_whole_files_and_the_next_run_takes_up_the_rest(
    desk: Any, fills: Fill, fill: Fill, group_seconds: float
) -> None:
    for index in range(FILES):
        names = [f"F{index}-{number}" for number in range(ROWS)]
        desk.write(f"fills-{index}.csv", fills(*names, fill(f"B{index}", ts="broken")))
    ingests = Ingests(desk)
    assert ingests.wait() == "ready"
    killed_after, ended = 0.08, ""
    while ended != "0":  # later and later, so that every part is hit on a machine of any speed
        ingests.start(killed_after, group_seconds)
        ended = ingests.wait()
        assert ended in ("0", "14")  # by itself, or by the alarm
        assert all(count == ROWS for count in stored_by_source(desk))
        assert len(desk.stored("fills", "fill_id")) == ROWS * len(stored_by_source(desk))
        killed_after *= 1.4
    ingests.end()
    stored = [fill_id for (fill_id,) in desk.stored("fills", "fill_id")]
    assert len(stored) == len(set(stored)) == ROWS * FILES
    on_disk = {
        path.relative_to(desk.home.root).as_posix() for path in desk.home.events.rglob("*.parquet")
    }
    assert on_disk == {path for (path,) in desk.query("select path from event_files")}
    assert len(desk.quarantined()) == len(desk.texts()) == FILES


def test_two_ingests_at_once_store_every_row_once(desk: Any, fills: Fill) -> None:
    for index in range(FILES):
        desk.write(f"fills-{index}.csv", fills(*(f"F{index}-{n}" for n in range(ROWS))))
    both = [Ingests(desk), Ingests(desk)]
    assert [ingests.wait() for ingests in both] == ["ready", "ready"]
    for ingests in both:
        ingests.start()
    assert [ingests.wait() for ingests in both] == ["0", "0"]
    for ingests in both:
        ingests.end()
    assert len(desk.stored("fills", "fill_id")) == ROWS * FILES


def test_an_ingest_that_has_to_wait_too_long_says_so(desk: Any) -> None:
    with (
        ingest_lock(desk.home),
        pytest.raises(WarehouseBusy),
        ingest_lock(desk.home, wait_seconds=0.2),
    ):
        pass
