"""Every error that Winnow raises on purpose, as one tree.

    WinnowError
    ├── HomeError          no home here, a home that is there already, a key that is missing
    ├── WarehouseBusy      another process holds the warehouse for writing
    ├── SourceRefused      a source file of which no row can be taken
    ├── SeasonError        an unknown week, a week that is not due, a malformed season file
    │   ├── BooksIncomplete  the books cannot close over a gap
    │   └── NobodyQualifies  no owner earns in any pool
    ├── FormulaError       a formula that is malformed, sealed already, or not to be revealed yet
    ├── AllocationError    amounts too large to be split exactly
    ├── LedgerError        a batch that does not balance or is there already with other content
    ├── ProposalError      points by hand: a malformed file, too small a budget, no second person
    ├── DetectionError     malformed detection terms, a detection that would replace a newer one
    ├── CaseError          an unknown case, a move that is not allowed
    ├── PolicyError        a policy that is malformed, missing, or changed under its old version
    ├── RehearsalError     a rehearsal that cannot be played, or not be called what was asked for
    └── VerificationFailed a stored number that differs from its second road

A message is lower case, carries the value by `!r`, and says what to do next where we know it.
It never carries a formula, a key, an IP address or a device.
"""

from collections.abc import Sequence


class WinnowError(Exception):
    """Base of every error that is an answer to the user and not a bug."""


class HomeError(WinnowError):
    """The home is missing, exists already, or lacks a key."""


class WarehouseBusy(WinnowError):
    """Another process held the warehouse for writing longer than we wait."""


class SourceRefused(WinnowError):
    """A source file of which no row can be taken; the message is the reason."""


class SeasonError(WinnowError):
    """A season file is malformed, a week is unknown, or a week is not due."""


class BooksIncomplete(SeasonError):
    """A week's books cannot close because something is missing.

    Attributes:
        missing: One sentence for each gap, in order of day and kind.
    """

    def __init__(self, week: str, missing: Sequence[str]) -> None:
        self.week = week
        self.missing = tuple(missing)
        shown = "; ".join(self.missing)
        super().__init__(
            f"the books of {week!r} cannot close: {shown}. "
            "Ingest what is missing, or record --accept-missing REASON"
        )


class NobodyQualifies(SeasonError):
    """No owner earns in any pool, so the week is not issued."""


class FormulaError(WinnowError):
    """A formula is malformed, sealed already, missing, or not to be revealed yet."""


class AllocationError(WinnowError):
    """Weights or amounts are outside of what can be split exactly."""


class LedgerError(WinnowError):
    """A batch does not balance, or exists with other content."""


class ProposalError(WinnowError):
    """A file of points by hand is malformed, exceeds its budget, or lacks its second person."""


class DetectionError(WinnowError):
    """A file of detection terms is malformed, or a detection would replace a newer one."""


class CaseError(WinnowError):
    """A case is unknown, or the move is not allowed in its state."""


class PolicyError(WinnowError):
    """A policy is malformed, missing, or changed without a new version."""


class RehearsalError(WinnowError):
    """A rehearsal cannot be played as it was asked for, or not be called an evaluation."""


class VerificationFailed(WinnowError):
    """A stored number differs from the one found by a second road."""
