"""Synthetic seasons by the million rows, for measuring detection: who logs in, pays and trades.

    python -m benchmarks.crowds FOLDER ACCOUNTS [DAYS]

Ten logins, two transfers and forty fills an account, with planted groups among strangers who share
gateways, homes and hot wallets. It is bulk with the right shape; a season with meaning is
`simulator`.
"""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

FIRST_DAY: Final = date(2025, 3, 21)
ROWS_AN_ACCOUNT: Final = {"logins": 10, "transfers": 2, "fills": 39}  # groups' scripts make 40
ACCOUNTS_A_MAKER: Final = 10_000
_HERE: Final = Path(__file__).parent / "crowd"


@dataclass(frozen=True)
class Crowd:
    """How much to write.

    Attributes:
        accounts: In all, at least 1,200.
        days: From `FIRST_DAY` on, at least two.
    """

    accounts: int
    days: int = 28

    @property
    def makers(self) -> int:
        """Declared market makers, the last accounts."""
        return 3 + self.accounts // ACCOUNTS_A_MAKER

    @property
    def sold_from(self) -> int:
        """The day on which accounts that are sold change hands: late, so that both are seen."""
        return self.days * 3 // 4


def write_crowd(folder: Path, crowd: Crowd) -> None:
    """Write Parquet files by the input contract, one a kind and day; equal crowds, equal rows."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=2) as threads:
        list(threads.map(lambda first: _write_days(folder, crowd, first), (0, 1)))


def _write_days(folder: Path, crowd: Crowd, first: int) -> None:
    """Write every other day from the first on, with one thread."""
    with duckdb.connect(config={"threads": 1, "memory_limit": "1GB"}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        people = _bound(_text("people"), crowd, 0)
        connection.execute(_text("people"), people)
        for day in range(first, crowd.days, 2):
            kinds = tuple(ROWS_AN_ACCOUNT) if day else (*ROWS_AN_ACCOUNT, "accounts", "referrals")
            for kind in (*kinds, *(("accounts",) if day == crowd.sold_from else ())):
                path = folder / f"{kind}-{FIRST_DAY + timedelta(days=day)}.parquet"
                _copy(connection, kind, path, _bound(_text(kind), crowd, day, kind))


def _copy(
    connection: duckdb.DuckDBPyConnection, kind: str, path: Path, values: dict[str, int]
) -> None:
    connection.execute(
        f"copy ({_text(kind)}) to $path (format parquet, compression zstd)",
        {**values, "path": str(path)},
    )


def _bound(query: str, crowd: Crowd, day: int, kind: str = "") -> dict[str, int]:
    """Return what a query asks for: the crowd's size, the day, and which rows are the day's."""
    rows = ROWS_AN_ACCOUNT.get(kind, 0) * crowd.accounts
    midnight = datetime(*FIRST_DAY.timetuple()[:3], tzinfo=UTC) + timedelta(days=day)
    known = {
        "accounts": crowd.accounts,
        "makers": crowd.makers,
        "sold_from": crowd.sold_from,
        "day": day,
        "state": int(day > 0),
        "start": int(midnight.timestamp()) * 1_000_000,
        "first": rows * day // crowd.days,
        "after": rows * (day + 1) // crowd.days,
    }
    return {name: known[name] for name in set(re.findall(r"\$(\w+)", query))}


def _text(name: str) -> str:
    return (_HERE / f"{name}.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    place, accounts, *days = sys.argv[1:]
    write_crowd(Path(place), Crowd(int(accounts), *map(int, days)))
