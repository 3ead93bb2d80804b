"""Weeks by integer arithmetic on UTC instants (docs/design.md, section 3, Calendar).

No time zone database and no `date_trunc('week')`: a week is seven times 24 hours, whatever any
clock on a wall does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from warehouse.errors import SeasonError
from warehouse.records import Week

WEEK = timedelta(days=7)
DEFAULT_ISSUE_DELAY = timedelta(hours=26)
_LABEL = re.compile(r"S([1-9]\d{0,3})W(\d{2,3})")


@dataclass(frozen=True)
class Calendar:
    """The weeks of one season.

    Attributes:
        season: Its number, from 1.
        opens: Where the window of week 1 starts.
        first_cutoff: Where it ends.
        weeks: How many there are.
        issue_delay: From a window's end to the issue instant.
    """

    season: int
    opens: datetime
    first_cutoff: datetime
    weeks: int
    issue_delay: timedelta = DEFAULT_ISSUE_DELAY

    def __post_init__(self) -> None:
        for name, instant in (("opens", self.opens), ("first_cutoff", self.first_cutoff)):
            if instant.utcoffset() != timedelta(0):
                raise SeasonError(f"{name} of season {self.season} is {instant!s}; it must be UTC")
        if not self.opens < self.first_cutoff:
            raise SeasonError(
                f"season {self.season} opens at {self.opens!s}, not before its first cutoff "
                f"{self.first_cutoff!s}"
            )
        if self.weeks < 1:
            raise SeasonError(f"season {self.season} has {self.weeks} weeks; it needs at least one")

    @property
    def closes(self) -> datetime:
        """End of the last window."""
        return self.first_cutoff + (self.weeks - 1) * WEEK

    def week(self, number: int) -> Week:
        """Return week `number`, from 1.

        Raises:
            SeasonError: The season has no such week.
        """
        if not 1 <= number <= self.weeks:
            raise SeasonError(
                f"season {self.season} has weeks 1 to {self.weeks}, there is no week {number}"
            )
        end = self.first_cutoff + (number - 1) * WEEK
        start = self.opens if number == 1 else end - WEEK
        return Week(self.season, number, start, end, end + self.issue_delay)

    def all_weeks(self) -> tuple[Week, ...]:
        """Return every week, first to last."""
        return tuple(self.week(number) for number in range(1, self.weeks + 1))

    def week_at(self, instant: datetime) -> Week | None:
        """Return the week whose window holds the instant, or None outside of the season."""
        if not self.opens <= instant < self.closes:
            return None
        if instant < self.first_cutoff:
            return self.week(1)
        return self.week((instant - self.first_cutoff) // WEEK + 2)

    def issuable(self, now: datetime) -> tuple[Week, ...]:
        """Return the weeks whose issue instant has come, first to last."""
        return tuple(week for week in self.all_weeks() if week.issue_at <= now)


def _utc(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


# From the public page of Backpack's seasons. That the first window of season 1 has six days is our
# reading of "opens 2025-03-21, first cutoff 2025-03-27".
BACKPACK = (
    Calendar(1, _utc(2025, 3, 21), _utc(2025, 3, 27), 10),
    Calendar(2, _utc(2025, 7, 3), _utc(2025, 7, 10), 10),
    Calendar(3, _utc(2025, 9, 11), _utc(2025, 9, 18), 10),
    Calendar(4, _utc(2025, 11, 20), _utc(2025, 11, 27), 10),
)


def parse_label(label: str) -> tuple[int, int]:
    """Return (season, week) of a label such as 'S1W05'.

    Raises:
        SeasonError: The text is no such label.
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        raise SeasonError(f"{label!r} is not a week; write it like 'S1W05'")
    return int(match[1]), int(match[2])


def find_week(calendars: Iterable[Calendar], label: str) -> Week:
    """Return the week that a label names.

    Raises:
        SeasonError: The label is malformed, or no season has such a week.
    """
    season, number = parse_label(label)
    for calendar in calendars:
        if calendar.season == season:
            return calendar.week(number)
    raise SeasonError(f"{label!r}: there is no season {season} in this home")


def check_disjoint(calendars: Iterable[Calendar]) -> None:
    """Check that an instant belongs to at most one window; seasons may touch or leave a gap.

    Raises:
        SeasonError: Two seasons overlap or share a number.
    """
    ordered = sorted(calendars, key=lambda calendar: calendar.opens)
    numbers = [calendar.season for calendar in ordered]
    if len(set(numbers)) < len(numbers):
        raise SeasonError(f"season numbers {numbers!r} are not unique")
    for before, after in pairwise(ordered):
        if after.opens < before.closes:
            raise SeasonError(
                f"season {after.season} opens at {after.opens!s}, before season "
                f"{before.season} ends at {before.closes!s}"
            )
