"""The runner does what is due once, in order, and stops when it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.initialise import initialise, preset_text
from jobs.logs import make_logger
from jobs.runner import End, Runner, Task, look, reconcile, run_lock, run_once
from jobs.schedule import Job
from jobs.settings import Settings
from seasons.calendar import BACKPACK
from warehouse.connection import transaction, warehouse
from warehouse.errors import BooksIncomplete, HomeError
from warehouse.home import Home
from warehouse.runs import Claimant, RunKey, claim, load_runs

WEEKS = BACKPACK[0].all_weeks()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    now = datetime(2025, 3, 20, tzinfo=UTC)
    text = preset_text("backpack", 1)
    return initialise(tmp_path / "home", Settings(), text, rehearsal=True, now=now).home


class Diary:
    """Jobs that write down that they were called; `refuse` names those that don't succeed."""

    def __init__(self, refuse: dict[str, Exception] | None = None) -> None:
        self.done: list[str] = []
        self.refuse = refuse or {}

    def work(self, task: Task) -> str:
        entry = f"{task.run.job} {task.run.period}" if task.run.week else str(task.run.job)
        if entry in self.refuse:
            raise self.refuse[entry]
        self.done.append(entry)
        return "written down"


def runner(home: Home, diary: Diary, now: datetime) -> Runner:
    work = dict.fromkeys(Job, diary.work)
    return Runner(home, work, lambda: now, make_logger("error"), Claimant("here", "me"))


def test_a_round_does_what_is_due_in_order_and_a_second_round_nothing(home: Home) -> None:
    diary = Diary()
    now = WEEKS[2].issue_at
    attempts = reconcile(runner(home, diary, now))
    assert diary.done == [
        "detect S1W01",
        "issue S1W01",
        "detect S1W02",
        "issue S1W02",
        "detect S1W03",
        "issue S1W03",
        "publish",
    ]
    assert {attempt.end for attempt in attempts} == {End.DONE}
    assert reconcile(runner(home, diary, now)) == ()


def test_a_week_whose_books_are_incomplete_stays_due_and_the_later_ones_wait(home: Home) -> None:
    gap = BooksIncomplete("S1W01", ["no fills on 2025-03-22"])
    diary = Diary({"issue S1W01": gap})
    now = WEEKS[2].issue_at
    reconcile(runner(home, diary, now))
    assert diary.done == ["detect S1W01", "publish"]
    with warehouse(home, read_only=True) as connection:
        told = {run.period: run.outcome for run in load_runs(connection) if run.state == "failed"}
    assert "no fills on 2025-03-22" in str(told["S1W01"])

    diary.refuse.clear()
    reconcile(runner(home, diary, now))
    assert diary.done[2:] == [
        "issue S1W01",
        "detect S1W02",
        "issue S1W02",
        "detect S1W03",
        "issue S1W03",
        "publish",
    ]


def test_a_bug_in_one_job_is_recorded_by_its_place_and_stops_no_other_job(home: Home) -> None:
    diary = Diary({"detect S1W01": ValueError("the row of 198.51.100.7")})
    attempts = reconcile(runner(home, diary, WEEKS[0].issue_at))
    assert diary.done == ["publish"]
    assert attempts[0].end is End.FAILED
    assert attempts[0].outcome.startswith("ValueError at test_runner.py:")
    assert "198" not in attempts[0].outcome


def test_a_run_that_another_process_has_claimed_is_left_to_it_and_its_weeks_wait(
    home: Home,
) -> None:
    now = WEEKS[1].issue_at
    with transaction(home) as connection:
        run = RunKey("detect", "S1W01")
        claim(connection, run, Claimant("there", "1"), now=now, until=now + timedelta(hours=1))
    diary = Diary()
    attempts = reconcile(runner(home, diary, now))
    assert attempts[0].end is End.TAKEN
    assert diary.done == ["publish"]


