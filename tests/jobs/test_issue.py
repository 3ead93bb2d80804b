"""A week is issued exactly, once, whoever asks, however often, and whatever is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from jobs.issue import decide, issue, load_inputs
from jobs.verify import verify
from warehouse import ledger
from warehouse.connection import rows, warehouse
from warehouse.errors import BooksIncomplete, FormulaError, HomeError, SeasonError
from warehouse.events import load_close
from warehouse.home import open_home

EMISSION = 10_000_000_000_000


def issue_in_a_process(home, label: str) -> subprocess.Popen:
    """Start `winnow issue` as a process of its own."""
    command = [sys.executable, "-m", "console", "--home", str(home.root), "issue", label, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def batches(home) -> list[str]:
    with warehouse(home, read_only=True) as connection:
        return [stored.batch.batch_id for stored in ledger.batches(connection)]


def test_a_week_issues_exactly_its_emission(season_home, season_keys, week):
    issued = issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    assert issued.issued_micropoints == EMISSION
    assert (issued.owners, issued.held_micropoints, issued.already) == (12, 0, False)
    with warehouse(season_home, read_only=True) as connection:
        entries = ledger.load_entries(connection, issued.batch)
    assert sum(entries["micropoints"].to_list()) == 0
    assert entries.filter(account="emission:S1W01")["micropoints"].to_list() == [-EMISSION]


def test_issuing_again_gives_the_batch_that_is_there(season_home, season_keys, week):
    first = issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    later = week("S1W01").issue_at + timedelta(days=20)
    second = issue(season_home, season_keys, week("S1W01"), later)
    assert second.already
    assert second.root == first.root
    assert batches(season_home) == ["S1W01/issue"]


def test_a_week_is_not_issued_before_its_instant(season_home, season_keys, week):
    early = week("S1W01").issue_at - timedelta(microseconds=1)
    with pytest.raises(SeasonError, match="is due at 2025-03-28 02:00 UTC"):
        issue(season_home, season_keys, week("S1W01"), early)
    assert batches(season_home) == []


def test_a_week_without_a_sealed_formula_is_refused_before_its_books_close(
    season_home, season_keys, week
):
    with pytest.raises(FormulaError, match="S1W03"):
        issue(season_home, season_keys, week("S1W03"), week("S1W03").issue_at)
    with warehouse(season_home, read_only=True) as connection:
        assert rows(connection, "from closes") == []


def test_the_books_refuse_to_close_over_a_gap_and_say_which_day(season_home, season_keys, week):
    with warehouse(season_home) as connection:
        connection.execute("delete from event_files where kind = 'fills' and day = '2025-03-23'")
    with pytest.raises(BooksIncomplete) as refusal:
        issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    assert len(refusal.value.missing) == 1
    assert "2025-03-23" in refusal.value.missing[0]
    accepted = issue(
        season_home,
        season_keys,
        week("S1W01"),
        week("S1W01").issue_at,
        accept_missing="the venue was closed",
    )
    assert accepted.issued_micropoints == EMISSION


def test_two_processes_at_once_issue_one_batch(season_home):
    both = [issue_in_a_process(season_home, "S1W01") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert batches(season_home) == ["S1W01/issue"]
    answers = [json.loads(output) for output, _ in outputs]
    assert sorted(answer.pop("already") for answer in answers) == [False, True]
    assert answers[0] == answers[1]
    assert verify(season_home).findings == ()


@pytest.fixture(scope="module")
def whole_run_seconds(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long one issue takes on this machine today, so that kills hit all of its parts."""
    root = tmp_path_factory.mktemp("timed")
    for name in ("home", "home.keys"):
        shutil.copytree(prepared / name, root / name, symlinks=True)
    started = time.perf_counter()
    process = issue_in_a_process(open_home(root / "home"), "S1W01")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return time.perf_counter() - started


@pytest.mark.parametrize("part", [0.5, 0.8, 0.94])
def test_killed_at_any_point_and_started_again_there_is_one_batch(
    season_home, whole_run_seconds, part
):
    process = issue_in_a_process(season_home, "S1W01")
    time.sleep(part * whole_run_seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    again = issue_in_a_process(season_home, "S1W01")
    output, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert json.loads(output)["issued_micropoints"] == EMISSION
    assert batches(season_home) == ["S1W01/issue"]
    assert verify(season_home).findings == ()


def test_what_is_rejected_leaves_every_byte_as_it_was(season_home, season_keys, week):
    before = (Path(season_home.warehouse)).read_bytes()
    with pytest.raises(SeasonError):
        issue(season_home, season_keys, week("S1W01"), week("S1W01").start)
    assert Path(season_home.warehouse).read_bytes() == before


def test_a_registered_file_that_is_gone_is_named(season_home, season_keys, week):
    (lost,) = (season_home.events / "fills" / "day=2025-03-22").iterdir()
    lost.unlink()
    name = str(lost.relative_to(season_home.root))
    with pytest.raises(HomeError, match=name):
        issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    assert batches(season_home) == []


def test_what_decides_a_week_shows_no_formula_and_no_pool_when_it_is_printed(
    season_home, season_keys, week
):
    issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    with warehouse(season_home, read_only=True) as connection:
        close = load_close(connection, 1, 1)
        inputs = load_inputs(connection, season_home, season_keys, close)
    shown = repr(inputs) + repr(decide(season_home, inputs))
    assert 'name="volume"' not in shown
    assert "'volume'" not in shown
    assert "share_bps" not in shown


def test_owners_in_open_cases_are_held(season_home, season_keys, week, open_case):
    open_case(season_home, "C-1", "trader-1")
    issued = issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    with warehouse(season_home, read_only=True) as connection:
        entries = ledger.load_entries(connection, issued.batch)
    held = entries.filter(pl.col("account").str.starts_with("held:"))
    # trader-1 is held whole, and what trader-0 earned by referring trader-1 with it.
    assert held["account"].to_list() == ["held:trader-0", "held:trader-1"]
    assert held["subject"].to_list() == ["trader-1", "trader-1"]
    assert issued.held_micropoints == sum(held["micropoints"].to_list())
    assert issued.issued_micropoints == EMISSION


def test_an_event_file_that_was_changed_since_it_was_registered_is_not_paid_for(
    season_home, season_keys, week
):
    (file,) = (season_home.events / "fills" / "day=2025-03-22").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    with pytest.raises(HomeError, match="is not the one that was registered"):
        issue(season_home, season_keys, week("S1W01"), week("S1W01").issue_at)
    assert batches(season_home) == []
