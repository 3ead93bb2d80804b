"""The clock, written once. Whatever decides gets the instant as an argument."""

from datetime import UTC, datetime

from warehouse.errors import HomeError
from warehouse.home import Home


def real_now() -> datetime:
    """Return the instant of the real clock; what seal times are read from, always."""
    return datetime.now(UTC)


def now(home: Home, stand_in: datetime | None = None) -> datetime:
    """Return the instant that counts in a home: the real one, or in a rehearsal a stand-in.

    Raises:
        HomeError: A stand-in was given for a home that is no rehearsal.
    """
    if stand_in is None:
        return real_now()
    if not home.rehearsal:
        raise HomeError(
            f"--now is refused: {str(home.root)!r} is no rehearsal; "
            "a home for trying things out is made with: winnow init --rehearsal"
        )
    return stand_in
