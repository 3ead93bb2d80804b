"""The seam for distributed engines: whoever can run one query over Parquet files and small frames.

The roll-up of the fills is the one query whose input outgrows a machine. Its text keeps to what SQL
engines agree on, its result is a row an account; everything after it stays on one machine. DuckDB
in the same process is the engine until somebody needs more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from warehouse.connection import Connection, frame
from warehouse.schemas import EventKind


@dataclass(frozen=True)
class EventTable:
    """Registered Parquet files of one kind, read as one table.

    Attributes:
        name: What the query calls it.
        kind: Which columns it has, so that no files at all make an empty table.
        paths: Of the files.
    """

    name: str
    kind: EventKind
    paths: tuple[Path, ...]


class Engine(Protocol):
    """Runs a roll-up."""

    def roll_up(
        self,
        query: str,
        events: EventTable,
        small: Mapping[str, pl.DataFrame],
        parameters: Mapping[str, Any],
    ) -> pl.DataFrame:
        """Return the result of a query in DuckDB's dialect over the events and small frames."""


class DuckDbEngine:
    """The embedded engine, on a scratch connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def roll_up(
        self,
        query: str,
        events: EventTable,
        small: Mapping[str, pl.DataFrame],
        parameters: Mapping[str, Any],
    ) -> pl.DataFrame:
        """Return the result of a query over the events and small frames."""
        offer(self._connection, events)
        for name, content in small.items():
            self._connection.register(name, content)
        return frame(self._connection, query, parameters)


def offer(connection: Connection, events: EventTable) -> None:
    """Make event files readable under a name; without files it is a table without rows."""
    if events.paths:
        paths = [str(path) for path in events.paths]
        relation = connection.read_parquet(paths, hive_partitioning=False)
        relation.create_view(events.name, replace=True)
    else:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in events.kind.stored())
        connection.execute(f'create or replace temp table "{events.name}" ({columns})')
