"""A small made-up exchange for the detection: who used what, written down in sentences."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC).replace(tzinfo=None)  # as stored


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number:05d}" for number in range(count)]


@dataclass
class Exchange:
    """Collects sightings of a population of strangers and whoever is named."""

    strangers: int = 4_000
    accounts: dict[str, tuple[str, datetime, str | None]] = field(default_factory=dict)
    devices: list[tuple] = field(default_factory=list)
    networks: list[tuple] = field(default_factory=list)
    addresses: list[tuple] = field(default_factory=list)
    transfers: list[tuple] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in _names("stranger", self.strangers):
            self.account(name)

    def account(self, name, owner=None, opened_at=NOON, declared_group=None, kind="retail"):
        self.accounts[name] = (owner or name, opened_at, declared_group, kind)
        return name

    def farm(self, prefix: str, count: int) -> list[str]:
        return [self.account(name) for name in _names(prefix, count)]

    def share_device(self, device: str, accounts, days: int = 1) -> None:
        """Seen from noon on for so many days."""
        self.devices += [self._seen(name, "device", device, days) for name in accounts]

    def meet(self, address: str, accounts, hour: datetime = NOON) -> None:
        self.networks += [(self._owner(name), name, address, hour, 1, 0) for name in accounts]

    def withdraw(self, address: str, accounts) -> None:
        self.addresses += [self._seen(name, "withdrawal_destination", address) for name in accounts]

    def fund(self, address: str, accounts) -> None:
        self.addresses += [self._seen(name, "deposit_source", address) for name in accounts]

    def send(self, source: str, destination: str) -> None:
        self.transfers.append(
            (self._owner(source), source, self._owner(destination), destination, NOON, NOON, 1)
        )

    def sightings(self) -> Sightings:
        accounts = [(name, *facts) for name, facts in self.accounts.items()]
        return Sightings(
            pl.DataFrame(accounts, schema=ACCOUNTS_SCHEMA, orient="row"),
            self._merged(self.devices),
            self._met(),
            self._merged(self.addresses),
            pl.DataFrame(self.transfers, schema=DIRECT_SCHEMA, orient="row"),
            pl.DataFrame(schema=HUBS_SCHEMA),
        )

    def _met(self) -> pl.DataFrame:
        return pl.DataFrame(self.networks, schema=NETWORKS_SCHEMA, orient="row").with_columns(
            holders=pl.col("owner_id").n_unique().over("value_hash").cast(pl.Int32)
        )

    def _owner(self, name: str) -> str:
        return self.accounts[name][0]

    def _seen(self, name: str, signal: str, value: str, days: int = 1) -> tuple:
        return (self._owner(name), name, signal, value, NOON, NOON + timedelta(days=days), 1)

    def _merged(self, seen: list[tuple]) -> pl.DataFrame:
        """One row an (owner, value), as the queries give."""
        return (
            pl.DataFrame(seen, schema=SEEN_SCHEMA, orient="row")
            .group_by("owner_id", "signal", "value_hash")
            .agg(
                pl.col("account_id").min(),
                pl.col("first_seen").min(),
                pl.col("last_seen").max(),
                pl.col("sightings").sum(),
            )
            .select(SEEN_SCHEMA.names())
        )


@pytest.fixture
def exchange() -> Exchange:
    """An exchange with 4,000 strangers who share nothing."""
    return Exchange()


@pytest.fixture
def as_of() -> datetime:
    return datetime(2025, 3, 28, tzinfo=UTC)
