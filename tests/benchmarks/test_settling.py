"""The benchmark of enforcement: a tiny run reports, and its synthetic home is a true one."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.floors import held_floor, settle_floor
from benchmarks.holding import Watch
from jobs.keys import load_keys
from jobs.replay import replay
from jobs.settings import read_settings
from jobs.verify import verify
from warehouse import ledger
from warehouse.connection import warehouse
from warehouse.home import open_home

OWNERS, CASES = 1_000, 3


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the homes of a tiny run, and `report.json`."""
    folder = tmp_path_factory.mktemp("settling")
    sizes = ("--owners", str(OWNERS), "--cases", str(CASES), "--rounds", "1")
    places = ("--folder", folder, "--json", folder / "report.json")
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks.settling", *sizes, *places),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ynthetic" in done.stdout
    return folder


def homes(measured: Path) -> Path:
    return measured / f"{OWNERS}-{CASES}"


def test_a_tiny_run_reports_every_step(measured: Path) -> None:
    written = json.loads((measured / "report.json").read_text(encoding="utf-8"))
    assert written["synthetic"] is True
    assert [(line["step"], line["contender"]) for line in written["lines"]] == [
        *(("settle", by) for by in ("winnow", "floor")),
        ("settle --preview", "winnow"),
        *((step, by) for step in ("propose", "decide") for by in ("winnow", "floor")),
        *((step, "winnow") for step in ("answer", "points", "verify", "replay of the settlement")),
    ]
    watched = {line["step"] for line in written["lines"] if line["held_seconds"] is not None}
    assert watched == {"settle", "propose", "decide", "answer"}


@pytest.mark.parametrize("name", ["made", "decided", "answered", "settled"])
def test_the_synthetic_home_is_a_true_one(measured: Path, name: str) -> None:
    assert verify(open_home(homes(measured) / name)).findings == ()


def test_what_was_decided_in_bulk_is_what_deciding_would_have_written(measured: Path) -> None:
    home = open_home(homes(measured) / "settled")
    keys = load_keys(home, read_settings({}))
    with warehouse(home, read_only=True) as connection:
        batches = [one for one in ledger.batches(connection) if one.batch.kind != "issue"]
    kinds = {stored.batch.kind for stored in batches}
    assert kinds == {"seize", "release", "redistribute"}
    assert [wrong for one in batches if (wrong := replay(home, keys, one)) is not None] == []


def test_the_floor_finds_the_shares_that_settling_pays(measured: Path, tmp_path: Path) -> None:
    found = settle_floor(homes(measured) / "made" / "warehouse.duckdb", tmp_path / "shares.duckdb")
    with duckdb.connect(str(tmp_path / "shares.duckdb"), read_only=True) as connection:
        shares = connection.execute("from shares order by all").fetchall()
    with duckdb.connect(str(homes(measured) / "settled" / "warehouse.duckdb")) as connection:
        paid = connection.execute(
            "select week, account, micropoints from entries join batches using (batch_id) "
            "where kind = 'redistribute' and micropoints > 0 order by all"
        ).fetchall()
    assert found == len(shares) > OWNERS
    assert shares == paid


def test_the_floor_of_deciding_sees_every_line_that_is_held(measured: Path) -> None:
    home = open_home(homes(measured) / "made")
    with warehouse(home, read_only=True) as connection:
        held = ledger.balances(connection, under=("held:",))
    assert held_floor(home.warehouse) == held.height > 0


HOLD = """
import sys, time, duckdb
with duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading"):
    time.sleep(0.3)
"""


@pytest.mark.parametrize(("how", "is_held"), [("writing", True), ("reading", False)])
def test_a_file_is_held_while_another_process_writes(
    tmp_path: Path, how: str, is_held: bool
) -> None:
    path = tmp_path / "some.duckdb"
    duckdb.connect(str(path)).close()
    with Watch(path) as watch:
        subprocess.run((sys.executable, "-c", HOLD, str(path), how), check=True)
    assert (watch.longest_seconds > 0.2) is is_held
