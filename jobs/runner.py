"""Does what is due, once each, and goes on doing so until it is told to stop.

APScheduler is a wake-up and nothing more: every few minutes it sets an event, and we look what is
due (`jobs.schedule.due`), claim it in the table of runs, do it and record how it ended. Whatever is
lost with this process, a wake-up or a half-done job, the next look finds again.

Jobs run in a worker thread, so that the main thread always hears a signal. After SIGTERM or SIGINT
the job at hand may end; if it takes too long, the process leaves without it. Its transaction is
then rolled back by the next opening of the warehouse, exactly as after a kill -9.
"""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import FrameType
from typing import Final, TypeVar

from apscheduler.schedulers.background import BackgroundScheduler

from jobs.clock import real_now
from jobs.inbox import Arrival, name_of, settled_files
from jobs.logs import Logger, place_of
from jobs.schedule import Found, Job, Run, Schedule, decide_next, due, parse_schedule
from jobs.season_files import calendars, load_seasons
from jobs.settle import settle_key
from warehouse import ledger
from warehouse.cases import due_for_settlement, last_move
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import HomeError, WinnowError
from warehouse.home import Home
from warehouse.migrations import bring_up_to_date
from warehouse.runs import Claimant, RunRecord, claim, fail, finish, lapse, load_runs

CLAIM_LASTS: Final = timedelta(hours=2)
GRACE_SECONDS: Final = 5.0  # for the job at hand after a signal
HEED_SECONDS: Final = 0.1  # how soon a signal is heeded

Result = TypeVar("Result")


@dataclass
class Stop:
    """Whether a signal asked us to stop. The handler does nothing but remember it."""

    asked: bool = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        self.asked = True


