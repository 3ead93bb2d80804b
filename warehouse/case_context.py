"""What a case is seen beside: how its owners live, and what is usual on the exchange."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from warehouse.circumstances import (
    DECLARED_SCHEMA,
    DEVICES_SCHEMA,
    HOURS_SCHEMA,
    TURNS_SCHEMA,
    Circumstances,
)
from warehouse.connection import Connection, frame, scratch
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile
from warehouse.statements import statement

_USUAL_SCHEMA: Final = pl.Schema({"signal": pl.String(), "median_holders": pl.Int64()})


def load_circumstances(
    home: Home, files: Sequence[EventFile], members: pl.DataFrame, *, until: datetime
) -> Circumstances:
    """Read how the owners of a case live beside what joins them.

    Args:
        home: Where the files lie.
        files: Registered files; those of other kinds than accounts and logins are left out.
        members: account_id, owner_id of the accounts of the case.
        until: Events from this instant on are not read; aware UTC.
    """
    paths = _paths(home, files, "accounts", "logins")
    with scratch(home) as connection:
        connection.register("members", members.select("account_id", "owner_id").unique())
        declared = _read(connection, "declared", DECLARED_SCHEMA, until, accounts=paths["accounts"])
        if not paths["logins"]:
            return Circumstances(declared=declared)
        bound = {"logins": paths["logins"], "until": to_stored(until)}
        connection.execute(statement("circumstances/used"), bound)
        return Circumstances(
            hours=_read(connection, "hours", HOURS_SCHEMA, until, logins=paths["logins"]),
            devices=_conformed(_plain(connection, "devices"), DEVICES_SCHEMA),
            turns=_conformed(_plain(connection, "turns"), TURNS_SCHEMA),
            declared=declared,
        )


def load_usual(home: Home, files: Sequence[EventFile], *, until: datetime) -> pl.DataFrame:
    """Return what is usual where nobody holds a value: signal, median_holders.

    It is how many the median referrer brought, and how many signed up on the median day.
    """
    paths = _paths(home, files, "accounts", "referrals")
    with scratch(home) as connection:
        found = [
            _read(connection, query, _USUAL_SCHEMA, until, **{kind: paths[kind]})
            for query, kind in (("usual_sign_ups", "accounts"), ("usual_referrers", "referrals"))
        ]
    return pl.concat(found).drop_nulls()


def load_usual_partners(connection: Connection, owners: int) -> pl.DataFrame:
    """Return the signals of which the median owner shows none: signal, median_holders (0).

    Args:
        connection: The warehouse; the newest detection is looked at.
        owners: Number of owners of the exchange.
    """
    found = frame(connection, statement("circumstances/usual_partners"), {"owners": owners})
    return _conformed(found, _USUAL_SCHEMA)


def _paths(home: Home, files: Sequence[EventFile], *kinds: str) -> dict[str, list[str]]:
    return {
        kind: [str(home.root / file.path) for file in files if file.kind == kind] for kind in kinds
    }


def _read(
    connection: Connection, query: str, schema: pl.Schema, until: datetime, **paths: list[str]
) -> pl.DataFrame:
    """Return the result of `circumstances/<query>`; without files it is empty."""
    if not all(paths.values()):
        return pl.DataFrame(schema=schema)
    bound = {**paths, "until": to_stored(until)}
    return _conformed(frame(connection, statement(f"circumstances/{query}"), bound), schema)


def _plain(connection: Connection, query: str) -> pl.DataFrame:
    return frame(connection, statement(f"circumstances/{query}"))


def _conformed(found: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return found.select(schema.names()).cast(schema)
