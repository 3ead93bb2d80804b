"""What is due: a pure function of the clock, the calendar, the table of runs and what is there.

Nothing is remembered between two looks. After three weeks of downtime the same function names the
same runs, oldest week first, and the table of runs sees to it that each is done once.

A week has two runs: detect, so that owners in open cases are known, then issue. A week waits for
the one before it. What has not been done stays due; a week that is issued, by the runner or by
hand, needs neither run any more.

A settlement belongs to no week, and neither waits for the other. Where both are due at one look,
the weeks come first.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from warehouse.declarations import Declaration, read_declaration
from warehouse.errors import HomeError
from warehouse.records import Week
from warehouse.runs import RunKey, RunRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Job(StrEnum):
    """What `winnow run` does."""

    INGEST = "ingest"
    DETECT = "detect"
    ISSUE = "issue"
    SETTLE = "settle"
    TRAIN = "train"
    PUBLISH = "publish"


class Schedule(Declaration):
    """The home's `schedule.toml`.

    Attributes:
        tick_minutes: How often we look what is due.
        settle_seconds: A file in the inbox is taken once unchanged for so long.
        detect_hours_after_end: Detection of a week, from its window's end; the issue instant at the
            latest.
        publish_minutes: The analysts' copy is never older than this.
        train: Whether a model is trained once a week: a shadow, which never rules by itself.
        train_hours_after_issue: When, counted from the week's issue instant.
    """

    tick_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    settle_seconds: Annotated[int, Field(ge=0, le=86_400)] = 30
    detect_hours_after_end: Annotated[int, Field(ge=0, le=168)] = 20
    publish_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    train: bool = False
    train_hours_after_issue: Annotated[int, Field(ge=0, le=168)] = 120


@dataclass(frozen=True)
class Run:
    """One thing to do.

    Attributes:
        job: Which job.
        period: What for; unique within the job.
        week: The week, for detect and issue.
    """

    job: Job
    period: str
    week: Week | None = None

    @property
    def key(self) -> RunKey:
        """As the table of runs knows it."""
        return RunKey(self.job.value, self.period)


@dataclass(frozen=True)
class Found:
    """What a look at a home finds that decides what is due.

    Attributes:
        inbox: What the settled files of the inbox are called together; None for an empty one.
        issued: Labels of the weeks that are issued, whoever did it.
        settlement: What the cases that are due to be final are called together; None without any.
    """

    inbox: str | None = None
    issued: Collection[str] = ()
    settlement: str | None = None


NOTHING_FOUND: Final = Found()


def parse_schedule(text: str) -> Schedule:
    """Read a schedule from TOML.

    Raises:
        HomeError: Names every key that is wrong, with the value and what is allowed.
    """
    return read_declaration(text, Schedule, name="schedule.toml", refusal=HomeError)


def due(
    now: datetime,
    schedule: Schedule,
    weeks: Sequence[Week],
    past: Sequence[RunRecord],
    found: Found = NOTHING_FOUND,
) -> tuple[Run, ...]:
    """Return everything that is due at an instant, in the order in which it is to be done.

    Args:
        now: The instant.
        schedule: Delays and periods.
        weeks: All weeks of the home's seasons.
        past: The table of runs.
        found: What there is to be done besides.
    """
    done = {RunKey(run.job, run.period) for run in past if run.state == "done"}
    wanted = [Run(Job.INGEST, found.inbox)] if found.inbox else []
    for week in sorted(weeks, key=lambda week: week.end):
        if week.label in found.issued:
            continue
        if _detect_at(week, schedule) <= now:
            wanted.append(Run(Job.DETECT, week.label, week))
        if week.issue_at <= now:
            wanted.append(Run(Job.ISSUE, week.label, week))
    if found.settlement:
        wanted.append(Run(Job.SETTLE, found.settlement))
    wanted.extend(_training(now, schedule, weeks))
    wanted.append(_publication(now, schedule, past))
    return tuple(run for run in wanted if run.key not in done)


def decide_next(due_runs: Sequence[Run], given_up: Sequence[Run]) -> Run | None:
    """Return the next run to try, or None.

    Args:
        due_runs: What is due, in order.
        given_up: What failed or is somebody else's in this round. It is tried again in the next
            round; where it belongs to a week, everything about weeks waits for it.
    """
    weeks_wait = any(run.week is not None for run in given_up)
    for run in due_runs:
        if run not in given_up and not (weeks_wait and run.week is not None):
            return run
    return None


def _detect_at(week: Week, schedule: Schedule) -> datetime:
    return min(week.end + timedelta(hours=schedule.detect_hours_after_end), week.issue_at)


def _training(now: datetime, schedule: Schedule, weeks: Sequence[Week]) -> Iterator[Run]:
    """Yield the training after the newest week that is due; those that were missed are not made up.

    It belongs to no week's points, so nothing waits for it.
    """
    after = timedelta(hours=schedule.train_hours_after_issue)
    past = [week for week in weeks if week.issue_at + after <= now]
    if schedule.train and past:
        yield Run(Job.TRAIN, max(past, key=lambda week: week.issue_at).label)


def _publication(now: datetime, schedule: Schedule, past: Sequence[RunRecord]) -> Run:
    """Publish once per period and number of things done: people decide cases in between too."""
    period = timedelta(minutes=schedule.publish_minutes)
    since = EPOCH + (now - EPOCH) // period * period
    others = sum(run.state == "done" and run.job != Job.PUBLISH for run in past)
    return Run(Job.PUBLISH, f"{since:%Y-%m-%dT%H:%MZ} after {others} runs")
