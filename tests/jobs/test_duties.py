"""The runner settles by itself, once, and tells no number of a week whose formula is hidden."""

import re

import pytest

from jobs import duties
from jobs.duties import Duties
from jobs.logs import make_logger
from jobs.runner import Attempt, End, Runner, look, reconcile
from jobs.schedule import Job
from tests.conftest import PAIR, copy_home, moderators_of
from tests.moderators import APPEAL_DAYS, Moderators
from warehouse.errors import CaseError
from warehouse.runs import Claimant


@pytest.fixture(scope="module")
def decided(two_weeks, tmp_path_factory):
    """A pair is confirmed and was given notice, to be copied."""
    root = tmp_path_factory.mktemp("decided")
    people = moderators_of(copy_home(two_weeks, root))
    people.confirm("C-1")
    people.notice("C-1")
    return root


@pytest.fixture
def waiting(decided, tmp_path) -> Moderators:
    """A copy of it, on the day of the notice."""
    return moderators_of(copy_home(decided, tmp_path))


@pytest.fixture
def past(waiting) -> Moderators:
    """The same when the last day for appeals has passed; weeks 3 and 4 wait for their events."""
    return waiting.later(APPEAL_DAYS)


def round_of(people: Moderators, *jobs: Job) -> dict[Job, Attempt]:
    """Do what is due, of other jobs than these nothing; return the last attempt at each."""
    real = Duties(people.home, people.keys).by_job()
    work = {job: real[job] if job in jobs else lambda _: "written down" for job in Job}
    runner = Runner(
        people.home, work, lambda: people.now, make_logger("error"), Claimant("here", "me")
    )
    return {attempt.job: attempt for attempt in reconcile(runner)}


def due_jobs(people: Moderators) -> list[Job]:
    return [run.job for run in look(people.home, people.now).due]


def test_a_case_is_settled_when_its_last_day_has_passed_though_weeks_wait(waiting, past):
    assert Job.SETTLE not in due_jobs(waiting)
    assert due_jobs(past) == [*[Job.DETECT, Job.ISSUE] * 2, Job.SETTLE, Job.PUBLISH]
    done = round_of(past, *Job)
    assert done[Job.DETECT].end is End.FAILED
    assert {done[job].end for job in (Job.SETTLE, Job.PUBLISH)} == {End.DONE}
    assert past.case("C-1").state == "final"
    assert Job.SETTLE not in due_jobs(past)
    assert past.findings() == []


def test_its_outcome_counts_cases_and_weeks_and_nothing_else(past):
    outcome = round_of(past, Job.SETTLE)[Job.SETTLE].outcome
    assert outcome == "cases made final: 1; weeks spread: 2"
    spread = past.read("select micropoints from entries where reason = 'redistributed'")
    amounts = {str(abs(micropoints)) for (micropoints,) in spread}
    told = past.read("select coalesce(outcome, '') from runs")
    assert not amounts & {number for (said,) in told for number in re.findall(r"\d+", said)}


def test_a_settlement_that_fails_is_tried_again_in_the_next_round(past, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise CaseError("not today")

    with monkeypatch.context() as patch:
        patch.setattr(duties, "settle", refuse)
        failed = round_of(past, Job.SETTLE)
    assert (failed[Job.SETTLE].end, failed[Job.SETTLE].outcome) == (End.FAILED, "not today")
    assert failed[Job.PUBLISH].end is End.DONE
    assert round_of(past, Job.SETTLE)[Job.SETTLE].period == failed[Job.SETTLE].period
    assert past.case("C-1").state == "final"


def test_what_was_withdrawn_at_the_last_moment_is_settled_when_it_is_due_again(past, monkeypatch):
    settle = duties.settle

    def withdrawn_before(*arguments: object, **named: object) -> object:
        past.withdraw("C-1")
        return settle(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(duties, "settle", withdrawn_before)
        nothing = round_of(past, Job.SETTLE)[Job.SETTLE]
    assert (nothing.end, nothing.outcome) == (End.DONE, "nothing was due any more")
    assert all(past.points(owner)[1] for owner in PAIR)

    past.confirm("C-1")
    past.notice("C-1")
    later = past.later(APPEAL_DAYS)
    again = round_of(later, Job.SETTLE)[Job.SETTLE]
    assert again.outcome == "cases made final: 1; weeks spread: 2"
    assert later.case("C-1").state == "final"


def test_an_unanswered_appeal_is_waited_for(waiting, past):
    waiting.appeal("C-1", PAIR[0])
    assert Job.SETTLE not in due_jobs(past)
    past.reject("C-1", PAIR[0])
    assert Job.SETTLE in due_jobs(past)