class End(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    FAILED = "failed"
    TAKEN = "taken"  # somebody else has the claim


@dataclass(frozen=True)
class Task:
    """What a job is given by the runner.

    Attributes:
        run: What is due.
        now: The instant that counts.
        arrivals: The settled files of the inbox.
    """

    run: Run
    now: datetime
    arrivals: tuple[Arrival, ...] = ()


Work = Callable[[Task], str]


@dataclass(frozen=True)
class Attempt:
    """What became of one run in a round.

    Attributes:
        job: Its job.
        period: Its period.
        end: How it ended.
        outcome: One sentence.
        seconds: How long it took.
    """

    job: Job
    period: str
    end: End
    outcome: str
    seconds: float


@dataclass(frozen=True)
class Runner:
    """What a runner works with.

    Attributes:
        home: The home it serves.
        work: What does each job; returns one sentence on what it did, free of secrets.
        clock: Gives the instant that counts.
        log: Where it tells what it does.
        by: Who it is in the table of runs.
        stop: Asked before every run.
    """

    home: Home
    work: Mapping[Job, Work]
    clock: Callable[[], datetime]
    log: Logger
    by: Claimant = field(default_factory=lambda: Claimant(os.uname().nodename, str(os.getpid())))
    stop: Stop = field(default_factory=Stop)


@dataclass(frozen=True)
class Outlook:
    """What a look at the home shows.

    Attributes:
        due: What is due, in order.
        past: The table of runs.
        issued: Labels of the weeks that are issued.
        arrivals: The settled files of the inbox.
        schedule: The schedule in force.
    """

    due: tuple[Run, ...]
    past: tuple[RunRecord, ...]
    issued: frozenset[str]
    arrivals: tuple[Arrival, ...]
    schedule: Schedule


def look(home: Home, now: datetime) -> Outlook:
    """Look what is due in a home.

    Raises:
        WinnowError: The schedule or a season file is wrong, or the warehouse is busy.
    """
    schedule = load_schedule(home)
    seasons = calendars(load_seasons(home))
    weeks = tuple(week for calendar in seasons for week in calendar.all_weeks())
    settle = timedelta(seconds=schedule.settle_seconds)
    arrivals = settled_files(home.inbox, real_now=real_now(), settle=settle)
    with warehouse(home, read_only=True) as connection:
        past = load_runs(connection)
        batches = [stored.batch for stored in ledger.batches(connection)]
        settlement = _settlement(connection, now)
    written = {(batch.season, batch.week) for batch in batches if batch.kind == "issue"}
    issued = frozenset(week.label for week in weeks if (week.season, week.number) in written)
    found = Found(name_of(arrivals), issued, settlement)
    runs = due(now, schedule, weeks, past, found)
    return Outlook(runs, past, issued, arrivals, schedule)


def _settlement(connection: Connection, now: datetime) -> str | None:
    """Return what the cases that are due to be final are called together, or None.

    A decision on one of them may be withdrawn after this look; once the next one on it is due, the
    name is another, because the case has moved.
    """
    cases = due_for_settlement(connection, now)
    return f"{settle_key(cases)} of move {last_move(connection, cases)}" if cases else None


def load_schedule(home: Home) -> Schedule:
    """Return the schedule of a home.

    Raises:
        HomeError: The file is missing or wrong.
    """
    try:
        return parse_schedule(home.schedule.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise HomeError(f"the schedule {str(home.schedule)!r} cannot be read") from error


def reconcile(runner: Runner) -> tuple[Attempt, ...]:
    """Do everything that is due, in order, and return what became of it.

    A run that fails is left for the next round, and what belongs to weeks waits for it. A signal
    ends the round after the run at hand.

    Raises:
        WinnowError: The home cannot be looked at.
    """
    attempts: list[Attempt] = []
    given_up: list[Run] = []
    while not runner.stop.asked:
        outlook = look(runner.home, runner.clock())
        run = decide_next(outlook.due, given_up)
        if run is None:
            break
        attempt = _attempt(runner, Task(run, runner.clock(), outlook.arrivals))
        attempts.append(attempt)
        if attempt.end is not End.DONE:
            given_up.append(run)
    return tuple(attempts)


def run_once(runner: Runner) -> tuple[Attempt, ...]:
    """Do what is due, return what became of it.

    Raises:
        HomeError: Another process runs this home.
    """
    with _on_duty(runner) as worker:
        return _attend(runner, worker, reconcile)


def run_forever(runner: Runner) -> None:
    """Do what is due now and at every tick, until SIGTERM or SIGINT.

    Raises:
        HomeError: Another process runs this home.
    """
    with _on_duty(runner) as worker:
        tick = load_schedule(runner.home).tick_minutes
        runner.log.info("started", home_id=runner.home.home_id, next_look_minutes=tick)
        with _wake_up(tick) as wake:
            while not runner.stop.asked:
                if wake.is_set():
                    wake.clear()
                    _attend(runner, worker, _round)
                time.sleep(HEED_SECONDS)
    runner.log.info("stopped", home_id=runner.home.home_id)


@contextmanager
def _on_duty(runner: Runner) -> Iterator[ThreadPoolExecutor]:
    """Hold the run lock, heed signals, take over what was left behind; yield the worker."""
    with run_lock(runner.home), _heeding_signals(runner.stop):
        _take_over(runner)
        with ThreadPoolExecutor(max_workers=1) as worker:
            yield worker


def _attend(runner: Runner, worker: ThreadPoolExecutor, act: Callable[[Runner], Result]) -> Result:
    """Let the worker act and wait for it; after a signal, only for a while."""
    acting = worker.submit(act, runner)
    while not wait([acting], timeout=HEED_SECONDS).done:
        if runner.stop.asked and not wait([acting], timeout=GRACE_SECONDS).done:
            runner.log.warning("stopped within a job; the next start takes it up")
            os._exit(0)
    return acting.result()


@contextmanager
def run_lock(home: Home) -> Iterator[None]:
    """Hold the lock that one `winnow run` has on a home; the system frees it if we die.

    Raises:
        HomeError: Another process holds it.
    """
    with (home.root / "run.lock").open("a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeError(
                f"another `winnow run` is at work on {str(home.root)!r}; one is enough"
            ) from error
        yield


@contextmanager
def _heeding_signals(stop: Stop) -> Iterator[None]:
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _wake_up(minutes: int) -> Iterator[threading.Event]:
    """Yield an event that is set now and then every so many minutes."""
    wake = threading.Event()
    wake.set()
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        wake.set,
        "interval",
        minutes=minutes,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    scheduler.start()
    try:
        yield wake
    finally:
        scheduler.shutdown(wait=False)


def _take_over(runner: Runner) -> None:
    """Bring the warehouse up to date, and free what earlier processes of this machine claimed."""
    bring_up_to_date(runner.home, runner.clock())
    with transaction(runner.home) as connection:
        freed = lapse(connection, runner.by.machine, runner.clock())
    for run in freed:
        runner.log.warning("taken up again", job=run.job, period=run.period)


def _round(runner: Runner) -> None:
    """One round that outlives what is wrong with the home; the next round sees it anew."""
    try:
        attempts = reconcile(runner)
    except WinnowError as error:
        runner.log.error("cannot look", reason=str(error))  # noqa: TRY400 (a refusal, no bug)
    else:
        runner.log.debug("looked", runs=len(attempts))


def _attempt(runner: Runner, task: Task) -> Attempt:
    run, began = task.run, time.monotonic()
    with transaction(runner.home) as connection:
        until = task.now + CLAIM_LASTS
        if not claim(connection, run.key, runner.by, now=task.now, until=until):
            return Attempt(run.job, run.period, End.TAKEN, "another process has it", 0.0)
    runner.log.info("begun", job=run.job.value, period=run.period)
    end, outcome = _do(runner, task)
    close = finish if end is End.DONE else fail
    with transaction(runner.home) as connection:
        if not close(connection, run.key, runner.by, now=runner.clock(), outcome=outcome):
            end, outcome = End.TAKEN, "the claim lapsed while it was done"
    seconds = round(time.monotonic() - began, 3)
    tell = runner.log.info if end is End.DONE else runner.log.warning
    tell(end.value, job=run.job.value, period=run.period, outcome=outcome, seconds=seconds)
    return Attempt(run.job, run.period, end, outcome, seconds)


def _do(runner: Runner, task: Task) -> tuple[End, str]:
    """Do the work; a refusal or a bug becomes a failed run."""
    try:
        return End.DONE, runner.work[task.run.job](task)
    except WinnowError as error:
        return End.FAILED, str(error)
    except Exception as error:  # noqa: BLE001 (a bug in one job must not stop the others)
        kind, place = type(error).__name__, place_of(error)
        # No traceback with its message: a library's message may quote a row.
        runner.log.error("bug", job=task.run.job.value, exception=kind, place=place)  # noqa: TRY400
        return End.FAILED, f"{kind} at {place}"


def failures(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Return the attempts that did not end well."""
    return tuple(attempt for attempt in attempts if attempt.end is not End.DONE)
