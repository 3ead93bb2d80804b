"""The records that travel between the packages. All are immutable.

Amounts are integers of micropoints (10⁻⁶ point) everywhere; instants are aware UTC datetimes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NewType

Micropoints = NewType("Micropoints", int)
OwnerId = NewType("OwnerId", str)
AccountId = NewType("AccountId", str)
CaseId = NewType("CaseId", str)

MICROPOINTS_PER_POINT: Final = 1_000_000


@dataclass(frozen=True, order=True)
class Week:
    """One week of a season, with its half-open window [start, end).

    Attributes:
        season: Number of the season, from 1.
        number: Number of the week in its season, from 1.
        start: First instant whose activity counts.
        end: First instant whose activity counts no more.
        issue_at: The issue instant.
    """

    season: int
    number: int
    start: datetime
    end: datetime
    issue_at: datetime

    @property
    def label(self) -> str:
        """The name that people use, as in 'S1W05'."""
        return f"S{self.season}W{self.number:02d}"


@dataclass(frozen=True)
class EventFile:
    """One registered Parquet file of events. A file that is not registered does not exist.

    Attributes:
        path: Relative to the home, with forward slashes.
        kind: Name of the event kind.
        day: UTC day of every row in it.
        rows: Number of rows.
        busts: Number of rows that cancel a fill.
        sha256: Of the file's bytes, in hexadecimal.
        stored_at: When it was registered.
    """

    path: str
    kind: str
    day: date
    rows: int
    busts: int
    sha256: str
    stored_at: datetime


@dataclass(frozen=True)
class Batch:
    """One signed, atomic set of ledger entries; unique by (season, week, kind, key).

    Attributes:
        season: Season number; never null.
        week: Week number, or 0 for what belongs to a season as a whole.
        kind: issue, release, seize, restore, redistribute, adjust or drop.
        key: What makes it unique within its kind: '' for an issue, the case for a release.
        created_at: When it was written.
        entries: Number of entries.
        entries_sha256: Of the canonical entry lines (see `seasons.proofs`).
    """

    season: int
    week: int
    kind: str
    key: str
    created_at: datetime
    entries: int
    entries_sha256: str

    @property
    def batch_id(self) -> str:
        """A readable unique name, as in 'S1W05/issue' or 'S1W05/release/C-1a2b3c'."""
        tail = f"/{self.key}" if self.key else ""
        return f"S{self.season}W{self.week:02d}/{self.kind}{tail}"


@dataclass(frozen=True)
class Checkpoint:
    """A signed state of the log (RFC 6962 tree head in the C2SP note format).

    Attributes:
        size: Number of leaves.
        root: Merkle tree hash over them, 32 bytes.
        note: The signed text, ending in its signature line.
    """

    size: int
    root: bytes
    note: str
