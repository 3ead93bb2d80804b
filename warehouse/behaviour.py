"""What every owner did by itself, before an instant: one row an owner, from the event files.

It links nobody. The classifier and the novelty lane describe owners by it (`detection.
account_traits`), and it is the flat baseline that evidence of links has to be better than.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from warehouse.connection import frame, scratch
from warehouse.findings import INSTANT
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile
from warehouse.statements import statement

_TRADING: Final = pl.Schema(
    {
        **dict.fromkeys(("fills", "takes", "trading_days", "markets"), pl.Int64()),
        **dict.fromkeys(("notional_cents", "taken_cents", "thin_cents"), pl.Int64()),
        **dict.fromkeys(("main_market_cents", "flat_cents", "bought_cents"), pl.Int64()),
        **dict.fromkeys(("open_cents", "fees_cents", "pnl_cents"), pl.Int64()),
        **dict.fromkeys(("size_millis", "square_size_micros", "round_takes"), pl.Int64()),
        **dict.fromkeys(("trade_east_millis", "trade_north_millis"), pl.Int64()),
        **dict.fromkeys(("first_trade", "last_trade"), INSTANT),
    }
)
_PRESENCE: Final = pl.Schema(
    {
        **dict.fromkeys(("logins", "login_days", "devices", "addresses"), pl.Int64()),
        **dict.fromkeys(("device_logins", "main_device_logins"), pl.Int64()),
        **dict.fromkeys(("login_east_millis", "login_north_millis"), pl.Int64()),
    }
)
_MONEY: Final = pl.Schema(
    {
        **dict.fromkeys(("deposits", "deposited_cents", "deposit_addresses"), pl.Int64()),
        "first_deposit": INSTANT,
        **dict.fromkeys(("withdrawals", "withdrawn_cents", "withdrawal_addresses"), pl.Int64()),
        "last_withdrawal": INSTANT,
    }
)
_ARRIVAL: Final = pl.Schema({"referred": pl.Int64(), "referees": pl.Int64()})
_PARTS: Final = (
    ("trading", ("traded", "traded_by_day", "behaviour_in_markets"), "fills", _TRADING),
    ("presence", ("behaviour_of_presence",), "logins", _PRESENCE),
    ("money", ("behaviour_of_money",), "transfers", _MONEY),
    ("arrival", ("behaviour_of_referral",), "referrals", _ARRIVAL),
)
_REDUCED: Final = ("behaviour_in_markets",)  # made from tables rather than files
BEHAVIOUR_SCHEMA: Final = pl.Schema(
    {
        "owner_id": pl.String(),
        "accounts": pl.Int64(),
        "opened_at": INSTANT,
        **_TRADING,
        **_PRESENCE,
        **_MONEY,
        **_ARRIVAL,
    }
)
# Where the source does not say what was realised, nothing is known of it.
_COUNTED: Final = tuple(
    name
    for name, kind in BEHAVIOUR_SCHEMA.items()
    if kind == pl.Int64() and name not in {"accounts", "pnl_cents"}
)


def load_behaviour(
    home: Home, files: Sequence[EventFile], *, until: datetime, threads: int | None = None
) -> pl.DataFrame:
    """Return what every owner did before an instant, whether it did anything or not.

    Args:
        home: Where the files lie.
        files: Registered files of accounts, fills, logins, transfers, referrals; others are left
            out.
        until: Events from this instant on are not read; aware UTC.
        threads: Of the engine; None leaves it to the engine. The result does not depend on it.

    Returns:
        `BEHAVIOUR_SCHEMA`, sorted by owner_id; accounts of the exchange itself are left out. Counts
        and sums are 0 where there was nothing, instants and pnl_cents null. Of takes alone are
        size_millis and square_size_micros (sums of the natural logarithm of USD, and of its
        square), round_takes, and the sums of places on the clock of 24 hours (east, north). bought
        is signed, flat_cents is the volume of days in a market that ended about flat, open_cents
        adds what stayed open over the markets.
    """
    paths = {
        kind: [str(home.root / file.path) for file in files if file.kind == kind]
        for kind in ("accounts", *(kind for _, _, kind, _ in _PARTS))
    }
    if not paths["accounts"]:
        return pl.DataFrame(schema=BEHAVIOUR_SCHEMA)
    bound = {"until": to_stored(until)}
    with scratch(home, threads=threads) as connection:
        accounts = frame(
            connection, statement("evidence/accounts"), {**bound, "files": paths["accounts"]}
        )
        numbered = pl.col("owner_id").rank("dense").cast(pl.Int64).alias("owner")
        connection.register(
            "accounts", accounts.select("account_id", "owner_id", "opened_at", numbered)
        )
        for table, queries, kind, schema in _PARTS:
            if not paths[kind]:
                connection.register(table, pl.DataFrame(schema={"owner_id": pl.String(), **schema}))
                continue
            for query in queries:
                reads = query not in _REDUCED
                of_kind = {**bound, "files": paths[kind]} if reads else None
                connection.execute(statement(f"evidence/{query}"), of_kind)
        found = frame(connection, statement("evidence/behaviour"))
    return (
        found.select(BEHAVIOUR_SCHEMA.names())
        .cast(BEHAVIOUR_SCHEMA)
        .with_columns(pl.col(_COUNTED).fill_null(0))
    )
