"""Event files as they lie in a home once they are registered, from events that a test makes up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from tests.warehouse.plain_activity import POLARS_TYPES
from warehouse.home import Home
from warehouse.records import EventFile
from warehouse.schemas import KIND_BY_NAME

DAY = date(2025, 3, 26)


def write(home: Home, kind: str, events: Sequence[Mapping[str, Any]]) -> EventFile:
    """Write events as a registered file would lie, and return its record."""
    schema = {name: POLARS_TYPES[stored] for name, stored in KIND_BY_NAME[kind].stored()}
    path = f"events/{kind}/day={DAY}/part.parquet"
    (home.root / path).parent.mkdir(parents=True, exist_ok=True)
    padded = [{name: event.get(name) for name in schema} for event in events]
    pl.DataFrame(padded, schema=schema, orient="row").write_parquet(home.root / path)
    return EventFile(path, kind, DAY, len(events), 0, "", datetime(2025, 6, 1, tzinfo=UTC))
