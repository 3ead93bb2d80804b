"""Sightings from the registered event files: what owners could share, before an instant.

The queries reduce events to one row an owner and value, and leave out what cannot be evidence:
values of one owner alone, and hubs, which are told apart. What the sightings mean is decided in
`detection`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from warehouse.connection import Connection, frame, scratch
from warehouse.events import registered_files
from warehouse.findings import (
    ACCOUNTS_SCHEMA,
    BEGINNERS_SCHEMA,
    DIRECT_SCHEMA,
    HAND_OVERS_SCHEMA,
    HUBS_SCHEMA,
    INSTANT,
    MOVED_SCHEMA,
    NETWORKS_SCHEMA,
    PASSED_SCHEMA,
    PATHS_SCHEMA,
    SEEN_SCHEMA,
    USES_SCHEMA,
    Sightings,
)
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile
from warehouse.statements import statement
from warehouse.trading import FlowLimits, read_order_flow

KINDS: Final = ("accounts", "logins", "transfers", "fills", "referrals")


@dataclass(frozen=True)
class Caps:
    """Most owners that may hold a value before it is a hub, by signal, and how far to look.

    `paths` is the cap of addresses outside on the way of money, `hops` how many transfers are
    followed, `hand_over_days` how close device, country and sink change where hands changed.
    """

    device: int
    network: int
    withdrawal_destination: int
    deposit_source: int
    paths: int = 40
    hops: int = 3
    hand_over_days: int = 14
    flow: FlowLimits = field(default_factory=FlowLimits)


def evidence_files(connection: Connection) -> tuple[EventFile, ...]:
    """Return the registered files of the kinds that evidence is read from."""
    return tuple(file for kind in KINDS for file in registered_files(connection, kind))


def load_sightings(
    home: Home,
    files: Sequence[EventFile],
    *,
    until: datetime,
    caps: Caps,
    threads: int | None = None,
) -> Sightings:
    """Read what was seen of every owner before an instant.

    Args:
        home: Where the files lie.
        files: Registered files; those of other kinds than `KINDS` are left out.
        until: Events from this instant on are not read; aware UTC.
        caps: By signal; values held by more owners are counted in `hubs` and nothing else.
        threads: Of the engine; None leaves it to the engine.

    Returns:
        The sightings; frames of kinds without files are empty.
    """
    with _reduced(home, files, until, caps.hand_over_days, threads) as (reader, accounts):
        found = _further(reader, _sightings(reader.connection, accounts, caps), caps)
        accounts_at, fills_at = reader.paths("accounts"), reader.paths("fills")
    with scratch(home, threads=threads) as connection:
        flow = read_order_flow(connection, accounts_at, fills_at, until, caps.flow)
    return replace(found, flow=flow)


def load_norms(
    home: Home, files: Sequence[EventFile], *, until: datetime, hand_over_days: int
) -> pl.DataFrame:
    """Return what is usual: signal, seen_values, median_holders; one row a signal, sorted.

    Args:
        home: Where the files lie.
        files: Registered files; those of other kinds than `KINDS` are left out.
        until: Events from this instant on are not read; aware UTC.
        hand_over_days: As in `Caps`: what a hand-over ends, it ends here as in the detection.
    """
    with _reduced(home, files, until, hand_over_days, None) as (reader, _):
        return frame(reader.connection, statement("evidence/norms"))


def load_accounts(home: Home, files: Sequence[EventFile], *, until: datetime) -> pl.DataFrame:
    """Return the accounts as they stood at an instant, `ACCOUNTS_SCHEMA`, system ones left out."""
    with scratch(home) as connection:
        reader = _Reader(connection, home, tuple(files), until)
        return reader.read("accounts", ACCOUNTS_SCHEMA, "accounts")


def load_account_ids(home: Home, files: Sequence[EventFile], *, until: datetime) -> pl.DataFrame:
    """Return the account_id of every account that existed at an instant, system ones included."""
    schema = pl.Schema({"account_id": pl.String()})
    with scratch(home) as connection:
        reader = _Reader(connection, home, tuple(files), until)
        return reader.read("account_ids", schema, "accounts")


def load_kinds(home: Home, files: Sequence[EventFile], asked: pl.DataFrame) -> pl.DataFrame:
    """Return what accounts were declared to be, each just before an instant of its own.

    Args:
        home: Where the files lie.
        files: Registered files; those of other kinds than accounts are left out.
        asked: account_id, as_of; no row twice.

    Returns:
        account_id, as_of, kind, declared_group (nullable), sorted; accounts that were unknown by
        then are left out.
    """
    paths = [str(home.root / file.path) for file in files if file.kind == "accounts"]
    if not paths or asked.is_empty():
        return pl.DataFrame(schema=_KINDS_SCHEMA)
    with scratch(home) as connection:
        connection.register("asked", asked)
        return _conformed(
            frame(connection, statement("evidence/kinds"), {"files": paths}), _KINDS_SCHEMA
        )


@contextmanager
def _reduced(
    home: Home, files: Sequence[EventFile], until: datetime, days: int, threads: int | None
) -> Iterator[tuple["_Reader", pl.DataFrame]]:
    """Open a scratch engine with the tables that the queries of the folder build on."""
    with scratch(home, threads=threads) as connection:
        reader = _Reader(connection, home, tuple(files), until)
        accounts = reader.read("accounts", ACCOUNTS_SCHEMA, "accounts")
        connection.register("accounts", accounts)
        reader.reduce("hand_overs", HAND_OVERS_SCHEMA, "accounts", "logins", "transfers", days=days)
        reader.reduce("devices", _DEVICES_TABLE, "logins")
        reader.reduce("network_hours", NETWORKS_SCHEMA, "logins")
        reader.reduce("transfers", _ROUTES_SCHEMA, "transfers")
        connection.execute(statement("evidence/addresses"))
        connection.execute(statement("evidence/seen"))
        yield reader, accounts


_KINDS_SCHEMA: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "as_of": INSTANT,
        "kind": pl.String(),
        "declared_group": pl.String(),
    }
)
_DEVICES_TABLE: Final = pl.Schema({**SEEN_SCHEMA, "logins_since": pl.Int64()})
_PATHS_TABLE: Final = pl.Schema({**PATHS_SCHEMA, "address": pl.String(), "met": pl.String()})
_ROUTES_SCHEMA: Final = pl.Schema(
    {**DIRECT_SCHEMA, "source_hash": pl.String(), "destination_hash": pl.String()}
)


@dataclass(frozen=True)
class _Reader:
    """Reads one kind of event file after the other into the scratch engine."""

    connection: Connection
    home: Home
    files: tuple[EventFile, ...]
    until: datetime

    def read(self, query: str, schema: pl.Schema, *kinds: str, **further: int) -> pl.DataFrame:
        """Return the result of `evidence/<query>` over the files of some kinds.

        The paths are bound as `files` where there is one kind, else by the name of each kind; with
        a kind that has no files the result is empty.
        """
        bound = self._bound(kinds, further)
        if bound is None:
            return pl.DataFrame(schema=schema)
        return _conformed(frame(self.connection, statement(f"evidence/{query}"), bound), schema)

    def reduce(self, table: str, schema: pl.Schema, *kinds: str, **further: int) -> None:
        """Make the temporary table of `evidence/<table>` from the files of some kinds."""
        bound = self._bound(kinds, further)
        if bound is None:
            self.connection.register(table, pl.DataFrame(schema=schema))
        else:
            self.connection.execute(statement(f"evidence/{table}"), bound)

    def paths(self, kind: str) -> list[str]:
        """Return where the files of a kind lie."""
        return [str(self.home.root / file.path) for file in self.files if file.kind == kind]

    def _bound(self, kinds: Sequence[str], further: dict[str, int]) -> dict[str, Any] | None:
        paths = {kind: self.paths(kind) for kind in kinds}
        if not all(paths.values()):
            return None
        named = paths if len(paths) > 1 else {"files": paths[kinds[0]]}
        return {**named, **further, "until": to_stored(self.until)}


def _further(reader: "_Reader", found: Sightings, caps: Caps) -> Sightings:
    """Add what takes more than one step to see: paths of money, beginners, changed hands."""
    con = reader.connection
    reader.reduce("paths", _PATHS_TABLE, "transfers", hops=caps.hops, cap=caps.paths)
    shared = frame(con, statement("evidence/shared_paths"), {"cap": caps.paths})
    passed = frame(con, statement("evidence/passed"))
    changed = frame(con, "select account_id, begins from hand_overs order by account_id")
    return replace(
        found,
        paths=_conformed(shared, PATHS_SCHEMA),
        passed=_conformed(passed, PASSED_SCHEMA),
        beginners=reader.read("beginners", BEGINNERS_SCHEMA, "referrals", "fills"),
        hand_overs=_conformed(changed, HAND_OVERS_SCHEMA),
        moved=reader.read("moved", MOVED_SCHEMA, "accounts"),
    )


def _sightings(connection: Connection, accounts: pl.DataFrame, caps: Caps) -> Sightings:
    """Read the reduced tables back, without what cannot be evidence."""

    def shared(signal: str, cap: int) -> pl.DataFrame:
        bound = {"signal": signal, "cap": cap}
        return _conformed(
            frame(connection, statement("evidence/shared_values"), bound), SEEN_SCHEMA
        )

    def hubs(family: str, signal: str, cap: int) -> pl.DataFrame:
        bound = {"family": family, "signal": signal, "cap": cap}
        return frame(connection, statement("evidence/hub_values"), bound)

    funding = (
        ("withdrawal_destination", caps.withdrawal_destination),
        ("deposit_source", caps.deposit_source),
    )
    cut = [
        hubs("device", "device", caps.device),
        *(hubs("funding", signal, cap) for signal, cap in funding),
        frame(connection, statement("evidence/hub_networks"), {"cap": caps.network}),
    ]
    networks = frame(connection, statement("evidence/shared_networks"), {"cap": caps.network})
    uses = frame(connection, statement("evidence/uses"), {"cap": caps.device})
    homes = frame(connection, statement("evidence/homes"), {"cap": caps.network})
    return Sightings(
        accounts=accounts,
        devices=shared("device", caps.device),
        networks=_conformed(networks, NETWORKS_SCHEMA),
        addresses=pl.concat([shared(signal, cap) for signal, cap in funding]),
        direct=_conformed(frame(connection, statement("evidence/direct")), DIRECT_SCHEMA),
        hubs=pl.concat([_conformed(part, HUBS_SCHEMA) for part in cut]),
        uses=_conformed(uses, USES_SCHEMA),
        homes=_conformed(homes, SEEN_SCHEMA),
    )


def _conformed(found: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return found.select(schema.names()).cast(schema)
