"""Writes event files by the input contract: one per kind and day, and a manifest for each day.

Inside the simulator amounts are integers (instants µs, USD 10^-6, quantities 10^-8); here they
become UTC timestamps and DECIMAL, without passing through a float.
"""

import json
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator.season import DAY, SeasonPlan, Span
from warehouse.schemas import EventKind, Rule

INSTANT_TEXT: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"
_AMOUNTS: Final = {
    Rule.USD: (pa.decimal128(28, 6), pa.decimal128(28, 10)),
    Rule.QUANTITY: (pa.decimal128(38, 8), pa.decimal128(38, 12)),
}
# Texts that are different in each row: a dictionary of them would only cost time and space.
NEVER_AGAIN: Final = frozenset(
    {"fill_id", "busts", "referral_id", "snapshot_id", "transfer_id", "tx_hash", "login_id"}
)


class FileFormat(StrEnum):
    """How event files are written."""

    PARQUET = "parquet"
    CSV = "csv"
    NDJSON = "ndjson"


def event_table(kind: EventKind, rows: pl.DataFrame) -> pa.Table:
    """Return rows as a table with exactly the columns of `kind`; what is absent is null."""
    arrays = {
        column.name: _array(column.rule, rows[column.name])
        if column.name in rows.columns
        else pa.nulls(len(rows), pa.string())
        for column in kind.columns
    }
    return pa.table(arrays)


def _array(rule: Rule, values: pl.Series) -> pa.Array:
    if rule is Rule.INSTANT:
        return _int64(values).cast(pa.timestamp("us", "UTC"))
    if rule is Rule.LEVEL:
        return _int64(values).cast(pa.uint8())
    if rule in _AMOUNTS:
        exact, stored = _AMOUNTS[rule]
        return decimals(_int64(values), exact).cast(stored)
    # Texts with offsets become narrower at once; texts as views would be copied one by one.
    return values.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


def _int64(values: pl.Series) -> pa.Array:
    return values.cast(pl.Int64).to_arrow()


def decimals(units: pa.Array, exact: pa.Decimal128Type) -> pa.Array:
    """Read 64-bit whole numbers as that many units in the last place of `exact`.

    A decimal is stored as a 128-bit integer: the number itself, then its sign repeated.
    """
    low = units.fill_null(0).to_numpy(zero_copy_only=False)
    wide = np.stack([low, low >> 63], axis=1).astype("<i8")
    valid = pa.array(units.is_valid().to_numpy(zero_copy_only=False))
    whole = pa.Array.from_buffers(exact, len(units), [None, pa.py_buffer(wide.tobytes())])
    if units.null_count == 0:
        return whole
    return pc.if_else(valid, whole, pa.scalar(None, exact))


def write_days(
    out: Path,
    plan: SeasonPlan,
    span: Span,
    kind: EventKind,
    rows: pl.DataFrame,
    file_format: FileFormat,
) -> list[int]:
    """Write one file for each day of a week; a day without rows has no file.

    Args:
        out: The folder.
        plan: The season.
        span: The week.
        kind: What the rows are.
        rows: In the order of the kind's instant, all within the week.
        file_format: How to write.

    Returns:
        Rows of each day.
    """
    instants = rows[kind.instant].to_numpy()
    edges = np.searchsorted(instants, span.start + np.arange(span.days + 1) * DAY)
    for place, (first, after) in enumerate(pairwise(edges.tolist())):
        if first < after:
            path = out / f"{kind.name}-{plan.day(span.first_day + place)}.{file_format}"
            write_table(path, event_table(kind, rows[first:after]), file_format)
    return [int(count) for count in np.diff(edges)]


def write_table(path: Path, table: pa.Table, file_format: FileFormat) -> None:
    """Write one event file."""
    if file_format is FileFormat.PARQUET:
        again = [
            field.name
            for field in table.schema
            if pa.types.is_string(field.type) and field.name not in NEVER_AGAIN
        ]
        # Without the Arrow schema in its footer the file reads the same and depends on less.
        pq.write_table(table, path, compression="zstd", store_schema=False, use_dictionary=again)
    elif file_format is FileFormat.CSV:
        as_text(table).write_csv(path)
    else:
        as_text(table).write_ndjson(path)


def as_text(table: pa.Table) -> pl.DataFrame:
    """Return a table whose instants and amounts are text, as CSV and NDJSON hold them."""
    frame = pl.DataFrame(pl.from_arrow(table))
    return frame.with_columns(
        pl.col(pl.Datetime).dt.strftime(INSTANT_TEXT), pl.col(pl.Decimal).cast(pl.String)
    )


def write_manifest(out: Path, plan: SeasonPlan, number: int, rows: dict[str, int]) -> None:
    """Declare a day complete: how many files and rows of each kind there are."""
    kinds = {name: {"files": int(count > 0), "rows": count} for name, count in rows.items()}
    text = json.dumps({"kinds": kinds}, indent=2, sort_keys=True)
    (out / f"complete-{plan.day(number)}.json").write_text(text + "\n", encoding="utf-8")
