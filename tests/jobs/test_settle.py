"""A settle run makes final what nobody can appeal any more, once, and spreads what was taken."""

import json
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta

import polars as pl
import pytest

from jobs import settle as settle_job
from jobs.settle import preview_settlement, settle_key
from tests.conftest import FOUR, OWNERS, PAIR, copy_home, issue_week, moderators_of, week_of
from tests.moderators import APPEAL_DAYS, Moderators
from warehouse.errors import CaseError, WarehouseBusy

ONE, OTHER = PAIR
HONEST = ("trader-3", "trader-8", "trader-9", "trader-10", "trader-11")


@pytest.fixture(scope="session")
def decided(two_weeks, tmp_path_factory):
    """Both cases are decided and noticed, to be copied; of C-2 week 1 was reached back for."""
    root = tmp_path_factory.mktemp("decided")
    people = moderators_of(copy_home(two_weeks, root))
    people.confirm("C-1")
    week = week_of(people.home, "S1W01")
    people.confirm("C-2", "ana", reach=week)
    people.confirm("C-2", "ben", reach=week)
    for case_id in ("C-1", "C-2"):
        people.notice(case_id)
    return root


@pytest.fixture
def waiting(decided, tmp_path) -> Moderators:
    """A copy of it, on the day of the notices."""
    return moderators_of(copy_home(decided, tmp_path))


@pytest.fixture
def due(waiting) -> Moderators:
    """The same when the last day for appeals has passed."""
    return waiting.later(APPEAL_DAYS)


def content(people: Moderators) -> list:
    """Return what a settlement leaves, without the salted log."""
    return [
        people.read(sql)
        for sql in (
            "select * exclude (created_at) from batches order by batch_id",
            "from entries order by all",
            "select * exclude (settled_at) from settlements order by all",
            "select case_id, state from cases order by all",
            "select case_id, seq, number, move from case_moves order by number",
        )
    ]


def batches_of(people: Moderators, kind: str) -> list[str]:
    sql = "select batch_id, kind from batches order by leaf_index"
    return [batch_id for batch_id, of in people.read(sql) if of == kind]


def unchanged(people: Moderators, do):
    """Do something and check that not a byte of the warehouse is another."""
    before = people.home.warehouse.read_bytes()
    done = do()
    assert people.home.warehouse.read_bytes() == before
    return done


# When ---------------------------------------------------------------------------------------------


def test_where_nothing_is_due_nothing_happens(after_two):
    settled = unchanged(after_two, after_two.settle)
    assert (settled.key, settled.cases, settled.batches) == (None, (), ())


def test_nothing_is_settled_while_appeals_are_open(waiting):
    almost = waiting.later(APPEAL_DAYS - timedelta(microseconds=1))
    assert unchanged(almost, almost.settle).cases == ()
    assert waiting.later(APPEAL_DAYS).settle().cases == ("C-1", "C-2")


def test_a_settle_run_may_look_back_and_never_ahead(waiting, due):
    assert unchanged(due, lambda: due.settle(as_of=waiting.now)).cases == ()
    with pytest.raises(CaseError, match="is after the clock"):
        unchanged(waiting, lambda: waiting.settle(as_of=due.now))


def test_an_unanswered_appeal_is_waited_for_and_keeps_no_other_case(waiting):
    waiting.appeal("C-1", ONE)
    late = waiting.later(3 * APPEAL_DAYS)
    assert late.settle().cases == ("C-2",)
    late.reject("C-1", ONE)
    assert late.settle().cases == ("C-1",)
    assert late.findings() == []


def test_an_undecided_case_is_never_settled(due):
    due.withdraw("C-1")
    assert due.settle().cases == ("C-2",)
    assert due.points(ONE)[1] > 0


# What ---------------------------------------------------------------------------------------------


def test_everything_in_escrow_is_spread_and_what_adds_up_added_up_before(due):
    before = due.balances()
    escrow = before.filter(pl.col("account").str.starts_with("escrow:"))
    settled = due.settle()
    after = due.balances()
    assert settled.redistributed_micropoints == escrow["micropoints"].sum()
    assert after.filter(pl.col("account").str.starts_with("escrow:")).is_empty()
    assert after.filter(pl.col("account").str.starts_with("held:")).is_empty()
    for week in (1, 2):
        emission = (pl.col("week") == week) & (pl.col("account") == f"emission:S1W0{week}")
        assert after.filter(emission).equals(before.filter(emission))
    assert due.findings() == []


