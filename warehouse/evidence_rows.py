"""The event rows behind the evidence of one case, as they stand in the event files.

Every signal has a query of its own, which reads by the rule by which the evidence was found, for
the owners of the case alone. Only how rare a sequence of openings is takes a look at everybody's
takes, one after the other; nothing joins all fills.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import polars as pl

from warehouse.connection import Connection, frame, scratch
from warehouse.findings import ACCOUNTS_SCHEMA, HAND_OVERS_SCHEMA, INSTANT
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile
from warehouse.schemas import KIND_BY_NAME
from warehouse.statements import statement

ROWS_SCHEMA: Final = pl.Schema(
    {
        "piece": pl.Int32(),
        "place": pl.Int32(),
        "in_all": pl.Int64(),
        "strand": pl.String(),
        "hop": pl.Int32(),
        "event": pl.String(),
        "event_id": pl.String(),
        "ts": INSTANT,
        "owner_id": pl.String(),
        "actor": pl.String(),
        "act": pl.String(),
        "upon": pl.String(),
        "market": pl.String(),
        "usd": pl.Decimal(28, 10),
    }
)
SEQUENCES_SCHEMA: Final = pl.Schema(
    {
        "piece": pl.Int32(),
        "number": pl.Int32(),
        "steps": pl.String(),
        "holders": pl.Int32(),
        "began_a": INSTANT,
        "began_b": INSTANT,
    }
)
CELLS_SCHEMA: Final = pl.Schema({"piece": pl.Int32(), "seconds": pl.Int32()})
# Which query finds the rows of a signal, and which kinds of files it reads beside accounts.
QUERY_OF: Final = {
    "device": "devices",
    "network": "networks",
    "home": "homes",
    "withdrawal_destination": "addresses",
    "deposit_source": "addresses",
    "direct_transfer": "direct_transfers",
    "deposit_origin": "money_paths",
    "withdrawal_end": "money_paths",
    "funding_chain": "money_paths",
    "opposite": "opposite",
    "counterparty": "counterparties",
    "ring": "counterparties",
    "replay": "replay",
    "referral": "referrals",
    "siblings": "referrals",
    "sign_up_burst": "sign_ups",
    "moved": "moved",
    "hand_over": "hand_overs",
}
_READS: Final = {
    **dict.fromkeys(("devices", "networks", "homes"), ("logins",)),
    **dict.fromkeys(("addresses", "direct_transfers", "money_paths"), ("transfers",)),
    **dict.fromkeys(("opposite", "counterparties", "replay"), ("fills",)),
    "referrals": ("referrals",),
    "sign_ups": (),
    "moved": (),
    "hand_overs": ("logins", "transfers"),
}


@dataclass(frozen=True)
class RowLimits:
    """By which rules the evidence was found, and how much of it to show.

    Attributes:
        hops: How many transfers over addresses outside are followed.
        paths: Most others that an address on a path has dealt with.
        hand_over_days: How close device, country and sink change where hands changed.
        cells: Lengths of the cells in which two owners meet, in seconds.
        size_ratio: How far apart the sizes of two opposite legs may be.
        sequence_cap: Most owners that may share a sequence of openings.
        echo_minutes: How far apart the lags of two echoes may be.
        most: Most rows of a piece that are shown.
    """

    hops: int = 3
    paths: int = 40
    hand_over_days: int = 14
    cells: tuple[int, ...] = (5, 60, 900)
    size_ratio: int = 5
    sequence_cap: int = 40
    echo_minutes: int = 60
    most: int = 20


@dataclass(frozen=True)
class EvidenceRows:
    """The events behind pieces of evidence.

    Attributes:
        rows: `ROWS_SCHEMA`, one row a piece and event: event says in which kind of file it stands,
            event_id and ts which row it is (of accounts: the id and when the version began), act
            what the actor did, upon whom or what; in_all how many rows the piece has, shown or
            not. A row of a path of money has its hop, in the direction of the money, and one of a
            sequence its step; what has one strand belongs together.
        sequences: `SEQUENCES_SCHEMA`, one row a replayed sequence, by when the second of two began;
            then one an echo, which has no holders: an opening that the one repeated as much later
            as most others.
        cells: `CELLS_SCHEMA`, one row a piece of opposite sides: the shortest cells in which the
            two met as often as the evidence has it.
    """

    rows: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=ROWS_SCHEMA))
    sequences: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=SEQUENCES_SCHEMA))
    cells: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=CELLS_SCHEMA))


def load_evidence_rows(
    home: Home,
    files: Sequence[EventFile],
    evidence: pl.DataFrame,
    *,
    until: datetime,
    limits: RowLimits,
) -> EvidenceRows:
    """Read the event rows behind pieces of evidence.

    Args:
        home: Where the files lie.
        files: Registered files.
        evidence: piece (Int32) and the columns of `EDGES_SCHEMA`; a piece is the evidence of one
            signal on one value or of one pair, and may join several pairs.
        until: Events from this instant on are not read; aware UTC.
        limits: As the detection had them, and how many rows to show of a piece.

    Raises:
        KeyError: A signal has no query.
    """
    kinds = {file.kind for file in files}
    queries = {QUERY_OF[signal] for signal in evidence["signal"].unique()}
    queries = {query for query in queries if kinds.issuperset((*_READS[query], "accounts"))}
    if not queries:
        return EvidenceRows()
    with scratch(home) as connection:
        reading = _Reading(connection, home, tuple(files), until, limits)
        reading.prepare(evidence)
        reading.build_on(queries)
        for query in sorted(queries):
            reading.run(query)
        rows = frame(connection, statement("evidence_rows/bounded"), {"most": limits.most})
        return EvidenceRows(
            _conformed(rows, ROWS_SCHEMA),
            reading.sequences() if "replay" in queries else EvidenceRows().sequences,
            reading.cells() if "opposite" in queries else EvidenceRows().cells,
        )


@dataclass(frozen=True)
class _Reading:
    """One reading of the event files, for one case."""

    connection: Connection
    home: Home
    files: tuple[EventFile, ...]
    until: datetime
    limits: RowLimits

    def prepare(self, evidence: pl.DataFrame) -> None:
        """Make the tables that say what is asked for, and what accounts are whose."""
        con = self.connection
        couples = evidence.group_by("piece", "owner_a", "owner_b").agg(pl.col("sightings").max())
        ends = [couples.select("piece", owner_id=end) for end in ("owner_a", "owner_b")]
        con.register("pieces", evidence.select("piece", "signal", "value_hash").unique())
        con.register("couples", couples)
        con.register("sides", pl.concat(ends).unique())
        accounts = self._query("evidence/accounts", files=self._paths("accounts"))
        con.register("accounts", _conformed(frame(con, *accounts), ACCOUNTS_SCHEMA))
        kinds = ("accounts", "logins", "transfers")
        if all(self._paths(kind) for kind in kinds):
            con.execute(
                *self._query(
                    "evidence/hand_overs",
                    **{kind: self._paths(kind) for kind in kinds},
                    days=self.limits.hand_over_days,
                )
            )
        else:
            con.register("hand_overs", pl.DataFrame(schema=HAND_OVERS_SCHEMA))
        con.execute(statement("evidence_rows/found"))

    def build_on(self, queries: set[str]) -> None:
        """Make the tables that some of the queries build on."""
        reads = {kind for query in queries for kind in _READS[query]}
        if "transfers" in reads:
            self.run("moves")
        if "fills" in reads:
            self.run("own_fills")
        if "opposite" in queries:
            self.run("opposite_legs")
        if "replay" in queries:
            for table in ("took", "openings", "repeats", "repeated_openings", "echoes"):
                self.run(table)

    def run(self, query: str) -> None:
        """Run one query of the folder; what it asks for by name is bound."""
        limits = self.limits
        known = {
            **{kind: self._paths(kind) for kind in KIND_BY_NAME},
            "until": to_stored(self.until),
            "hops": limits.hops,
            "cap": limits.paths,
            "cells": list(limits.cells),
            "ratio": limits.size_ratio,
            "sequence_cap": limits.sequence_cap,
            "width": limits.echo_minutes * 60_000_000,
        }
        text = statement(f"evidence_rows/{query}")
        self.connection.execute(text, {n: v for n, v in known.items() if f"${n}" in text} or None)

    def sequences(self) -> pl.DataFrame:
        """Return which sequences were replayed, `SEQUENCES_SCHEMA`."""
        query = statement("evidence_rows/repeated_sequences")
        return _conformed(
            frame(self.connection, query, {"most": self.limits.most}), SEQUENCES_SCHEMA
        )

    def cells(self) -> pl.DataFrame:
        """Return in which cells pairs met on opposite sides, `CELLS_SCHEMA`."""
        found = frame(self.connection, "select distinct piece, seconds from opposite_legs")
        return _conformed(found, CELLS_SCHEMA).sort("piece")

    def _query(self, name: str, **bound: Any) -> tuple[str, dict[str, Any]]:
        return statement(name), {**bound, "until": to_stored(self.until)}

    def _paths(self, kind: str) -> list[str]:
        return [str(self.home.root / file.path) for file in self.files if file.kind == kind]


def _conformed(found: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return found.select(schema.names()).cast(schema)
