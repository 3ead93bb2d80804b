"""The synthetic source files that the benchmarks ingest: one week of fills, accounts, referrals.

python -m benchmarks.source FOLDER FILLS OWNERS
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.generate import FIRST_DAY, generate

DAYS: Final = 6
"""Of the window of S1W01 in the preset calendar, so that the week pays for every fill."""

SEED: Final = 1
_QUERY: Final = Path(__file__).parent / "referrals.sql"


def write_source(folder: Path, fills: int, owners: int) -> None:
    """Write the source files; equal arguments give equal bytes."""
    generate(folder, fills, owners, DAYS, SEED)
    start = int(datetime(*FIRST_DAY.timetuple()[:3], tzinfo=UTC).timestamp()) * 1_000_000
    target = str(folder / f"referrals-{FIRST_DAY}.parquet")
    query = _QUERY.read_text(encoding="utf-8")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"copy ({query}) to $path (format parquet, compression zstd)",
            {"start": start, "owners": owners, "path": target},
        )


if __name__ == "__main__":
    write_source(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
