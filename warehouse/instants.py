"""Instants at the door of DuckDB: aware UTC outside, UTC TIMESTAMP without zone inside."""

from datetime import UTC, datetime


def to_stored(instant: datetime) -> datetime:
    """Return the naive UTC datetime that DuckDB stores.

    Raises:
        ValueError: The instant carries no zone; a naive one may mean anything.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant!s} has no zone; pass an aware UTC datetime")
    return instant.astimezone(UTC).replace(tzinfo=None)


def from_stored(instant: datetime) -> datetime:
    """Return the aware UTC datetime of a stored one."""
    return instant.replace(tzinfo=UTC)
