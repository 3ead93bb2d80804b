"""Stages CSV and NDJSON sources, chunk by chunk, so that memory does not grow with the file."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

import pyarrow as pa

from warehouse.connection import Connection, rows
from warehouse.errors import SourceRefused
from warehouse.ingest.lines import Chunk, Reject, read_chunks
from warehouse.ingest.rules import Arrival, StageQuery, stage_query
from warehouse.ingest.sources import Source
from warehouse.ingest.streams import compression_of, read_blocks
from warehouse.schemas import EventKind
from warehouse.statements import statement

Progress = Callable[[int], None]

CSV_SHAPES: Final = (
    "quotes that do not match; a record has to stand on one line",
    "fewer columns than the header",
    "more columns than the header",
)
NDJSON_SHAPES: Final = (
    "not one JSON object on the line",
    "a JSON object with the same key twice",
    "unknown column",
)
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def stage_text(
    connection: Connection, kind: EventKind, source: Source, closed_until: object, tick: Progress
) -> StageQuery:
    """Insert every line of a source into `stage`, and what cannot be staged into `rejects`.

    Returns:
        The query used, whose breaches explain the codes in `stage.broken`.

    Raises:
        SourceRefused: The header, or the first record, shows that this is no file of the kind.
    """
    parameters: dict[str, object] = {"closed_until": closed_until}
    chunks = _chunks(source)
    query, first = _begin(connection, kind, source, next(chunks), parameters)
    for chunk in chain((first,), chunks):
        tick(chunk.source_bytes)
        _reject(connection, chunk.rejects)
        if chunk.lines.num_rows:
            _insert(connection, source, query, chunk, parameters)
    return query


def fetch_texts(connection: Connection, source: Source) -> None:
    """Put the original text beside every rejected line that has none yet."""
    for chunk in _chunks(source):
        if chunk.lines.num_rows:
            connection.register("lines", chunk.lines)
            connection.execute(statement("ingest/line_texts"))
            connection.unregister("lines")


def _chunks(source: Source) -> Iterator[Chunk]:
    compression = compression_of(source.path)
    # A JSON object shows its own end, and so does a compressed file; a CSV line that is cut off
    # may end in a number that only looks whole.
    may_end_open = source.format == "ndjson" or compression != "plain"
    blocks = _without_mark(read_blocks(source.path, compression))
    return read_chunks(blocks, may_end_open=may_end_open)


def _without_mark(blocks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    first = True
    for block, read in blocks:
        if first and block.startswith(_UTF16_MARKS):
            raise SourceRefused("the file is UTF-16 text; write it as UTF-8")
        yield (block.removeprefix(_UTF8_MARK) if first else block), read
        first = False


def _begin(
    connection: Connection,
    kind: EventKind,
    source: Source,
    chunk: Chunk,
    parameters: dict[str, object],
) -> tuple[StageQuery, Chunk]:
    """Decide from the first lines how the source is read; the header is taken off."""
    if not chunk.lines.num_rows and not chunk.rejects:
        raise SourceRefused("the file is empty")
    if source.format == "csv":
        header, rest = _take_header(connection, kind, chunk)
        parameters["width"] = len(header)
        arrivals = {name: Arrival(f"fields[{place}]") for place, name in enumerate(header, 1)}
        return stage_query(kind, arrivals, CSV_SHAPES), rest
    names = [column.name for column in kind.columns]
    _check_first_records(connection, kind, chunk)
    parameters |= {"names": names, "paths": [f"$.{name}" for name in names]}
    arrivals = {
        name: Arrival(f"fields[{place}]", json_type=f"types[{place}]")
        for place, name in enumerate(names, 1)
    }
    return stage_query(kind, arrivals, NDJSON_SHAPES), chunk


def _take_header(
    connection: Connection, kind: EventKind, chunk: Chunk
) -> tuple[tuple[str, ...], Chunk]:
    for reject in chunk.rejects:
        if reject.line == 1:
            raise SourceRefused(f"the header cannot be read: {reject.reason}")
    line = chunk.lines["text"][0].as_py().rstrip("\r\n")
    found = rows(connection, "select csv_fields($1)", [line])[0][0]
    if found is None:
        raise SourceRefused("the header cannot be read: quotes that do not match")
    check_columns(kind, tuple(found))
    return tuple(found), Chunk(chunk.lines.slice(1), chunk.rejects, chunk.source_bytes)


def check_columns(kind: EventKind, names: tuple[str, ...]) -> None:
    """Check the columns that a source says it has.

    Raises:
        SourceRefused: Names every column that is unknown, missing, or there twice.
    """
    known = {column.name for column in kind.columns}
    if known.isdisjoint(names):
        raise SourceRefused(
            f"not a file of {kind.name}: none of its columns is named; a CSV file needs a header"
        )
    unknown = sorted(set(names) - known)
    missing = [name for name in kind.required if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    wrong = [
        f"{what} {', '.join(_shown(name) for name in found)}"
        for what, found in (
            ("unknown column", unknown),
            ("missing column", missing),
            ("column named twice:", twice),
        )
        if found
    ]
    if wrong:
        raise SourceRefused(f"not a file of {kind.name}: {'; '.join(wrong)}")


def _shown(name: str) -> str:
    """A name as it may be published: what is no name may be somebody's address."""
    return repr(name) if _NAME.fullmatch(name) else "(not shown, since it is no name)"


def _check_first_records(connection: Connection, kind: EventKind, chunk: Chunk) -> None:
    """Check the keys of the first record; required ones may come in a later record of the chunk.

    A chunk without any JSON object is left to the checks of the single lines.
    """
    connection.register("lines", chunk.lines)
    found = rows(connection, statement("ingest/ndjson_keys"))
    connection.unregister("lines")
    if found:
        first, seen = found[0]
        later = (name for name in kind.required if name in seen)
        check_columns(kind, tuple(dict.fromkeys((*first, *later))))
    elif _is_array(chunk):
        raise SourceRefused("the file is one JSON array; write one object a line")


def _is_array(chunk: Chunk) -> bool:
    return bool(chunk.lines.num_rows) and chunk.lines["text"][0].as_py().lstrip().startswith("[")


def _insert(
    connection: Connection,
    source: Source,
    query: StageQuery,
    chunk: Chunk,
    parameters: dict[str, object],
) -> None:
    split = statement(f"ingest/{source.format}_rows")
    connection.register("lines", chunk.lines)
    sql = f"insert into stage by name with arrived as ({split}), {query.sql}"
    connection.execute(sql, parameters)
    connection.unregister("lines")


def _reject(connection: Connection, rejects: tuple[Reject, ...]) -> None:
    if not rejects:
        return
    batch = pa.table(
        {
            "line": pa.array([reject.line for reject in rejects], pa.int64()),
            "reason": pa.array([reject.reason for reject in rejects], pa.string()),
            "text": pa.array([reject.text for reject in rejects], pa.string()),
        }
    )
    connection.register("screened", batch)
    connection.execute("insert into rejects select line, null, reason, text from screened")
    connection.unregister("screened")
