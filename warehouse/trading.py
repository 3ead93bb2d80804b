"""What fills say of pairs of owners: who meets whom, on which side, in which order.

The queries collapse millions of fills before they join any two owners, and cap every join. What a
row means is decided in `detection`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from warehouse.connection import Connection, frame, scratch
from warehouse.findings import (
    COPIES_SCHEMA,
    ECHOES_SCHEMA,
    INSTANT,
    MATCHES_SCHEMA,
    MEETINGS_SCHEMA,
    REPLAYS_SCHEMA,
    OrderFlow,
)
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile
from warehouse.statements import statement

ALIGNED_SCHEMA: Final = pl.Schema(
    {
        "ts": INSTANT,
        "market": pl.String(),
        "side_a": pl.String(),
        "notional_a": pl.Decimal(38, 10),
        "side_b": pl.String(),
        "notional_b": pl.Decimal(38, 10),
        "fills": pl.Int64(),
        "met": pl.Int64(),
    }
)


@dataclass(frozen=True)
class FlowLimits:
    """How far the joins over fills go.

    Attributes:
        cells: Lengths of the cells in which two owners meet, in seconds; multiples of five.
        crowd: Most legs in a cell.
        size_ratio: How far apart the sizes of two opposite legs may be.
        least_meetings: Fewest cells in which two owners meet.
        least_matches: Fewest fills between two owners.
        sequence_cap: Most owners that may share a sequence of openings.
        least_days: Fewest days on which two owners open the same sequences.
        echo_minutes: How far apart two lags may be and still be one: an echo's width.
        copied_bps: Part of a follower's takes that come seconds after its leader's.
        budget: Most pairs that one join may make; the fullest cells and the commonest sequences
            are left out until they fit.
    """

    cells: tuple[int, ...] = (5, 60, 900)
    crowd: int = 40
    size_ratio: int = 5
    least_meetings: int = 4
    least_matches: int = 3
    sequence_cap: int = 40
    least_days: int = 4
    echo_minutes: int = 60
    copied_bps: int = 3_000
    budget: int = 10_000_000


def read_order_flow(
    connection: Connection,
    accounts: Sequence[str],
    fills: Sequence[str],
    until: datetime,
    limits: FlowLimits,
) -> OrderFlow:
    """Read what the fills before an instant say of pairs of owners.

    Args:
        connection: A scratch engine.
        accounts: Paths of accounts files.
        fills: Paths of fills files.
        until: Events from this instant on are not read; aware UTC.
        limits: Caps of the joins.
    """
    if not accounts or not fills:
        return OrderFlow()
    bound = {"until": to_stored(until)}
    of_fills = {**bound, "files": list(fills)}
    connection.execute(statement("evidence/traders"), {**bound, "files": list(accounts)})
    connection.execute(statement("evidence/markets"), of_fills)
    connection.execute(statement("evidence/stood"), of_fills)
    matches = _read(connection, "matches", {"least": limits.least_matches}, MATCHES_SCHEMA)
    connection.execute(statement("evidence/takes"))
    connection.execute("drop table stood")  # makes room for what comes
    connection.execute(statement("evidence/clockwork"))
    meetings = pl.concat([_meetings(connection, limits, cell) for cell in limits.cells])
    replays, echoes = _replays(connection, limits)
    copies = _copies(connection, replays, limits)
    return OrderFlow(meetings, matches, replays, copies, echoes)


def _meetings(connection: Connection, limits: FlowLimits, seconds: int) -> pl.DataFrame:
    bound = {
        "seconds": seconds,
        "crowd": limits.crowd,
        "ratio": limits.size_ratio,
        "least": limits.least_meetings,
        "budget": limits.budget,
    }
    found = frame(connection, statement("evidence/opposite"), bound)
    return _conformed(found.with_columns(pl.lit(seconds).alias("seconds")), MEETINGS_SCHEMA)


def _replays(connection: Connection, limits: FlowLimits) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return who opened the same sequences, and who opened the same as long after another."""
    budget, least = {"budget": limits.budget}, {"least": limits.least_days}
    connection.execute(statement("evidence/openings"))
    connection.execute(statement("evidence/sequences"), {"cap": limits.sequence_cap, **budget})
    connection.execute(statement("evidence/shared_sequences"))
    echoed = {**least, **budget, "width": limits.echo_minutes * 60_000_000}
    return (
        _read(connection, "replays", least, REPLAYS_SCHEMA),
        _read(connection, "echoes", echoed, ECHOES_SCHEMA),
    )


def _copies(connection: Connection, replays: pl.DataFrame, limits: FlowLimits) -> pl.DataFrame:
    connection.register("replays", replays)
    connection.execute(statement("evidence/watched"))
    return _read(connection, "copies", {"share_bps": limits.copied_bps}, COPIES_SCHEMA)


def load_aligned_fills(
    home: Home,
    files: Sequence[EventFile],
    owners: tuple[str, str],
    *,
    until: datetime,
    seconds: int = 60,
) -> pl.DataFrame:
    """Return what two owners traded at about the same time: the rows behind an order-flow edge.

    Args:
        home: Where the files lie.
        files: Registered files; those of other kinds than accounts and fills are left out.
        owners: The two, a and b.
        until: Events from this instant on are not read; aware UTC.
        seconds: Length of the cells in which both have to be; a fill between the two is always one.

    Returns:
        One row a market and cell, by time: ts (of the first fill in it), side_a and side_b ('buy',
        'sell' or 'both'), notional_a and notional_b (USD, makers' and takers' fills), fills, met
        (how many of them were between the two).
    """
    paths = {
        kind: [str(home.root / file.path) for file in files if file.kind == kind]
        for kind in ("accounts", "fills")
    }
    if not all(paths.values()):
        return pl.DataFrame(schema=ALIGNED_SCHEMA)
    bound = {
        **paths,
        "until": to_stored(until),
        "owner_a": owners[0],
        "owner_b": owners[1],
        "seconds": seconds,
    }
    with scratch(home) as connection:
        return _read(connection, "aligned_fills", bound, ALIGNED_SCHEMA)


def _read(
    connection: Connection, query: str, bound: dict[str, Any], schema: pl.Schema
) -> pl.DataFrame:
    return _conformed(frame(connection, statement(f"evidence/{query}"), bound), schema)


def _conformed(found: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return found.select(schema.names()).cast(schema)
