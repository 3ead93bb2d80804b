"""Stages Parquet sources. Where the types match already, nothing is parsed: bounds are tested."""

import re
from typing import Final

import duckdb

from warehouse.connection import Connection, rows
from warehouse.errors import SourceRefused
from warehouse.ingest.rules import Arrival, StageQuery, stage_query
from warehouse.ingest.text_files import check_columns
from warehouse.schemas import Column, EventKind, Rule
from warehouse.statements import statement

_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_ZONED: Final = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
_INTEGERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_KEPT: Final = {Rule.USD: 10, Rule.QUANTITY: 12}
_EMPTY_TYPE: Final = '"NULL"'
_OUR_OWN_TROUBLE: Final = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
)


def stage_parquet(
    connection: Connection, kind: EventKind, file: str, closed_until: object
) -> StageQuery:
    """Insert every row of a Parquet source into `stage`.

    Args:
        connection: A scratch engine with an empty `stage`.
        kind: The event kind.
        file: A path to it that holds no character that is special to DuckDB.
        closed_until: End of the latest closed week, as it is stored.

    Raises:
        SourceRefused: It is no Parquet file that can be read whole, or a column has a wrong type.
    """
    try:
        columns = rows(connection, statement("ingest/parquet_columns"), {"file": file})
        types = {str(name): str(type_) for name, type_ in columns}
        check_columns(kind, tuple(types))
        arrivals = {
            column.name: _arrival(column, types[column.name])
            for column in kind.columns
            if column.name in types
        }
        query = stage_query(kind, arrivals, ())
        split = statement("ingest/parquet_rows")
        sql = f"insert into stage by name with arrived as ({split}), {query.sql}"
        connection.execute(sql, {"file": file, "closed_until": closed_until})
    except _OUR_OWN_TROUBLE:
        raise
    except duckdb.Error as error:
        # A damaged page raises whatever its bytes happen to look like. A full disk is not the
        # source's fault.
        what = str(error).lower()
        if "no space left" in what:
            raise
        if "not valid utf8" in what or "invalid string encoding" in what:
            raise SourceRefused("it holds text that is not UTF-8") from error
        raise SourceRefused("it cannot be read to its end as a Parquet file") from error
    return query


def fetch_texts(connection: Connection, file: str) -> None:
    """Put the original row, as JSON, beside every rejected line."""
    connection.execute(statement("ingest/row_texts"), {"file": file})


def _arrival(column: Column, type_: str) -> Arrival:
    value = f'"{column.name}"'
    if type_ == _EMPTY_TYPE:
        return Arrival("null::varchar")
    if type_ == "VARCHAR":
        return Arrival(value)
    match column.rule:
        case Rule.INSTANT if type_ in _ZONED:
            # A cast would round nanoseconds, and fail as a whole on the far ends of time.
            microseconds = f"epoch_ns({value}) // 1000" if "NS" in type_ else f"epoch_us({value})"
            return Arrival(microseconds, text=False)
        case Rule.USD | Rule.QUANTITY if _DECIMAL.fullmatch(type_):
            return _decimal(column, type_, value)
        case Rule.LEVEL if type_ in _INTEGERS:
            return Arrival(value, text=False)
    raise SourceRefused(f"column {column.name!r} is {type_}; {_wanted(column)}")


def _decimal(column: Column, type_: str, value: str) -> Arrival:
    """A decimal with more digits behind the point than are kept goes through text, to be cut."""
    match = _DECIMAL.fullmatch(type_)
    scale = int(match[2]) if match else 0
    if scale > _KEPT[column.rule]:
        return Arrival(f"{value}::varchar")
    return Arrival(value, text=False)


def _wanted(column: Column) -> str:
    match column.rule:
        case Rule.INSTANT:
            return (
                "instants have to be TIMESTAMP WITH TIME ZONE (UTC adjusted), or text with a zone"
            )
        case Rule.USD | Rule.QUANTITY:
            return "amounts have to be decimal strings or DECIMAL, so that no digit is lost"
        case Rule.LEVEL:
            return "levels have to be whole numbers"
    return "it has to be text (a UTF-8 string)"
