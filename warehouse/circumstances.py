"""What else is known of the owners of a case, beside what joins them. Pure records, no query."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import polars as pl

from warehouse.findings import INSTANT

HOURS_SCHEMA: Final = pl.Schema({"owner_id": pl.String(), "hour": pl.Int32(), "logins": pl.Int64()})
DEVICES_SCHEMA: Final = pl.Schema(
    {"owner_id": pl.String(), "devices": pl.Int64(), "own_devices": pl.Int64()}
)
TURNS_SCHEMA: Final = pl.Schema(
    {
        "value_hash": pl.String(),
        "owner_id": pl.String(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
    }
)
DECLARED_SCHEMA: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "owner_id": pl.String(),
        "country": pl.String(),
        "kyc_level": pl.Int32(),
    }
)


@dataclass(frozen=True)
class Circumstances:
    """How the owners of a case live beside what joins them; empty where nothing is known.

    Attributes:
        hours: `HOURS_SCHEMA`, one row an owner and UTC hour of the day in which it logged in.
        devices: `DEVICES_SCHEMA`, one row an owner with devices: how many it used, and how many of
            them no other owner of the case did.
        turns: `TURNS_SCHEMA`, one row an owner and device that several owners of the case used:
            from when until when.
        declared: `DECLARED_SCHEMA`, one row an account: country and level of verification.
    """

    hours: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=HOURS_SCHEMA))
    devices: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=DEVICES_SCHEMA))
    turns: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=TURNS_SCHEMA))
    declared: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=DECLARED_SCHEMA))
