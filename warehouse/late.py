"""Lists what came too late for a week: fills and busts stored after its books had closed.

The list is the difference between the files that the close covers and those that a close would
cover now. It is read in a scratch engine, so nobody waits for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from warehouse.connection import Connection, frame, scratch
from warehouse.engines import EventTable, offer
from warehouse.events import Close
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile, Week
from warehouse.schemas import KIND_BY_NAME
from warehouse.statements import statement


def late_events(home: Home, week: Week, close: Close, covered: Iterable[EventFile]) -> pl.DataFrame:
    """Return the fills and busts of a closed week that it does not count.

    Args:
        home: Where the files are.
        week: The week.
        close: Its closed books.
        covered: What a close would cover now (`warehouse.events.covered_files`).

    Returns:
        event ('fill': stored too late; 'bust': counted, and cancelled too late), fill_id, ts,
        market, product, notional_usd, maker_owner, taker_owner; by instant of the fill.

    Raises:
        HomeError: A file is gone.
    """
    known = {file.path for file in close.files}
    now = tuple(covered)
    late = [file for file in now if file.path not in known and file.kind == "fills"]
    fills = [file for file in close.files if file.kind == "fills"]
    window = {"start": to_stored(week.start), "end": to_stored(week.end)}
    tables = {
        "late_fills": late,
        "late_busts": [file for file in late if file.busts],
        "known_busts": [file for file in fills if file.busts],
        "fills": fills if any(file.busts for file in late) else [],
    }
    with scratch(home) as connection:
        for name, files in tables.items():
            offer(connection, _table(home, name, "fills", files))
        accounts = [file for file in now if file.kind == "accounts"] if late else []
        offer(connection, _table(home, "account_versions", "accounts", accounts))
        return _read(connection, window)


def _table(home: Home, name: str, kind: str, files: Iterable[EventFile]) -> EventTable:
    paths = sorted(file.path for file in files)
    return EventTable(name, KIND_BY_NAME[kind], tuple(home.root / path for path in paths))


def _read(connection: Connection, window: Mapping[str, Any]) -> pl.DataFrame:
    found = [frame(connection, statement(f"late/{name}"), window) for name in ("fills", "busts")]
    accounts = frame(connection, statement("activity/accounts"), {"end": window["end"]})
    connection.register("late", pl.concat(found))
    connection.register("accounts", accounts)
    return frame(connection, statement("late/owners"))
