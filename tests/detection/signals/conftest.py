"""Sightings of one family at a time, on an exchange of 5,000 owners."""

from datetime import UTC, datetime

import polars as pl
import pytest

from warehouse.findings import (
    ACCOUNTS_SCHEMA,
    DIRECT_SCHEMA,
    HUBS_SCHEMA,
    NETWORKS_SCHEMA,
    SEEN_SCHEMA,
    Sightings,
)

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def population() -> int:
    return 5_000


@pytest.fixture
def nothing() -> Sightings:
    """Nobody was seen doing anything."""
    return Sightings(
        accounts=pl.DataFrame(schema=ACCOUNTS_SCHEMA),
        devices=pl.DataFrame(schema=SEEN_SCHEMA),
        networks=pl.DataFrame(schema=NETWORKS_SCHEMA),
        addresses=pl.DataFrame(schema=SEEN_SCHEMA),
        direct=pl.DataFrame(schema=DIRECT_SCHEMA),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
    )