def test_there_is_one_split_for_each_week_that_points_came_from(due):
    settled = due.settle()
    assert batches_of(due, "redistribute") == [
        f"S1W0{week}/redistribute/{settle_key(['C-2', 'C-1'])}" for week in (1, 2)
    ]
    assert [(week.week, week.to_reserve_micropoints) for week in settled.weeks] == [(1, 0), (2, 0)]


def test_each_gets_in_proportion_to_the_week_and_whom_a_case_concerns_gets_nothing(due):
    before = {owner: due.points(owner)[0] for owner in OWNERS}
    weights = dict(
        due.balances()
        .filter(pl.col("account").is_in([f"owner:{owner}" for owner in ("trader-0", *HONEST)]))
        .filter(week=2)
        .select("account", "micropoints")
        .iter_rows()
    )
    settled = due.settle()
    for owner in (*PAIR, *FOUR):
        assert due.points(owner)[0] == before[owner]
    spread = due.read(
        "select account, micropoints from entries where batch_id like 'S1W02/redistribute/%' "
        "and micropoints > 0"
    )
    assert {account for account, _ in spread} == weights.keys()
    amount = settled.weeks[1].to_owners_micropoints
    for account, got in spread:
        assert abs(got - amount * weights[account] / sum(weights.values())) < 1
    assert settled.weeks[1].owners == len(weights)


def test_who_is_in_an_open_case_gets_nothing_even_of_a_week_before_it(due, open_case):
    open_case(due.home, "C-3", "trader-8", "trader-9")
    before = [due.points(owner)[0] for owner in ("trader-8", "trader-9")]
    due.settle()
    assert [due.points(owner)[0] for owner in ("trader-8", "trader-9")] == before


def test_who_was_cleared_has_a_share_like_anybody(after_two):
    cleared = FOUR[0]
    for by in ("ana", "ben"):
        after_two.confirm("C-2", by, clear=(cleared,))
    after_two.notice("C-2")
    own = after_two.points(cleared)[0]
    late = after_two.later(APPEAL_DAYS)
    late.settle()
    assert late.points(cleared)[0] > own


def test_where_nobody_is_left_it_goes_to_the_reserve(due, open_case):
    open_case(due.home, "C-3", "trader-0", *HONEST)
    settled = due.settle()
    assert all(week.to_owners_micropoints == 0 for week in settled.weeks)
    reserve = due.balances().filter(account="reserve")
    assert reserve["micropoints"].sum() == settled.redistributed_micropoints > 0
    assert due.findings() == []


# Later weeks --------------------------------------------------------------------------------------


@pytest.fixture
def with_later_week(after_one):
    """C-1 was confirmed before week 2 was issued, so that all of week 2 is held for its owners."""
    after_one.confirm("C-1")
    after_one.notice("C-1")
    issue_week(after_one.home, "S1W02")
    return after_one


