"""What an ingest did: counts per kind, what became of each file, and why rows were left out."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, Literal

from warehouse.schemas import KINDS

Outcome = Literal["taken", "known", "refused", "skipped"]

MANIFEST: Final = "manifest"


@dataclass(frozen=True)
class Tally:
    """Counts of source rows.

    Attributes:
        accepted: Rows stored, late ones included.
        duplicate: Rows that were stored before with the same content; nothing changed.
        late: Accepted rows whose instant lies before the end of the latest closed week.
        quarantined: Rows that broke a rule, conflicts included.
        digits_cut: Accepted amounts that lost a digit other than zero behind the point.
    """

    accepted: int = 0
    duplicate: int = 0
    late: int = 0
    quarantined: int = 0
    digits_cut: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        names = [field.name for field in fields(self)]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True)
class FileResult:
    """What became of one source.

    Attributes:
        name: Path below the folder that was given, control characters escaped.
        outcome: taken; known (the same bytes were taken before, nothing changed); refused (no
            row of it can be taken); skipped (not an event file).
        kind: Kind of its events, 'manifest', or None where it has none.
        reason: Why it was not taken; None for a taken file.
        tally: Its rows.
        reasons: (reason, rows) of what was quarantined, most frequent first.
    """

    name: str
    outcome: Outcome
    kind: str | None = None
    reason: str | None = None
    tally: Tally = Tally()
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class IngestSummary:
    """The result of one ingest, file by file in the order in which they were taken up."""

    files: tuple[FileResult, ...]

    def kinds(self) -> tuple[tuple[str, Tally], ...]:
        """Return (kind, counts) of every kind that a taken file had, in the order of the kinds."""
        taken = {kind.name: [f.tally for f in self.files if f.kind == kind.name] for kind in KINDS}
        return tuple((name, _total(tallies)) for name, tallies in taken.items() if tallies)

    @property
    def total(self) -> Tally:
        """The counts of all kinds together."""
        return _total(result.tally for result in self.files)

    def count(self, outcome: Outcome) -> int:
        """Return the number of files with an outcome."""
        return sum(result.outcome == outcome for result in self.files)

    def of(self, outcome: Outcome) -> tuple[FileResult, ...]:
        """Return the files with an outcome, in order."""
        return tuple(result for result in self.files if result.outcome == outcome)

    def reasons(self) -> tuple[tuple[str, int], ...]:
        """Return (reason, rows) over all files, most frequent first."""
        counts: dict[str, int] = {}
        for result in self.files:
            for reason, rows in result.reasons:
                counts[reason] = counts.get(reason, 0) + rows
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())
