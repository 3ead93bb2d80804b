"""Gathers what a played season left in the warehouse: cases, flags, ledger, and how long it lay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from rehearsal.records import (
    CASES,
    CONFIRMED,
    FLAGS,
    HOLDS,
    ISSUED,
    LEDGER,
    REDISTRIBUTED,
    ROUTES,
)
from seasons.calendar import Calendar
from seasons.moderation import CONFIRMED as IS_CONFIRMED
from warehouse import ledger
from warehouse.cases import load_moves, standing_verdicts
from warehouse.connection import Connection, frame, warehouse
from warehouse.home import Home
from warehouse.instants import to_stored

_OWNER: Final = pl.col("account").str.replace(r"^(owner|held|escrow):(C-[^/]*/)?", "")
_PLACE: Final = pl.col("account").str.split(":").list.first()
_MEMBERS: Final = (
    "select case_id, owner_id, min(added_at) as added_at from case_members "
    "group by all order by all"
)


@dataclass(frozen=True)
class Gathered:
    """What a played season left in the warehouse; each frame as in `rehearsal.records.Played`."""

    cases: pl.DataFrame
    routes: pl.DataFrame
    flags: pl.DataFrame
    confirmed: pl.DataFrame
    issued: pl.DataFrame
    ledger: pl.DataFrame
    holds: pl.DataFrame
    redistributed: pl.DataFrame


def gather(home: Home, calendar: Calendar, right: pl.DataFrame, end: datetime) -> Gathered:
    """Read everything that the report needs, at the end of a played season.

    Args:
        home: The home.
        calendar: Its season.
        right: case_id, right_verdict: what the rule says of every case as it is at the end.
        end: When the play ended.
    """
    with warehouse(home, read_only=True) as connection:
        members = frame(connection, _MEMBERS)
        standing = standing_verdicts(connection)
        entries = _entries(connection, calendar)
        last = _last_verdicts(connection)
        routes = frame(
            connection, "select case_id, unnest(routes) as route from cases order by all"
        )
    ends = pl.DataFrame(
        [(week.number, to_stored(week.end)) for week in calendar.all_weeks()],
        schema={"week": pl.Int32(), "end": pl.Datetime("us")},
        orient="row",
    )
    flags = (
        members.sort("added_at")
        .join_asof(ends.sort("end"), left_on="added_at", right_on="end", strategy="forward")
        .select(FLAGS.names())
        .cast(FLAGS)
        .sort("owner_id", "case_id")
    )
    confirmed = standing.filter(pl.col("verdict") == IS_CONFIRMED)
    return Gathered(
        cases=_cases(flags, right, last),
        routes=routes.cast(ROUTES),
        flags=flags,
        confirmed=confirmed.select(CONFIRMED.names()).cast(CONFIRMED).sort("owner_id", "case_id"),
        issued=_issued(entries),
        ledger=_ledger(entries),
        holds=_holds(entries, end),
        redistributed=_redistributed(entries),
    )


def _entries(connection: Connection, calendar: Calendar) -> pl.DataFrame:
    """Return every entry with where it lies, whose it is and when it was written.

    Returns:
        leaf_index, week (of origin), account, subject, reason, micropoints, place, owner_id,
        created_at (µs since 1970 UTC).
    """
    instants = pl.DataFrame(
        [
            (stored.leaf_index, to_stored(stored.batch.created_at))
            for stored in ledger.batches(connection)
        ],
        schema={"leaf_index": pl.Int64(), "created_at": pl.Datetime("us")},
        orient="row",
    )
    weeks = [
        ledger.entries_of_week(connection, calendar.season, week.number).with_columns(
            week=pl.lit(week.number, pl.Int32)
        )
        for week in calendar.all_weeks()
    ]
    return (
        pl.concat(weeks)
        .with_columns(pl.col("leaf_index").cast(pl.Int64), place=_PLACE, owner_id=_OWNER)
        .join(instants, on="leaf_index", how="left", maintain_order="left")
        .with_columns(pl.col("created_at").dt.epoch("us"))
    )


def _last_verdicts(connection: Connection) -> pl.DataFrame:
    """Return case_id, verdict: what moderators decided last; undecided cases are left out."""
    rows: dict[str, str | None] = {}
    for move in load_moves(connection):
        if move.move in {"confirm", "partly", "dismiss"}:
            rows[move.case_id] = "dismiss" if move.move == "dismiss" else "confirm"
        elif move.move in {"withdraw", "reopened"}:
            rows.pop(move.case_id, None)
    return pl.DataFrame(
        sorted(rows.items()), schema={"case_id": pl.String, "verdict": pl.String}, orient="row"
    )


def _cases(flags: pl.DataFrame, right: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    return (
        flags.group_by("case_id")
        .agg(
            pl.col("week").min().alias("opened_week"),
            pl.col("owner_id").unique().sort().alias("owners"),
        )
        .join(last, on="case_id", how="left")
        .join(right, on="case_id", how="left")
        .select(CASES.names())
        .cast(CASES)
        .sort("case_id")
    )


def _issued(entries: pl.DataFrame) -> pl.DataFrame:
    credited = entries.filter(
        pl.col("place").is_in(["owner", "held"]),
        pl.col("reason").str.starts_with("held_case") | (pl.col("reason") == "issued"),
    )
    amount = pl.col("micropoints")
    return (
        credited.group_by("owner_id", "week")
        .agg(
            amount.filter(pl.col("place") == "owner").sum().alias("own"),
            amount.filter(pl.col("place") == "held").sum().alias("held"),
        )
        .cast(ISSUED)
        .sort("owner_id", "week")
    )


def _ledger(entries: pl.DataFrame) -> pl.DataFrame:
    amount = pl.col("micropoints")

    def lies(place: str, *reasons: str) -> pl.Expr:
        fits = pl.col("place") == place
        return amount.filter(fits & pl.col("reason").is_in(reasons) if reasons else fits).sum()

    return (
        entries.filter(pl.col("place").is_in(["owner", "held", "escrow"]))
        .group_by("owner_id", "week")
        .agg(
            lies("owner").alias("own"),
            lies("held").alias("held"),
            lies("escrow").alias("escrowed"),
            lies("owner", "redistributed").alias("redistributed"),
            lies("escrow", "seized", "reached_back").alias("seized"),
            (-lies("escrow", "restored")).alias("restored"),
        )
        .select(LEDGER.names())
        .cast(LEDGER)
        .sort("owner_id", "week")
    )


def _holds(entries: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Return each stretch of time in which a line of 'held' or 'escrow' did not change."""
    line = ["account", "subject", "week"]
    until = pl.lit(to_stored(end)).dt.epoch("us")
    stretches = (
        entries.filter(pl.col("place").is_in(["held", "escrow"]))
        .group_by(*line, "leaf_index", "created_at", "owner_id", "place")
        .agg(pl.col("micropoints").sum())
        .sort(*line, "leaf_index", nulls_last=True)
        .with_columns(
            pl.col("micropoints").cum_sum().over(line),
            from_us="created_at",
            until_us=pl.col("created_at").shift(-1).over(line).fill_null(until),
        )
    )
    return (
        stretches.filter(pl.col("micropoints") > 0, pl.col("until_us") > pl.col("from_us"))
        .sort("owner_id", "week", "place", "from_us", *line, nulls_last=True)
        .select(HOLDS.names())
        .cast(HOLDS)
    )


def _redistributed(entries: pl.DataFrame) -> pl.DataFrame:
    spread = entries.filter(pl.col("reason") == "redistributed", pl.col("micropoints") > 0)
    owner = pl.when(pl.col("place") == "owner").then("owner_id").alias("owner_id")
    return (
        spread.group_by("week", owner)
        .agg(pl.col("micropoints").sum())
        .select(REDISTRIBUTED.names())
        .cast(REDISTRIBUTED)
        .sort("week", "owner_id", nulls_last=True)
    )
