"""What is due follows from clock, calendar and table of runs alone."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.initialise import preset_text
from jobs.schedule import Found, Job, Run, Schedule, decide_next, due, parse_schedule
from seasons.calendar import BACKPACK
from seasons.terms import parse_terms
from warehouse.errors import HomeError
from warehouse.records import Week
from warehouse.runs import RunKey, RunRecord

SCHEDULE = Schedule()
WEEKS = parse_terms(preset_text("backpack", 1)).calendar.all_weeks()
SOON = timedelta(minutes=1)


def record(job: Job, period: str, at: datetime, state: str = "done") -> RunRecord:
    return RunRecord(job.value, period, state, "m:1", at, at, 1, at, None)


def names(runs: tuple[Run, ...]) -> list[str]:
    return [f"{run.job} {run.period}" for run in runs if run.week is not None]


def test_nothing_of_a_week_is_due_before_its_window_has_ended() -> None:
    week = WEEKS[0]
    assert names(due(week.end, SCHEDULE, WEEKS, ())) == []


def test_a_week_is_detected_some_hours_after_its_end_and_issued_at_its_issue_instant() -> None:
    week = WEEKS[0]
    detect_at = week.end + timedelta(hours=20)
    tick = timedelta(microseconds=1)
    assert names(due(detect_at - tick, SCHEDULE, WEEKS, ())) == []
    assert names(due(detect_at, SCHEDULE, WEEKS, ())) == ["detect S1W01"]
    assert names(due(week.issue_at - tick, SCHEDULE, WEEKS, ())) == ["detect S1W01"]
    assert names(due(week.issue_at, SCHEDULE, WEEKS, ())) == ["detect S1W01", "issue S1W01"]


def test_a_week_is_detected_by_its_issue_instant_whatever_the_schedule_says() -> None:
    slow = Schedule(detect_hours_after_end=168)
    assert names(due(WEEKS[0].issue_at, slow, WEEKS, ())) == ["detect S1W01", "issue S1W01"]


def test_after_three_weeks_of_downtime_everything_is_due_in_order() -> None:
    now = WEEKS[3].issue_at + SOON
    past = (
        record(Job.DETECT, "S1W01", WEEKS[0].issue_at),
        record(Job.ISSUE, "S1W01", WEEKS[0].issue_at),
    )
    assert names(due(now, SCHEDULE, WEEKS, past)) == [
        "detect S1W02",
        "issue S1W02",
        "detect S1W03",
        "issue S1W03",
        "detect S1W04",
        "issue S1W04",
    ]


def test_the_order_of_the_weeks_does_not_matter() -> None:
    now = WEEKS[-1].issue_at
    assert due(now, SCHEDULE, WEEKS, ()) == due(now, SCHEDULE, tuple(reversed(WEEKS)), ())


def test_a_failed_or_claimed_run_stays_due() -> None:
    at = WEEKS[0].issue_at
    for state in ("failed", "claimed"):
        past = (record(Job.DETECT, "S1W01", at), record(Job.ISSUE, "S1W01", at, state))
        assert names(due(at, SCHEDULE, WEEKS, past)) == ["issue S1W01"]


def test_of_a_week_that_is_issued_nothing_is_due_whatever_its_runs_say() -> None:
    now = WEEKS[2].issue_at
    past = (record(Job.DETECT, "S1W01", now, "failed"), record(Job.ISSUE, "S1W02", now, "claimed"))
    unissued = due(now, SCHEDULE, WEEKS, past, Found(issued={"S1W01", "S1W02"}))
    assert names(unissued) == ["detect S1W03", "issue S1W03"]


def test_the_inbox_comes_first_then_weeks_then_a_settlement_and_the_publication_last() -> None:
    found = Found("2 files abcd", settlement="settle-abcd of move 7")
    runs = due(WEEKS[0].issue_at, SCHEDULE, WEEKS, (), found)
    assert [run.job for run in runs] == [
        Job.INGEST,
        Job.DETECT,
        Job.ISSUE,
        Job.SETTLE,
        Job.PUBLISH,
    ]
    assert (runs[0].period, runs[3].period) == ("2 files abcd", "settle-abcd of move 7")


def test_a_settlement_is_done_once_and_a_failed_one_stays_due() -> None:
    at, found = WEEKS[0].start, Found(settlement="settle-abcd of move 7")
    for state, again in (("failed", True), ("claimed", True), ("done", False)):
        past = (record(Job.SETTLE, "settle-abcd of move 7", at, state),)
        jobs = [run.job for run in due(at, SCHEDULE, WEEKS, past, found)]
        assert (Job.SETTLE in jobs) == again
    other = Found(settlement="settle-abcd of move 9")
    past = (record(Job.SETTLE, "settle-abcd of move 7", at),)
    assert due(at, SCHEDULE, WEEKS, past, other)[0].period == "settle-abcd of move 9"


def test_neither_a_week_nor_a_settlement_waits_for_the_other() -> None:
    runs = due(WEEKS[0].issue_at, SCHEDULE, WEEKS, (), Found(settlement="settle-abcd of move 7"))
    detect, issue, settle, publish = runs
    assert decide_next(runs, (detect,)) == settle
    assert decide_next(runs, (detect, settle)) == publish
    assert decide_next((issue, settle, publish), (settle,)) == issue


def test_a_run_that_was_given_up_holds_back_everything_about_weeks_and_nothing_else() -> None:
    runs = due(WEEKS[1].issue_at, SCHEDULE, WEEKS, (), Found("1 files abcd"))
    ingest, detect_first, *_, publish = runs
    assert decide_next(runs, ()) == ingest
    assert decide_next(runs, (ingest,)) == detect_first
    assert decide_next(runs, (ingest, detect_first)) == publish
    assert decide_next(runs, (ingest, detect_first, publish)) is None


def test_publishing_follows_what_was_done_and_else_comes_once_a_period() -> None:
    now = datetime(2025, 4, 1, 12, 30, tzinfo=UTC)
    (first,) = due(now, SCHEDULE, (), ())
    published = record(Job.PUBLISH, first.period, now)
    assert due(now, SCHEDULE, (), (published,)) == ()
    assert due(now + timedelta(minutes=29), SCHEDULE, (), (published,)) == ()

    issued = record(Job.ISSUE, "S1W01", now)
    (after_issue,) = due(now, SCHEDULE, (), (published, issued))
    (next_hour,) = due(now + timedelta(minutes=30), SCHEDULE, (), (published,))
    assert {run.job for run in (first, after_issue, next_hour)} == {Job.PUBLISH}
    assert len({first.period, after_issue.period, next_hour.period}) == 3


def test_seasons_are_worked_off_one_after_the_other() -> None:
    weeks = tuple(week for calendar in BACKPACK[:2] for week in calendar.all_weeks())
    labels = names(due(weeks[-1].issue_at, SCHEDULE, weeks, ()))
    assert labels[18:22] == ["detect S1W10", "issue S1W10", "detect S2W01", "issue S2W01"]


@dataclass
class World:
    """A runner as it may go wrong: killed before, within or after any job, down for weeks."""

    now: datetime
    runs: dict[RunKey, RunRecord] = field(default_factory=dict)
    detected: list[str] = field(default_factory=list)
    issued: list[tuple[str, datetime]] = field(default_factory=list)

    def start(self) -> None:
        """What a new process does with the claims of the one before it."""
        for key, run in self.runs.items():
            if run.state == "claimed":
                self.runs[key] = replace(run, state="failed")

    def work(self, run: Run) -> None:
        """A job; like the ledger it writes a week once, however often it is called."""
        assert run.week is not None
        if run.job is Job.DETECT and run.period not in self.detected:
            self.detected.append(run.period)
        if run.job is Job.ISSUE and run.period not in [week for week, _ in self.issued]:
            assert run.period in self.detected
            self.issued.append((run.period, self.now))

    def round(self, fates: list[str]) -> None:
        self.start()
        given_up: list[Run] = []
        while run := decide_next(self.due(), given_up):
            fate = fates.pop() if fates else "done"
            self.runs[run.key] = record(run.job, run.period, self.now, "claimed")
            if fate == "killed before":
                return
            if fate != "failed" and run.week is not None:
                self.work(run)
            if fate == "killed after":
                return
            state = "failed" if fate == "failed" else "done"
            self.runs[run.key] = record(run.job, run.period, self.now, state)
            if fate == "failed":
                given_up.append(run)

    def due(self) -> tuple[Run, ...]:
        return due(self.now, SCHEDULE, WEEKS, tuple(self.runs.values()))


FATES = st.sampled_from(["done", "failed", "killed before", "killed after"])
STEPS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=30 * 24), st.lists(FATES, max_size=8)), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_any_downtime_and_any_crash_issues_each_week_once_and_in_order(
    steps: list[tuple[int, list[str]]],
) -> None:
    world = World(WEEKS[0].start)
    for hours, fates in steps:
        world.now += timedelta(hours=hours)
        world.round(list(fates))
    world.now = max(world.now, WEEKS[-1].issue_at)
    world.round([])

    weeks: dict[str, Week] = {week.label: week for week in WEEKS}
    assert [label for label, _ in world.issued] == list(weeks)
    assert world.detected == list(weeks)
    assert all(at >= weeks[label].issue_at for label, at in world.issued)
    assert world.due() == ()


def test_the_preset_schedule_is_the_default_one() -> None:
    text = files("jobs").joinpath("presets", "schedule.toml").read_text(encoding="utf-8")
    assert parse_schedule(text) == Schedule()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tick_minutes = 0", "tick_minutes is 0"),
        ("tick_minutes = '5'", "tick_minutes is '5'"),
        ("hourly = true", "hourly is True"),
        ("tick_minutes", "not TOML"),
    ],
)
def test_a_wrong_schedule_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(HomeError, match=told):
        parse_schedule(text)
