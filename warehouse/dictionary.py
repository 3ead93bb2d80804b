"""The data dictionary: what the published file holds, generated from its own comments.

`python -m warehouse.dictionary docs/data-dictionary.md` writes it anew (`make dictionary`).
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from warehouse.connection import Connection, rows, scratch
from warehouse.editions import (
    BUDGETS_SCHEMA,
    CALENDAR_SCHEMA,
    CASE_VIEWS,
    DETECTION_VIEWS,
    EVENT_VIEWS,
    OPERATION_VIEWS,
    POINT_VIEWS,
    STANDINGS_SCHEMA,
    TIERS_SCHEMA,
    SeasonFrames,
    add_inputs,
    create_views,
)
from warehouse.statements import names, statement

_SECTIONS: Final = (
    ("Events", EVENT_VIEWS),
    ("Weeks and points", POINT_VIEWS),
    ("Detection", DETECTION_VIEWS),
    ("Cases", CASE_VIEWS),
    ("Operations", OPERATION_VIEWS),
)
_FACTS: Final = pl.Schema(
    {
        "edition": pl.Int32(),
        "taken_at": pl.Datetime("us"),
        "home_id": pl.String(),
        "rehearsal": pl.Boolean(),
    }
)
_HEAD: Final = """# Data dictionary

Generated from the comments in `warehouse/sql/views/` by `make dictionary`; a test keeps it fresh.

`winnow publish` writes a DuckDB file to `published/` in the home and points `current.duckdb` at it.
Everything lies in its schema `main`; a comment stands on every table, view and column
(`select * from duckdb_columns() where not internal`). Any number of processes may read it while
jobs run, with DuckDB 2.0 or newer:

```python
import duckdb

season = duckdb.connect("winnow-home/published/current.duckdb", read_only=True)
season.sql("from weeks").show()
```

An edition never changes. A process that stays up sees the next one by opening the file that the
link then points at: under the same path DuckDB would go on with the file that it has open. The five
newest editions are kept. Instants are UTC. Points are integers of micropoints, a millionth of a
point. Events are views over the home's Parquet files by absolute path: where a home has been moved,
publish again. Points that are held, or in escrow until their case is final, count in `standings`
like any others; `points` tells them apart and is, like cases, evidence and policies, for analysts
and not for the public.

What is not in it: formulas, keys and numbers of single pools, addresses and devices (logins and
evidence carry pseudonyms under a secret key), user agents, and the text of quarantined rows.
"""


def dictionary() -> str:
    """Return the data dictionary as Markdown, from an edition of an empty warehouse."""
    with scratch() as engine:
        _empty_edition(engine)
        return "\n".join([_HEAD, *_example_queries(), *_sections(engine)])


def _empty_edition(engine: Connection) -> None:
    engine.execute("attach ':memory:' as house")
    engine.execute("use house")
    for name in names("migrations"):
        engine.execute(statement(name))
    engine.execute("attach ':memory:' as edition")
    nothing = SeasonFrames(
        CALENDAR_SCHEMA.to_frame(),
        TIERS_SCHEMA.to_frame(),
        STANDINGS_SCHEMA.to_frame(),
        BUDGETS_SCHEMA.to_frame(),
    )
    add_inputs(engine, nothing, _FACTS.to_frame())
    create_views(engine, {})


def _example_queries() -> Iterator[str]:
    yield "## Queries to begin with\n"
    for name in names("examples"):
        first, rest = statement(name).split("\n", 1)
        yield f"{first.removeprefix('-- ')}\n\n```sql\n{rest.strip()}\n```\n"


def _sections(engine: Connection) -> Iterator[str]:
    for title, views in _SECTIONS:
        yield f"## {title}\n"
        for view in views:
            yield _page(engine, view)


def _page(engine: Connection, view: str) -> str:
    (comment,) = rows(
        engine,
        "select comment from duckdb_tables() where database_name = 'edition' and table_name = $1 "
        "union all "
        "select comment from duckdb_views() where database_name = 'edition' and view_name = $1",
        [view],
    )[0]
    columns = rows(
        engine,
        "select column_name, data_type, comment from duckdb_columns() "
        "where database_name = 'edition' and table_name = $1 order by column_index",
        [view],
    )
    lines = [f"| `{name}` | {type_} | {meaning} |" for name, type_, meaning in columns]
    table = "\n".join(["| column | type | meaning |", "|---|---|---|", *lines])
    return f"### {view}\n\n{comment}\n\n{table}\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(dictionary(), encoding="utf-8")
