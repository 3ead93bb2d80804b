"""Real processes killed for real: a file's rows are all there or none, and in the end all, once."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from warehouse.errors import WarehouseBusy
from warehouse.ingest.lock import ingest_lock

Fill = Callable[..., str]
ROWS, FILES = 3_000, 3

SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.home import open_home
from warehouse.ingest import ingest_sources

now = datetime(2025, 4, 1, tzinfo=UTC)
ingest_sources(open_home(Path(sys.argv[1])), [Path(sys.argv[2])], now=now, key=b"k")
"""


def start(desk: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(desk.home.root), str(desk.inbox)])


def stored_by_source(desk: Any) -> list[int]:
    return [
        count
        for (count,) in desk.query(
            'select sum("rows")::bigint from event_files group by source_sha256'
        )
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_ingest_leaves_whole_files_and_the_next_run_takes_up_the_rest(
    desk: Any, fills: Fill, fill: Fill, seed: int
) -> None:
    for index in range(FILES):
        names = [f"F{index}-{number}" for number in range(ROWS)]
        desk.write(f"fills-{index}.csv", fills(*names, fill(f"B{index}", ts="broken")))
    chance = random.Random(seed)
    for _ in range(4):
        process = start(desk)
        time.sleep(chance.uniform(0.2, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert all(count == ROWS for count in stored_by_source(desk))
        assert len(desk.stored("fills", "fill_id")) == ROWS * len(stored_by_source(desk))
    assert start(desk).wait() == 0
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
    both = [start(desk), start(desk)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(desk.stored("fills", "fill_id")) == ROWS * FILES


def test_an_ingest_that_has_to_wait_too_long_says_so(desk: Any) -> None:
    with (
        ingest_lock(desk.home),
        pytest.raises(WarehouseBusy),
        ingest_lock(desk.home, wait_seconds=0.2),
    ):
        pass
