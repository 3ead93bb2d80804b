"""The table of runs: who claimed what, and how it ended. One row per (job, period).

A claim is one conditional write. It lapses, so that a run whose process died can be taken up again.
"""

from dataclasses import dataclass
from datetime import datetime

from warehouse.connection import Connection, rows
from warehouse.instants import from_stored, to_stored
from warehouse.statements import statement


@dataclass(frozen=True)
class RunRecord:
    """One run of a job for a period.

    Attributes:
        job: Its name: ingest, detect, issue, settle or publish.
        period: What it is for, as in 'S1W05'; unique within the job.
        state: claimed, done or failed.
        claimed_by: The process, as '<machine>:<process>'.
        claimed_at: When.
        claimed_until: When the claim lapses.
        attempts: How often it was claimed.
        finished_at: When it was done or failed.
        outcome: One sentence without secrets or personal data.
    """

    job: str
    period: str
    state: str
    claimed_by: str
    claimed_at: datetime
    claimed_until: datetime
    attempts: int
    finished_at: datetime | None
    outcome: str | None


@dataclass(frozen=True)
class Claimant:
    """Who claims a run.

    Attributes:
        machine: Name of the machine.
        process: Unique on the machine.
    """

    machine: str
    process: str

    @property
    def name(self) -> str:
        """As it stands in `claimed_by`."""
        return f"{self.machine}:{self.process}"


@dataclass(frozen=True)
class RunKey:
    """What identifies a run."""

    job: str
    period: str


def load_runs(connection: Connection) -> tuple[RunRecord, ...]:
    """Return every run, oldest claim first."""
    return tuple(
        RunRecord(
            job,
            period,
            state,
            claimed_by,
            from_stored(claimed_at),
            from_stored(claimed_until),
            attempts,
            from_stored(finished_at) if finished_at else None,
            outcome,
        )
        for (
            job,
            period,
            state,
            claimed_by,
            claimed_at,
            claimed_until,
            attempts,
            finished_at,
            outcome,
        ) in rows(connection, statement("runs/all"))
    )


def claim(
    connection: Connection, run: RunKey, by: Claimant, *, now: datetime, until: datetime
) -> bool:
    """Claim a run and say whether the claim is ours.

    A run that is done is never claimed again; one that failed may be, and one whose claim lapsed.
    """
    claimed = rows(
        connection,
        statement("runs/claim"),
        {
            "job": run.job,
            "period": run.period,
            "claimed_by": by.name,
            "now": to_stored(now),
            "until": to_stored(until),
        },
    )
    return len(claimed) == 1


def finish(
    connection: Connection, run: RunKey, by: Claimant, *, now: datetime, outcome: str
) -> bool:
    """Record that a run is done; False where the claim had lapsed and was taken over."""
    return _close(connection, run, by, now, ("done", outcome))


def fail(connection: Connection, run: RunKey, by: Claimant, *, now: datetime, outcome: str) -> bool:
    """Record that a run failed and why; False where the claim had lapsed and was taken over."""
    return _close(connection, run, by, now, ("failed", outcome))


def lapse(connection: Connection, machine: str, now: datetime) -> tuple[RunKey, ...]:
    """Free the claims of this machine's earlier processes and return their runs.

    Only for the process that holds the home's run lock: it knows that the others are gone.
    """
    parameters = {"prefix": f"{machine}:", "now": to_stored(now)}
    freed = rows(connection, statement("runs/lapse"), parameters)
    return tuple(RunKey(job, period) for job, period in sorted(freed))


def _close(
    connection: Connection, run: RunKey, by: Claimant, now: datetime, end: tuple[str, str]
) -> bool:
    state, outcome = end
    closed = rows(
        connection,
        statement("runs/close"),
        {
            "job": run.job,
            "period": run.period,
            "claimed_by": by.name,
            "state": state,
            "outcome": outcome,
            "now": to_stored(now),
        },
    )
    return len(closed) == 1