def test_of_later_weeks_the_verdicts_take_their_part_when_the_case_is_final(with_later_week):
    own, held, _ = with_later_week.points(ONE)
    assert held > 0
    late = with_later_week.later(APPEAL_DAYS)
    settled = late.settle()
    kept = -(-held * 2_500 // 10_000)
    assert late.points(ONE) == (own + kept, 0, 0)
    # Beside the two, the referrer's share in them was held.
    assert settled.released_micropoints > kept
    assert settled.redistributed_micropoints == escrowed_before(late) + settled.seized_micropoints
    assert late.findings() == []


def escrowed_before(people: Moderators) -> int:
    """Return what decisions took, before any settle run did."""
    ((amount,),) = people.read(
        "select sum(e.micropoints) from entries e join batches b using (batch_id) "
        "where b.kind = 'seize' and b.key like '%/%' and e.micropoints > 0"
    )
    return int(amount)


def test_later_weeks_are_taken_by_the_verdicts_as_they_are_after_appeals(with_later_week):
    with_later_week.appeal("C-1", ONE)
    with_later_week.uphold("C-1", ONE, 6_000)
    own, held, _ = with_later_week.points(ONE)
    late = with_later_week.later(APPEAL_DAYS)
    late.settle()
    assert late.points(ONE) == (own - (-held * 6_000 // 10_000), 0, 0)
    assert late.findings() == []


def test_after_the_settlement_weeks_are_issued_to_their_owners_again(after_one):
    after_one.confirm("C-1")
    after_one.notice("C-1")
    late = after_one.later(APPEAL_DAYS)
    late.settle()
    issue_week(late.home, "S1W02")
    own, held, escrowed = late.points(ONE)
    assert own > 0
    assert (held, escrowed) == (0, 0)
    assert late.findings() == []


# Once ---------------------------------------------------------------------------------------------


def test_a_preview_says_what_will_be_done_and_changes_not_a_byte(due):
    seen = unchanged(due, lambda: preview_settlement(due.home, as_of=due.now))
    done = due.settle()
    assert seen.batches == ()
    assert (seen.key, seen.cases, seen.weeks) == (done.key, done.cases, done.weeks)
    assert seen.released_micropoints == done.released_micropoints


def test_settling_twice_changes_not_a_byte(due):
    due.settle()
    assert unchanged(due, due.settle).cases == ()
    assert unchanged(due, due.later(APPEAL_DAYS).settle).cases == ()


def test_what_moves_while_it_is_planned_is_planned_anew(due, open_case, monkeypatch):
    """An owner gets into a case after the split was computed: they must have no part in it."""
    plan, opened = settle_job._plan, []

    def plan_then_open(*arguments):
        planned = plan(*arguments)
        if not opened:
            opened.append(open_case(due.home, "C-3", "trader-8", "trader-9"))
        return planned

    monkeypatch.setattr(settle_job, "_plan", plan_then_open)
    own = due.points("trader-8")[0]
    due.settle()
    assert due.points("trader-8")[0] == own
    assert due.findings() == []


def test_what_never_stops_moving_is_given_up_and_says_so(due, open_case, monkeypatch):
    plan, names = settle_job._plan, iter(f"C-{number}" for number in range(3, 99))

    def plan_then_open(*arguments):
        planned = plan(*arguments)
        open_case(due.home, next(names), "trader-8", "trader-9")
        return planned

    monkeypatch.setattr(settle_job, "_plan", plan_then_open)
    with pytest.raises(WarehouseBusy, match="moved 5 times while settling"):
        due.settle()
    assert batches_of(due, "redistribute") == []


# Processes ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settled_content(decided, tmp_path_factory) -> list:
    """What one run leaves that nothing disturbs."""
    alone = moderators_of(copy_home(decided, tmp_path_factory.mktemp("alone")))
    alone = alone.later(APPEAL_DAYS)
    alone.settle()
    return content(alone)


def settle_in_a_process(people: Moderators) -> subprocess.Popen:
    """Start `winnow settle` as a process of its own; the real clock is far past every appeal."""
    words = ["--home", str(people.home.root), "settle", "--as-of", people.now.isoformat(), "--json"]
    command = [sys.executable, "-m", "console", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_processes_at_once_settle_once(due, settled_content):
    both = [settle_in_a_process(due) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    cases = sorted(json.loads(output)["cases"] for output, _ in outputs)
    assert cases == [[], ["C-1", "C-2"]]
    assert content(due) == settled_content
    assert due.findings() == []


# Ends its own process at the n-th call of a function, the way a power cut does.
KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from jobs import batches, settle
from jobs.keys import load_keys
from jobs.settings import read_settings
from warehouse.home import open_home

place, name = {"settle": settle, "batches": batches}[sys.argv[3]], sys.argv[4]
call = int(sys.argv[5])
real, calls = getattr(place, name), []

def fatal(*arguments, **named):
    done = real(*arguments, **named)
    calls.append(name)
    if len(calls) == call:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

setattr(place, name, fatal)
home, now = open_home(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2])
settle.settle(home, load_keys(home, read_settings({})), as_of=now, now=now)
"""


@pytest.mark.parametrize(
    ("module", "function", "call"),
    [
        ("settle", "record_settlement", 1),
        ("batches", "store_batch", 2),
        ("settle", "write_batches", 1),
    ],
)
def test_killed_in_the_middle_and_started_again_it_is_settled_once(
    due, settled_content, module, function, call
):
    before = content(due)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(due.home.root)]
    command += [due.now.isoformat(), module, function, str(call)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert content(due) == before
    due.settle()
    assert content(due) == settled_content
    assert due.findings() == []


def test_killed_once_it_is_written_there_is_nothing_left_to_do(due, settled_content):
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(due.home.root)]
    command += [due.now.isoformat(), "settle", "settle", "1"]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert content(due) == settled_content
    assert unchanged(due, due.settle).cases == ()
