"""Generates synthetic fills by the million, fast and in little memory, for the measured claims.

    python -m benchmarks.generate FOLDER [FILLS]

A season with meaning is `simulator`; this is bulk with the right types, skew and size.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

FIRST_DAY: Final = date(2025, 3, 21)
ROWS_A_GROUP: Final = 122_880
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Bulk:
    """How much to generate.

    Attributes:
        fills: In all, spread evenly over the days.
        owners: Beneficial owners; there is one sub-account for every fourth.
        days: From `FIRST_DAY` on.
        seed: Equal bulks give equal bytes.
    """

    fills: int = 20_000_000
    owners: int = 200_000
    days: int = 7
    seed: int = 1

    @property
    def accounts(self) -> int:
        """Accounts in all."""
        return self.owners + self.owners // 4


def generate(
    out: Path,
    fills: int = Bulk.fills,
    owners: int = Bulk.owners,
    days: int = Bulk.days,
    seed: int = Bulk.seed,
) -> tuple[Path, ...]:
    """Write one Parquet file of fills a day and one of accounts; return their paths, sorted.

    Each file is written by one thread, two files at a time: the rows of a file, and with them its
    bytes, then never depend on the number of cores.
    """
    bulk = Bulk(fills, owners, days, seed)
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=2) as threads:
        written = list(threads.map(lambda day: _write_day(out, bulk, day), range(days)))
    start = {"start": _microseconds(FIRST_DAY)}
    bounds = {"owners": bulk.owners, "accounts": bulk.accounts}
    accounts = out / f"accounts-{FIRST_DAY}.parquet"
    _copy("accounts", accounts, start | bounds)
    return tuple(sorted([*written, accounts]))


def _write_day(out: Path, bulk: Bulk, number: int) -> Path:
    day = FIRST_DAY + timedelta(days=number)
    path = out / f"fills-{day}.parquet"
    bounds = {
        "first": bulk.fills * number // bulk.days,
        "after": bulk.fills * (number + 1) // bulk.days,
        "start": _microseconds(day),
        "accounts": bulk.accounts,
        "seed": bulk.seed,
    }
    _copy("fills", path, bounds)
    return path


def _copy(name: str, path: Path, values: dict[str, int]) -> None:
    query = (_HERE / f"{name}.sql").read_text(encoding="utf-8")
    with duckdb.connect(config={"threads": 1, "memory_limit": "700MB"}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"copy ({query}) to $path (format parquet, compression zstd, row_group_size $rows)",
            {**values, "path": str(path), "rows": ROWS_A_GROUP},
        )


def _microseconds(day: date) -> int:
    return int(datetime(*day.timetuple()[:3], tzinfo=UTC).timestamp()) * 1_000_000


if __name__ == "__main__":
    count = int(sys.argv[2]) if len(sys.argv) > 2 else Bulk.fills
    for path in generate(Path(sys.argv[1]), fills=count):
        print(path)
