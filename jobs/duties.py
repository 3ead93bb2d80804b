"""What the runner's six jobs do, each told in one sentence when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC

from jobs.clock import real_now
from jobs.detect import detect_week
from jobs.inbox import put_away
from jobs.ingest import ingest
from jobs.issue import issue
from jobs.keys import Keys
from jobs.publish import publish
from jobs.runner import Task
from jobs.schedule import Job
from jobs.season_files import load_seasons, season_terms
from jobs.settle import settle
from jobs.train import train
from warehouse.connection import warehouse
from warehouse.errors import BooksIncomplete, SeasonError
from warehouse.events import find_missing, load_close
from warehouse.home import Home
from warehouse.ingest.sources import shown_name
from warehouse.records import MICROPOINTS_PER_POINT, Week


@dataclass(frozen=True)
class Duties:
    """The jobs of one home.

    Attributes:
        home: The home.
        keys: Open its formulas, sign its log, hash its identifiers.
    """

    home: Home
    keys: Keys

    def by_job(self) -> Mapping[Job, Callable[[Task], str]]:
        """Return what does each job, for the runner."""
        return {
            Job.INGEST: self.ingest,
            Job.DETECT: self.detect,
            Job.ISSUE: self.issue,
            Job.SETTLE: self.settle,
            Job.TRAIN: self.train,
            Job.PUBLISH: self.publish,
        }

    def ingest(self, task: Task) -> str:
        """Take the settled files of the inbox and put them away."""
        paths = [arrival.path for arrival in task.arrivals]
        summary = ingest(self.home, self.keys.identifier, paths, task.now)
        untaken = {file.name for outcome in ("refused", "skipped") for file in summary.of(outcome)}
        refused = [path for path in paths if shown_name(path.name) in untaken]
        stamp = real_now().astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        put_away(self.home.inbox, task.arrivals, refused, stamp)
        total = summary.total
        return (
            f"{len(paths)} files, {len(refused)} of them not taken; {total.accepted:,} rows, "
            f"{total.duplicate:,} duplicate, {total.quarantined:,} quarantined"
        )

    def detect(self, task: Task) -> str:
        """Look for owners who may be one operator, as of the end of the week.

        Not before its events are complete: the week's issue relies on what is found here.

        Raises:
            BooksIncomplete: Something is missing, and nobody has closed the books over it.
        """
        week = _week(task)
        self._require_events(week)
        found = detect_week(self.home, week, now=task.now)
        told = f"{found.clusters:,} clusters in {found.accounts:,} accounts, {found.cases:,} cases"
        if found.model_refusal:
            return f"{told}; by evidence alone, {found.model_refusal}"
        return f"{told}; {found.model} rules" if found.model else told

    def _require_events(self, week: Week) -> None:
        terms = season_terms(load_seasons(self.home), week.season)
        with warehouse(self.home, read_only=True) as connection:
            if load_close(connection, week.season, week.number) is not None:
                return
            missing = find_missing(connection, week, terms.declared_complete)
        if missing:
            raise BooksIncomplete(week.label, missing)

    def issue(self, task: Task) -> str:
        """Issue the week."""
        issued = issue(self.home, self.keys, _week(task), task.now)
        points = issued.issued_micropoints // MICROPOINTS_PER_POINT
        told = f"{points:,} points to {issued.owners:,} owners"
        return f"issued before: {told}" if issued.already else told

    def settle(self, task: Task) -> str:
        """Make final what nobody can appeal any more.

        Outcomes are published, those of weeks whose formula is hidden too: no total is told.
        """
        settled = settle(self.home, self.keys, as_of=task.now, now=task.now)
        if settled.key is None:
            return "nothing was due any more"
        return f"cases made final: {len(settled.cases):,}; weeks spread: {len(settled.weeks):,}"

    def train(self, task: Task) -> str:
        """Train a model on what was decided so far; it is a shadow.

        Raises:
            DetectionError: Too little is decided yet, or a file is not what it was.
        """
        trained = train(self.home, self.keys, task.now)
        known = ", known already" if trained.already else ", a shadow"
        return f"{trained.model.model_id}{known}: {trained.model.training_rows:,} rows"

    def publish(self, task: Task) -> str:
        """Put a new edition for analysts in place."""
        made = publish(self.home, load_seasons(self.home), task.now)
        return f"edition {made.edition}"


def _week(task: Task) -> Week:
    if task.run.week is None:
        raise SeasonError(f"the run {task.run.period!r} names no week")
    return task.run.week
