"""How a home stands: its weeks, what is due, what waits for whom, and why."""

from dataclasses import dataclass
from datetime import datetime

from jobs.runner import look
from jobs.season_files import calendars, load_seasons
from jobs.waiting import Waiting, what_waits
from warehouse.connection import warehouse
from warehouse.detections import newest_run
from warehouse.formulas import commitments
from warehouse.home import Home
from warehouse.leads import WAITING, list_leads
from warehouse.runs import RunRecord


@dataclass(frozen=True)
class WeekStatus:
    """How a week stands.

    Attributes:
        week: Its label.
        start: First instant of its window.
        end: First instant after it.
        issue_at: Its issue instant.
        sealed: Whether a formula is sealed for it.
        issued: Whether it is issued.
    """

    week: str
    start: datetime
    end: datetime
    issue_at: datetime
    sealed: bool
    issued: bool


@dataclass(frozen=True)
class DueRun:
    """A run that is due.

    Attributes:
        job: Its job.
        period: Its period.
        waits_for: Why it failed last time; None where it has not been tried.
    """

    job: str
    period: str
    waits_for: str | None


@dataclass(frozen=True)
class Status:
    """How a home stands.

    Attributes:
        home: Its folder.
        home_id: Its name in the log.
        rehearsal: Whether a stand-in clock is allowed.
        now: The instant that counts.
        weeks: Every week of every season, in order.
        due: What is due, in order.
        last_runs: The newest run of each job.
        inbox_files: Settled files that wait in the inbox.
        waiting: Cases by what they wait for, and points by hand.
        model: The model that ruled in the newest detection, or None.
        model_refusal: Why the model that should have ruled in it did not, or None.
        leads: Leads that wait for somebody to look at them.
    """

    home: str
    home_id: str
    rehearsal: bool
    now: datetime
    weeks: tuple[WeekStatus, ...]
    due: tuple[DueRun, ...]
    last_runs: tuple[RunRecord, ...]
    inbox_files: int
    waiting: Waiting
    model: str | None
    model_refusal: str | None
    leads: int


def status(home: Home, now: datetime) -> Status:
    """Look how a home stands.

    Raises:
        WinnowError: The schedule or a season file is wrong, or the warehouse is busy.
    """
    outlook = look(home, now)
    failed = {(run.job, run.period): run.outcome for run in outlook.past if run.state == "failed"}
    due = tuple(
        DueRun(run.job.value, run.period, failed.get((run.job.value, run.period)))
        for run in outlook.due
    )
    newest = {run.job: run for run in outlook.past}  # past is ordered by claim
    with warehouse(home, read_only=True) as connection:
        sealed = {(found.season, found.week) for found in commitments(connection)}
        run = newest_run(connection)
        leads = list_leads(connection, WAITING).height
    return Status(
        home=str(home.root),
        home_id=home.home_id,
        rehearsal=home.rehearsal,
        now=now,
        weeks=_weeks(home, sealed, outlook.issued),
        due=due,
        last_runs=tuple(newest[job] for job in sorted(newest)),
        inbox_files=len(outlook.arrivals),
        waiting=what_waits(home, now),
        model=run.model if run else None,
        model_refusal=run.model_refusal if run else None,
        leads=leads,
    )


def _weeks(
    home: Home, sealed: set[tuple[int, int]], issued: frozenset[str]
) -> tuple[WeekStatus, ...]:
    return tuple(
        WeekStatus(
            week.label,
            week.start,
            week.end,
            week.issue_at,
            (week.season, week.number) in sealed,
            week.label in issued,
        )
        for calendar in calendars(load_seasons(home))
        for week in calendar.all_weeks()
    )
