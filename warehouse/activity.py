"""Reads the activity of one window from registered event files (docs/design.md, section 3).

Heavy queries run in a scratch engine over the files that a close lists, so nobody waits for them
and a replay reads the same bytes. Every sum is of decimals or integers; nothing depends on the
number of threads or the order of rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import duckdb
import polars as pl

from warehouse.connection import Connection, frame, scratch
from warehouse.engines import DuckDbEngine, Engine, EventTable, offer
from warehouse.errors import AllocationError, SeasonError
from warehouse.frames import Activity, Scope, Wash
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile, Week
from warehouse.schemas import KIND_BY_NAME
from warehouse.statements import statement
from warehouse.wash import read_round_trips

LONGEST_WINDOW_DAYS: Final = 62
"""Days of a window that one BIGINT of bits can tell apart."""

_ROLES: Final = pl.DataFrame({"role": ["maker", "taker"]})
_NO_FILLS: Final = pl.DataFrame(schema={"fill_id": pl.String})


@dataclass(frozen=True)
class _Reading:
    """One window being read: the engine, where the files are, and what the queries bind."""

    connection: Connection
    home: Home
    week: Week
    files: tuple[EventFile, ...]
    scope: Scope

    @property
    def window(self) -> dict[str, Any]:
        return {"start": to_stored(self.week.start), "end": to_stored(self.week.end)}

    def table(self, name: str, kind: str, files: Sequence[EventFile] | None = None) -> EventTable:
        """Return the files of a kind as a table, by default all that are listed."""
        chosen = self.files if files is None else files
        paths = sorted(file.path for file in chosen if file.kind == kind)
        return EventTable(name, KIND_BY_NAME[kind], tuple(self.home.root / path for path in paths))

    def fetch(self, name: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Return the result of a statement of `sql/activity/`."""
        return frame(self.connection, statement(f"activity/{name}"), parameters)

    def store(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Keep the result of a statement inside of the engine, under the statement's name."""
        query = statement(f"activity/{name}")
        self.connection.execute(f"create temp table {name} as {query}", parameters)

    def keep(self, name: str, content: pl.DataFrame) -> pl.DataFrame:
        """Let later statements read a frame under a name."""
        self.connection.register(name, content)
        return content


def load_activity(
    home: Home, week: Week, files: Sequence[EventFile], confirmed: pl.DataFrame, scope: Scope
) -> Activity:
    """Read what every owner did in a week's window.

    Args:
        home: Where the files are.
        week: Whose window [start, end) is read.
        files: What the week's close lists; those of other kinds are passed over.
        confirmed: One row per owner and confirmed case: owner_id, case_id. Owners in one case do
            not earn by trading with each other.
        scope: Which account kinds earn nothing, which markets are kept apart, what of round trips.

    Raises:
        SeasonError: The window is longer than 61 days.
        HomeError: A listed file is not there.
        AllocationError: Amounts add up to more than 128 bits hold.
    """
    if week.end - week.start > timedelta(days=LONGEST_WINDOW_DAYS - 1):
        raise SeasonError(
            f"the window of {week.label!r} is longer than {LONGEST_WINDOW_DAYS - 1} days, which "
            "trading days cannot be counted over; correct the season file"
        )
    with scratch(home) as connection, _refusing_overflow(week):
        return _read(_Reading(connection, home, week, tuple(files), scope), confirmed)


def _read(reading: _Reading, confirmed: pl.DataFrame) -> Activity:
    accounts = _accounts(reading)
    reading.keep("confirmed", confirmed.select(pl.col("owner_id", "case_id").cast(pl.String)))
    reading.keep("fills_rollup", _fills_rollup(reading))
    offer(reading.connection, reading.table("balances", "balances"))
    reading.store("steps", reading.window)
    offer(reading.connection, reading.table("referrals", "referrals"))
    active = reading.fetch("active")
    return Activity(
        week=reading.week,
        scope=reading.scope,
        fills=_as_units(reading.fetch("fills_of_owners")),
        presence=reading.fetch("presence"),
        balances=_as_units(reading.fetch("balances_of_owners")),
        accounts=_marked(accounts, active),
        unknown=active.join(accounts, on="account_id", how="anti").sort("account_id"),
        referrals=without_cycles(reading.fetch("referrals", {"end": reading.window["end"]})),
        wash=_wash(reading),
    )


def _accounts(reading: _Reading) -> pl.DataFrame:
    offer(reading.connection, reading.table("account_versions", "accounts"))
    accounts = reading.fetch("accounts", {"end": reading.window["end"]})
    excluded = pl.col("kind").is_in(reading.scope.excluded_kinds)
    reading.keep("earning", accounts.filter(~excluded).select("account_id", "owner_id"))
    return reading.keep("accounts", accounts)


def _fills_rollup(reading: _Reading) -> pl.DataFrame:
    fills = reading.table("fills", "fills", _files_of_window(reading))
    offer(reading.connection, fills)
    with_busts = tuple(file for file in reading.files if file.busts > 0)
    offer(reading.connection, reading.table("bust_rows", "fills", with_busts))
    kept = {"kept": list(reading.scope.markets)}
    small = {
        "linked": reading.keep("linked", reading.fetch("linked")),
        "busted": reading.keep("busted", reading.fetch("busted")),
        "markets": reading.keep("markets", reading.fetch("markets", reading.window | kept)),
    }
    small |= {"roles": _ROLES, "uncounted": _uncounted(reading)}
    engine: Engine = DuckDbEngine(reading.connection)
    return engine.roll_up(statement("activity/fills"), fills, small, reading.window)


def _uncounted(reading: _Reading) -> pl.DataFrame:
    """Return the fills that do not count for being part of a round trip, by the scope's rule."""
    rule = reading.scope.round_trips
    if rule is None:
        return _NO_FILLS
    read_round_trips(reading.connection, rule, reading.window)
    return reading.fetch("uncounted") if rule.excluded else _NO_FILLS


def _wash(reading: _Reading) -> Wash | None:
    if reading.scope.round_trips is None:
        return None
    return Wash(
        _as_units(reading.fetch("wash_of_markets")),
        _as_units(reading.fetch("wash_of_owners")),
    )


def _files_of_window(reading: _Reading) -> tuple[EventFile, ...]:
    first, end = reading.window["start"].date(), reading.week.end - timedelta(microseconds=1)
    return tuple(file for file in reading.files if first <= file.day <= to_stored(end).date())


def _marked(accounts: pl.DataFrame, active: pl.DataFrame) -> pl.DataFrame:
    flags = active.with_columns(active=pl.lit(value=True))
    marked = accounts.join(flags, on="account_id", how="left")
    return marked.with_columns(pl.col("active").fill_null(value=False)).sort("account_id")


def without_cycles(edges: pl.DataFrame) -> pl.DataFrame:
    """Return the edges that lie on no cycle, however long.

    Each referee has one referrer, so walking n steps from anywhere leads nowhere or onto a cycle;
    the walk doubles its length with each round.

    Args:
        edges: One row per referee_id: referrer_id.
    """
    ahead = edges.select(pl.col("referee_id").alias("owner"), pl.col("referrer_id").alias("at"))
    for _ in range(edges.height.bit_length()):
        further = ahead.rename({"owner": "at", "at": "beyond"})
        ahead = ahead.join(further, on="at").select("owner", pl.col("beyond").alias("at"))
        if ahead.is_empty():
            return edges
    on_cycles = ahead.select(pl.col("at").unique())
    clean = edges.join(on_cycles, left_on="referee_id", right_on="at", how="anti")
    return clean.sort("referrer_id", "referee_id")


def _as_units(content: pl.DataFrame) -> pl.DataFrame:
    """Return decimal columns as Int128 of their smallest unit; a decimal is stored as just that."""
    return content.with_columns(
        column.to_physical().cast(pl.Int128)
        for column in content
        if isinstance(column.dtype, pl.Decimal)
    )


@contextmanager
def _refusing_overflow(week: Week) -> Iterator[None]:
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise AllocationError(
            f"amounts in the window of {week.label!r} add up to more than 128 bits hold; "
            "look for events with absurd amounts and have the feed bust them"
        ) from error
