"""What a synthetic season is: its size, its dates and the seed that everything follows from."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

HOUR: Final = 3_600_000_000  # microseconds, like every instant in this package
DAY: Final = 24 * HOUR
MINUTE: Final = 60_000_000
SECOND: Final = 1_000_000
USD: Final = 1_000_000  # micro-USD, like every amount in this package

FEWEST_ACCOUNTS: Final = 100


@dataclass(frozen=True)
class SeasonPlan:
    """The size and the dates of a synthetic season; two equal plans give equal bytes.

    Attributes:
        seed: Any whole number from 0.
        accounts: Traders, market makers and system accounts together.
        weeks: Number of windows.
        opens: First day, midnight UTC.
        first_cutoff: Day at whose midnight the first window ends.
    """

    seed: int
    accounts: int = 3_000
    weeks: int = 4
    opens: date = date(2025, 3, 21)
    first_cutoff: date = date(2025, 3, 27)

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

    def day(self, number: int) -> date:
        """Return the date of day `number`, from 0."""
        return self.opens + timedelta(days=number)