def test_what_a_dead_process_of_this_machine_had_claimed_is_taken_up_at_once(home: Home) -> None:
    now = WEEKS[0].issue_at
    with transaction(home) as connection:
        run = RunKey("issue", "S1W01")
        claim(connection, run, Claimant("here", "dead"), now=now, until=now + timedelta(hours=1))
    diary = Diary()
    run_once(runner(home, diary, now))
    assert diary.done == ["detect S1W01", "issue S1W01", "publish"]


def test_a_settled_file_in_the_inbox_makes_an_ingest_due(home: Home) -> None:
    path = home.inbox / "fills-2025-03-21.csv"
    path.write_text("x")
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))
    runs = look(home, WEEKS[0].start).due
    assert [run.job for run in runs] == [Job.INGEST, Job.PUBLISH]


def test_a_second_runner_on_one_home_is_refused(home: Home) -> None:
    with run_lock(home), pytest.raises(HomeError, match="one is enough"):
        run_once(runner(home, Diary(), WEEKS[0].issue_at))


def test_a_broken_season_file_is_told_and_touches_nothing(home: Home) -> None:
    (home.seasons / "S1.toml").write_text("season = 'one'")
    with pytest.raises(Exception, match=r"S1\.toml"):
        reconcile(runner(home, Diary(), WEEKS[0].issue_at))


PROGRAMME = '''
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from jobs.logs import make_logger
from jobs.runner import Runner, run_forever
from jobs.schedule import Job
from warehouse.connection import rows, scratch, transaction
from warehouse.home import open_home

home = open_home(Path(sys.argv[1]))

def quick(task):
    return "done"

def long(task):
    """An open transaction and a query that runs for minutes."""
    with transaction(home) as connection, scratch(home) as engine:
        rows(connection, "insert into reveals values (1, 1, current_localtimestamp(), 1)")
        (home.root / "within").touch()
        rows(engine, "select sum(sqrt(a.range * b.range)) from range(1000000) a, range(1000000) b")
    return "done"

work = dict.fromkeys(Job, quick) | {Job.ISSUE: long if sys.argv[2] == "long" else quick}
now = datetime(2025, 3, 28, 2, tzinfo=UTC)
run_forever(Runner(home, work, lambda: now, make_logger("info")))
'''


@pytest.fixture
def start(home: Home) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def begin(kind: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAMME, str(home.root), kind]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def states(home: Home) -> dict[str, str]:
    with warehouse(home, read_only=True) as connection:
        return {run.job: run.state for run in load_runs(connection)}


def taken_up(home: Home) -> list[str]:
    """What the next runner of this machine does."""
    diary = Diary()
    here = replace(runner(home, diary, WEEKS[0].issue_at), by=Claimant(os.uname().nodename, "next"))
    run_once(here)
    return diary.done


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_waiting_runner_cleanly(
    home: Home, start: Callable[[str], subprocess.Popen[str]], number: int
) -> None:
    process = start("quick")
    wait_until(lambda: states(home).get("publish") == "done")
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert process.returncode == 0
    assert json.loads(told.splitlines()[-1])["event"] == "stopped"
    assert set(states(home).values()) == {"done"}


def test_a_signal_within_a_job_rolls_back_and_the_next_start_takes_it_up(
    home: Home, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = start("long")
    wait_until((home.root / "within").exists)
    time.sleep(0.5)
    process.terminate()
    process.communicate(timeout=15)
    assert process.returncode == 0
    assert states(home) == {"detect": "done", "issue": "claimed"}
    with warehouse(home, read_only=True) as connection:
        assert connection.execute("select count(*) from reveals").fetchall() == [(0,)]

    assert taken_up(home) == ["issue S1W01", "publish"]


def test_a_killed_runner_leaves_a_claim_that_the_next_start_takes_up(
    home: Home, start: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = start("long")
    wait_until((home.root / "within").exists)
    process.kill()
    process.communicate(timeout=10)
    assert states(home) == {"detect": "done", "issue": "claimed"}

    assert taken_up(home) == ["issue S1W01", "publish"]
