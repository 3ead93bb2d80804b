"""A run is claimed by one process at a time and done once."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warehouse.connection import Connection, transaction, warehouse
from warehouse.home import Home, create_home, open_home
from warehouse.migrations import migrate
from warehouse.runs import Claimant, RunKey, claim, fail, finish, lapse, load_runs

NOW = datetime(2025, 3, 28, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUN = RunKey("issue", "S1W01")
ANNA, BORIS = Claimant("anna", "1"), Claimant("boris", "2")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = create_home(tmp_path / "home", "test", rehearsal=True)
    with warehouse(home) as connection:
        migrate(connection, NOW)
    return home


@pytest.fixture
def connection(home: Home) -> Iterator[Connection]:
    with transaction(home) as connection:
        yield connection


def test_a_run_is_claimed_once(connection: Connection) -> None:
    assert claim(connection, RUN, ANNA, now=NOW, until=NOW + HOUR)
    assert not claim(connection, RUN, BORIS, now=NOW, until=NOW + HOUR)
    (run,) = load_runs(connection)
    assert (run.state, run.claimed_by, run.attempts) == ("claimed", "anna:1", 1)


def test_a_run_that_is_done_is_never_claimed_again(connection: Connection) -> None:
    claim(connection, RUN, ANNA, now=NOW, until=NOW + HOUR)
    assert finish(connection, RUN, ANNA, now=NOW, outcome="issued")
    assert not claim(connection, RUN, BORIS, now=NOW + 1000 * HOUR, until=NOW + 1001 * HOUR)
    assert load_runs(connection)[0].outcome == "issued"


def test_a_failed_run_may_be_claimed_again_and_its_attempts_are_counted(
    connection: Connection,
) -> None:
    claim(connection, RUN, ANNA, now=NOW, until=NOW + HOUR)
    assert fail(connection, RUN, ANNA, now=NOW, outcome="books incomplete")
    assert claim(connection, RUN, BORIS, now=NOW, until=NOW + HOUR)
    (run,) = load_runs(connection)
    assert (run.state, run.attempts, run.outcome, run.finished_at) == ("claimed", 2, None, None)


def test_a_claim_lapses_and_its_first_holder_can_no_longer_end_the_run(
    connection: Connection,
) -> None:
    claim(connection, RUN, ANNA, now=NOW, until=NOW + HOUR)
    assert not claim(connection, RUN, BORIS, now=NOW + HOUR, until=NOW + 2 * HOUR)
    later = NOW + HOUR + timedelta(microseconds=1)
    assert claim(connection, RUN, BORIS, now=later, until=later + HOUR)
    assert not finish(connection, RUN, ANNA, now=later, outcome="too late")
    assert finish(connection, RUN, BORIS, now=later, outcome="issued")


def test_the_claims_of_this_machines_earlier_processes_can_be_freed(connection: Connection) -> None:
    other = RunKey("issue", "S1W02")
    claim(connection, RUN, ANNA, now=NOW, until=NOW + HOUR)
    claim(connection, other, Claimant("annabel", "1"), now=NOW, until=NOW + HOUR)
    assert lapse(connection, "anna", NOW) == (RUN,)
    assert claim(connection, RUN, BORIS, now=NOW, until=NOW + HOUR)
    assert not claim(connection, other, BORIS, now=NOW, until=NOW + HOUR)


def test_instants_come_back_as_they_went_in(connection: Connection) -> None:
    claim(connection, RUN, ANNA, now=NOW, until=NOW + HOUR)
    finish(connection, RUN, ANNA, now=NOW + HOUR, outcome="")
    (run,) = load_runs(connection)
    assert (run.claimed_at, run.claimed_until, run.finished_at) == (NOW, NOW + HOUR, NOW + HOUR)


CLAIM_ALL = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from warehouse.connection import transaction
from warehouse.home import open_home
from warehouse.runs import Claimant, RunKey, claim

home = open_home(Path(sys.argv[1]))
now = datetime(2025, 3, 28, 2, tzinfo=UTC)
sys.stdin.readline()
for week in range(1, 11):
    with transaction(home) as connection:
        run = RunKey("issue", f"S1W{week:02d}")
        by = Claimant("machine", sys.argv[2])
        if claim(connection, run, by, now=now, until=now + timedelta(hours=1)):
            print(run.period)
"""


def test_two_processes_at_once_share_the_runs_and_no_run_is_claimed_twice(home: Home) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL, str(home.root), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for process in processes:  # both have imported everything and start together
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(claimed[0] + claimed[1]) == [f"S1W{week:02d}" for week in range(1, 11)]
    with warehouse(open_home(home.root), read_only=True) as connection:
        assert len(load_runs(connection)) == 10
