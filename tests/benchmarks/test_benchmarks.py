"""The harness: a tiny run completes and reports; nothing here asserts a time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.floors import ingest_floor, ingest_keyed, issue_floor, issue_in_polars
from benchmarks.measuring import Run
from benchmarks.processes import CommandFailed, Cost, run
from benchmarks.reporting import Report, Sized, growth, lines
from benchmarks.source import write_source

GIB = 2**30


def test_a_tiny_run_reports_every_step(tmp_path: Path) -> None:
    folder, report = tmp_path / "data", tmp_path / "report.json"
    options = ("--fills", "3000", "--owners", "200", "--rounds", "1", "--season-accounts", "0")
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks", *options, "--folder", folder, "--json", report),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads(report.read_text(encoding="utf-8"))
    assert written["synthetic"] is True
    (size,) = written["sizes"]
    measured = [(line["step"], line["contender"]) for line in size["lines"]]
    assert measured == [
        *(("ingest", by) for by in ("winnow", "floor", "primary key")),
        *(("issue", by) for by in ("winnow", "floor", "polars")),
        *((step, "winnow") for step in ("publish", "verify", "verify --replay")),
        *((step, "winnow") for step in ("points", "leaderboard")),
    ]
    assert all(line["peak_bytes"] > 0 for line in size["lines"])
    assert "synthetic" in done.stdout


def test_floors_and_peers_read_both_sides_of_every_fill(tmp_path: Path) -> None:
    events = tmp_path / "events"
    write_source(tmp_path, 2_000, 200)
    (events / "fills").mkdir(parents=True)
    for path in tmp_path.glob("fills-*.parquet"):
        path.rename(events / "fills" / path.name)
    assert issue_floor(events) == issue_in_polars(events) == 4_000


def test_the_ingest_floor_and_its_peer_store_every_fill(tmp_path: Path) -> None:
    write_source(tmp_path, 2_000, 200)
    assert ingest_floor(tmp_path, tmp_path / "floor.duckdb") == 2_000
    assert ingest_keyed(tmp_path, tmp_path / "keyed.duckdb") == 2_000


# A process starts with the resident set of the one that forked it on its account: the harness has
# to be small, and pytest is not.
WEIGHED = """
import sys
from benchmarks.processes import run
small = run((sys.executable, "-c", "pass"))
large = run((sys.executable, "-c", "bytearray(b'x') * 100_000_000; sum(range(1_000_000))"))
assert large.peak_bytes - small.peak_bytes > 80_000_000, (large, small)
assert large.cpu_seconds > small.cpu_seconds, (large, small)
"""


def test_a_process_is_charged_for_its_own_memory_and_work() -> None:
    subprocess.run((sys.executable, "-c", WEIGHED), check=True)


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(CommandFailed, match="ended with 3"):
        run((sys.executable, "-c", "raise SystemExit(3)"))


def _run(contender: str, number: int, wall: float) -> Run:
    return Run("ingest", contender, number, 0.5, Cost(wall, 2 * wall, GIB))


def test_ratios_are_taken_within_a_round_and_not_of_medians() -> None:
    runs = [
        *(_run("winnow", number, wall) for number, wall in enumerate((2.0, 40.0, 6.0))),
        *(_run("floor", number, wall) for number, wall in enumerate((1.0, 10.0, 4.0))),
    ]
    winnow, floor = lines(runs)
    assert (winnow.wall_seconds, winnow.winnow_wall) == (6.0, None)
    assert floor.wall_seconds == 4.0
    assert str(floor.winnow_wall) == "1.50–2.00–4.00"


def test_growth_compares_the_largest_size_with_the_smallest() -> None:
    sizes = tuple(
        Sized(fills, 10, 1, (_run("winnow", 0, wall),)) for fills, wall in ((100, 2.0), (1_000, 9))
    )
    report = Report("2025-03-21T00:00:00+00:00", 2, GIB, sizes, 0, ())
    (grown,) = growth(report)
    assert (grown.fills, grown.wall, grown.cpu, grown.peak) == (10, 4.5, 4.5, 1)
