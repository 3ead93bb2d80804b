"""What a synthetic season is: its size, its dates and the seed that everything follows from."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from simulator.mix import Mix

HOUR: Final = 3_600_000_000  # microseconds, like every instant in this package
DAY: Final = 24 * HOUR
MINUTE: Final = 60_000_000
SECOND: Final = 1_000_000
USD: Final = 1_000_000  # micro-USD, like every amount in this package
SATURDAY: Final = 5  # as `date.weekday` counts

FEWEST_ACCOUNTS: Final = 100


@dataclass(frozen=True)
class Span:
    """One week of a season: the half-open interval [start, end).

    Attributes:
        number: From 1.
        first_day: Number of its first day within the season, from 0.
        days: How many days it has.
        start: First instant.
        end: First instant after it.
    """

    number: int
    first_day: int
    days: int
    start: int
    end: int

    def covers(self, name: str) -> pl.Expr:
        """Whether the instant in column `name` belongs to this week."""
        return (pl.col(name) >= self.start) & (pl.col(name) < self.end)


@dataclass(frozen=True)
class SeasonPlan:
    """The size and the dates of a synthetic season; two equal plans give equal bytes.

    Attributes:
        seed: Any whole number from 0.
        accounts: Traders, market makers and system accounts together.
        weeks: Number of windows.
        opens: First day, midnight UTC.
        first_cutoff: Day at whose midnight the first window ends.
        mix: How common each pattern is.
    """

    seed: int
    accounts: int = 3_000
    weeks: int = 4
    opens: date = date(2025, 3, 21)
    first_cutoff: date = date(2025, 3, 27)
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"the seed is {self.seed!r}; it must not be negative")
        if self.accounts < FEWEST_ACCOUNTS:
            raise ValueError(
                f"{self.accounts!r} accounts are too few for a season; "
                f"take {FEWEST_ACCOUNTS} or more"
            )
        if self.weeks < 1:
            raise ValueError(f"a season of {self.weeks!r} weeks has no window; take 1 or more")
        if self.first_cutoff <= self.opens:
            raise ValueError(
                f"the first cutoff {self.first_cutoff!s} does not come after {self.opens!s}"
            )

    @property
    def days(self) -> int:
        """Days from the opening to the end of the last window."""
        return (self.first_cutoff - self.opens).days + 7 * (self.weeks - 1)

    @property
    def start(self) -> int:
        """First instant, in microseconds since 1970 UTC."""
        return int(datetime(*self.opens.timetuple()[:3], tzinfo=UTC).timestamp()) * SECOND

    @property
    def end(self) -> int:
        """First instant after the season."""
        return self.start + self.days * DAY

    def span(self, number: int) -> Span:
        """Return week `number`, from 1."""
        if not 1 <= number <= self.weeks:
            raise ValueError(f"week {number!r} is not one of the {self.weeks} of the season")
        until = (self.first_cutoff - self.opens).days + 7 * (number - 1)
        first = 0 if number == 1 else until - 7
        start, end = self.start + first * DAY, self.start + until * DAY
        return Span(number, first, until - first, start, end)

    def day(self, number: int) -> date:
        """Return the date of day `number`, from 0."""
        return self.opens + timedelta(days=number)
