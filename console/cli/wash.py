"""`winnow wash` shows a week's volume and what of it came back to nothing."""

from typing import Annotated, Any

import polars as pl
import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, counted, print_facts, print_json, print_line, print_table
from jobs.season_files import calendars, load_seasons
from jobs.wash import Counted, WashReport, wash_of
from seasons.calendar import find_week
from warehouse.frames import USD_UNITS

_TOLD = {
    Counted.AT_ISSUE: "as counted when the week was issued",
    Counted.CLOSED: "measured now, on closed books",
    Counted.OPEN: "measured now; the books are open, more events may come",
}
_PARTS = ("own", "matched", "round_trip")


def wash(
    ctx: typer.Context,
    week: Annotated[str, typer.Argument(help="Which week, as in S1W03.")],
    owner: Annotated[
        str | None, typer.Option(help="Show this owner's volume and nothing else.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="How many owners to name; 0 for all with round trips.")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Show a week's volume by market, and how much of it came back to nothing.

    In rings are trades between owners who took from one another far more
    often than chance, in both directions or in a circle. Round trips are
    those after which both were back to what they held. That says what was
    traded, and nothing about why.

    Example: winnow wash S1W03
    """
    home = invocation(ctx).home
    found = wash_of(home, find_week(calendars(load_seasons(home)), week))
    trips = found.volumes.owners.filter(pl.col("round_trip") > 0)
    named = trips.sort("round_trip", "owner_id", descending=[True, False])
    named = named.head(limit) if limit else named
    if owner is not None:
        named = found.volumes.owners.filter(pl.col("owner_id") == owner)
    if as_json:
        print_json(_document(found, named, trips.height))
        return
    if owner is None:
        _show_markets(found)
    elif named.is_empty():
        print_line(f"{owner!r} traded with nobody else in {found.week}")
    _show_owners(found, named, trips.height)


def _show_markets(found: WashReport) -> None:
    markets = found.volumes.markets
    total = markets.select(pl.lit("all").alias("market"), pl.col("notional", *_PARTS).sum())
    says = "count in no measure" if found.rule.excluded else "count like any other"
    print_facts(
        f"Volume of {found.week}",
        (("numbers", _TOLD[found.counted]), ("round trips", f"{says} in this season")),
    )
    print_table(
        "By market, in USD; each trade once",
        ("market", "volume", "with oneself", "in rings", "round trips"),
        [
            (row["market"], _usd(row["notional"]), *(_part(row, part) for part in _PARTS))
            for row in [*markets.iter_rows(named=True), *total.iter_rows(named=True)]
        ],
        numbers=("volume", "with oneself", "in rings", "round trips"),
    )


def _show_owners(found: WashReport, named: pl.DataFrame, owners: int) -> None:
    if named.is_empty():
        return
    print_table(
        f"{found.week}: {count(named.height)} shown; "
        f"{counted(owners, 'owner', 'owners')} with round trips; both sides of a trade, in USD",
        ("owner", "volume", "round trips", "measured"),
        [
            (
                row["owner_id"],
                *(_usd(row[name]) for name in ("notional", "round_trip", "qualified")),
            )
            for row in named.iter_rows(named=True)
        ],
        numbers=("volume", "round trips", "measured"),
    )


def _usd(units: int) -> str:
    return f"{units // USD_UNITS:,}"


def _part(row: dict[str, Any], part: str) -> str:
    """Return an amount with its share of the market, floored to tenths of a percent."""
    if not row[part]:
        return "0"
    tenths = row[part] * 1000 // row["notional"]
    return f"{_usd(row[part])} ({tenths // 10}.{tenths % 10} %)"


def _document(found: WashReport, named: pl.DataFrame, owners: int) -> dict[str, Any]:
    return {
        "week": found.week,
        "counted": found.counted.value,
        "round_trips": "excluded" if found.rule.excluded else "counted",
        "markets": [_texts(row) for row in found.volumes.markets.iter_rows(named=True)],
        "owners_with_round_trips": owners,
        "owners": [_texts(row) for row in named.iter_rows(named=True)],
    }


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its amounts as decimal texts in USD: JSON numbers lose digits."""
    return {
        name if isinstance(value, str) else f"{name}_usd": (
            value if isinstance(value, str) else f"{value // USD_UNITS}.{value % USD_UNITS:010d}"
        )
        for name, value in row.items()
    }
