"""Keeps what was traded in a week as it was counted when the week was issued."""

from typing import Final

import polars as pl

from warehouse.connection import Connection, frame
from warehouse.frames import USD_UNITS
from warehouse.records import Week
from warehouse.statements import statement

_DIGITS: Final = 10
_USD: Final = pl.Decimal(38, _DIGITS)


def store_volumes(
    connection: Connection, week: Week, markets: pl.DataFrame, owners: pl.DataFrame
) -> None:
    """Store a week's volumes.

    Args:
        connection: Inside the transaction that issues the week.
        week: Which one.
        markets: market, notional, own, matched, round_trip in 10⁻¹⁰ USD (Int128).
        owners: owner_id, notional, round_trip, qualified, likewise.
    """
    for table, content in (("wash_shares", markets), ("qualified_volumes", owners)):
        connection.register("new_rows", _as_usd(content))
        try:
            connection.execute(
                f"insert into {table} by name "  # noqa: S608
                "select $season as season, $week as week, * from new_rows",
                {"season": week.season, "week": week.number},
            )
        finally:
            connection.unregister("new_rows")


def load_wash_shares(connection: Connection, season: int, week: int) -> pl.DataFrame:
    """Return market, notional, own, matched, round_trip in 10⁻¹⁰ USD (Int128), by market."""
    return _load(connection, "volumes/wash_shares", season, week)


def load_qualified_volumes(connection: Connection, season: int, week: int) -> pl.DataFrame:
    """Return owner_id, notional, round_trip, qualified in 10⁻¹⁰ USD (Int128), by owner."""
    return _load(connection, "volumes/qualified_volumes", season, week)


def _load(connection: Connection, name: str, season: int, week: int) -> pl.DataFrame:
    found = frame(connection, statement(name), {"season": season, "week": week})
    return found.with_columns(
        column.to_physical().cast(pl.Int128)
        for column in found
        if isinstance(column.dtype, pl.Decimal)
    )


def _as_usd(content: pl.DataFrame) -> pl.DataFrame:
    """Return units as decimal USD, by their digits: a cast would multiply where it cannot."""
    units = pl.selectors.by_dtype(pl.Int128)
    return content.select(
        pl.selectors.by_dtype(pl.String),
        *(
            pl.concat_str(
                (pl.col(name) // USD_UNITS).cast(pl.String),
                (pl.col(name) % USD_UNITS).cast(pl.String).str.zfill(_DIGITS),
                separator=".",
            )
            .cast(_USD)
            .alias(f"{name}_usd")
            for name in content.select(units).columns
        ),
    )
