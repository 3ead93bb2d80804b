"""Wash volume: owners who meet far more often than chance, in circles, and come back to nothing.

1. Every trade of the window is reduced to market, maker and taker, by numbers of owners.
2. A *way* is an owner who took from another; it is kept where the two met far more often than the
   market's other takers would have it. No float decides: the chance of meeting k times or more
   where x are expected is at most x^k/k!, and is compared in whole numbers with one part in as many
   ways as there could be. Where both took from one another, each way has to be half as surprising.
3. A *ring* is a set of owners who are connected by ways in both directions (a strongly connected
   component): who is only ever taken from is in none.
4. Of the trades inside rings, those are round trips after which both owners are back where they
   were, in a stretch of an hour, a day or the week, and had taken their part themselves; and not
   once but ever again, as nobody comes who trades to and fro by chance.

The rule follows Victor and Weintraud, "Detecting and quantifying wash trading on decentralized
cryptocurrency exchanges" (WWW 2021). That trades are round trips says nothing about why.
"""

from collections.abc import Mapping
from math import factorial
from typing import Any, Final

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from warehouse.connection import Connection, frame
from warehouse.frames import RoundTripRule
from warehouse.statements import statement

MILLIONTHS: Final = 10**6
_LEAST_BITS: Final = 20
"""However few owners there are, a way is rarer than one in a million."""

_MOST_COUNTED: Final = 128
"""Meetings from which on what chance allows is taken to grow in proportion; it grows faster."""

RUNS: Final = 3
"""Most runs of trades in one direction that an owner may have for each time it comes back.

There and back are two. Of two who trade at random, one is back ever more seldom.
"""


def read_round_trips(
    connection: Connection, rule: RoundTripRule, window: Mapping[str, Any]
) -> None:
    """Make the tables `traded`, `ring_fills` and `round_trips` of a scratch engine.

    Args:
        connection: Has fills, busted, linked, accounts and markets (see `warehouse.activity`).
        rule: What counts as a round trip.
        window: start and end, as they are stored.
    """
    accounts = frame(connection, statement("wash/accounts"))
    connection.register("wash_accounts", accounts)
    numbered = "select market, row_number() over (order by market) as number from markets"
    connection.register("wash_markets", frame(connection, numbered))
    connection.register("apart", frame(connection, statement("wash/apart")))
    _store(connection, "wash_trades", window)
    _store(connection, "traded", {})
    ways = frame(connection, statement("wash/ways"), {"least": rule.least_fills})
    connection.execute("drop table wash_trades")  # as long as the week
    connection.register(
        "ring_members", rings_of(surprising(ways, accounts["number"].abs().n_unique()))
    )
    members = "select * from wash_accounts inner join ring_members using (number)"
    connection.register("rings", frame(connection, members))
    _store(connection, "ring_fills", window)
    terms = {
        "hours": list(rule.hours),
        "neutral_bps": rule.neutral_bps,
        "taken_bps": rule.least_taken_bps,
        "runs": RUNS,
    }
    _store(connection, "round_trips", terms)


def surprising(ways: pl.DataFrame, owners: int) -> pl.DataFrame:
    """Return the ways that are far more than chance.

    A way alone has to be rarer than one in as many as there could be between all owners; of two
    that answer one another, each rarer than one in the square root of it.

    Args:
        ways: taker, maker, fills (at least 1), expected_millionths.
        owners: How many there are in all.

    Returns:
        taker, maker.
    """
    bits = max(_LEAST_BITS, (owners**2).bit_length())
    counts = ways["fills"].unique().sort().to_list()
    allowed = pl.DataFrame(
        {
            "fills": counts,
            "alone": [most_by_chance(count, bits) for count in counts],
            "answered": [most_by_chance(count, (bits + 1) // 2) for count in counts],
        },
        schema={"fills": pl.Int64, "alone": pl.Int64, "answered": pl.Int64},
    )
    judged = ways.join(allowed, on="fills").filter(
        pl.col("expected_millionths") <= pl.col("answered")
    )
    both = judged.join(judged, left_on=["taker", "maker"], right_on=["maker", "taker"], how="semi")
    alone = judged.filter(pl.col("expected_millionths") <= pl.col("alone"))
    return pl.concat([both, alone]).select("taker", "maker").unique().sort("taker", "maker")


def most_by_chance(count: int, bits: int) -> int:
    """Return the most millionths x with x^count / count! at most 2^-bits."""
    if count > _MOST_COUNTED:
        return most_by_chance(_MOST_COUNTED, bits) * count // _MOST_COUNTED
    bound = factorial(count) * MILLIONTHS**count >> bits
    low, high = 0, count * MILLIONTHS
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**count <= bound else (low, middle - 1)
    return low


def rings_of(ways: pl.DataFrame) -> pl.DataFrame:
    """Return the owners who are in a ring: number, ring, which is its least member's number."""
    nodes = pl.concat([ways["taker"], ways["maker"]]).unique().sort()
    taker, maker = (nodes.search_sorted(ways[end]).to_numpy() for end in ("taker", "maker"))
    ones = np.ones(ways.height, dtype=np.int8)
    graph = sparse.coo_matrix((ones, (taker, maker)), shape=(max(1, nodes.len()),) * 2)
    _, labels = connected_components(graph, directed=True, connection="strong")
    members = pl.DataFrame(
        {"number": nodes, "component": pl.Series(labels[: nodes.len()], dtype=pl.Int64)}
    )
    return (
        members.filter(pl.len().over("component") > 1)
        .select("number", ring=pl.col("number").min().over("component"))
        .sort("number")
    )


def _store(connection: Connection, table: str, parameters: Mapping[str, Any]) -> None:
    """Keep the result of a statement of `sql/wash/` under its name."""
    query = statement(f"wash/{table.removeprefix('wash_')}")
    connection.execute(f"create temp table {table} as {query}", dict(parameters))
