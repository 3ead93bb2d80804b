"""A fresh home, and the rows that the ingest tests write."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.connection import Row, rows, scratch, warehouse
from warehouse.home import Home, create_home, open_home
from warehouse.ingest import IngestSummary, ingest_sources
from warehouse.migrations import migrate

NOW = datetime(2025, 4, 1, tzinfo=UTC)
KEY = b"a key that only the tests know.."

FILL_COLUMNS = (
    "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,notional_usd,"
    "maker_fee_usd,taker_fee_usd"
)


class Desk:
    """A home with a folder to drop sources into, and short ways to look at what was stored."""

    def __init__(self, home: Home, inbox: Path) -> None:
        self.home = home
        self.inbox = inbox

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, *paths: Path) -> IngestSummary:
        return ingest_sources(self.home, paths or (self.inbox,), now=NOW, key=KEY)

    def query(self, sql: str, parameters: list[object] | None = None) -> list[Row]:
        with warehouse(self.home) as connection:
            return rows(connection, sql, parameters)

    def stored(self, kind: str, columns: str = "*") -> list[Row]:
        paths = self.query("select path from event_files where kind = $1 order by path", [kind])
        files = [str(self.home.root / path) for (path,) in paths]
        if not files:
            return []
        source = "read_parquet($1, hive_partitioning = false)"
        sql = f"select {columns} from {source} order by all"  # noqa: S608
        with scratch() as connection:
            return rows(connection, sql, [files])

    def quarantined(self) -> list[Row]:
        return self.query('select line, "column", reason from quarantine order by file_name, line')

    def texts(self) -> list[Row]:
        files = [str(path) for path in (self.home.private / "quarantine").glob("*.parquet")]
        with scratch() as connection:
            return rows(
                connection, "select line, text from read_parquet($1) order by line", [files]
            )


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Home]:
    """Make an empty home in a folder; a copy, since a new warehouse takes a while to make."""
    pattern = create_home(tmp_path_factory.mktemp("pattern"), "test", rehearsal=True)
    with warehouse(pattern) as connection:
        migrate(connection, NOW)

    def make(folder: Path) -> Home:
        shutil.copytree(pattern.root, folder)
        return open_home(folder)

    return make


@pytest.fixture
def desk(tmp_path: Path, new_home: Callable[[Path], Home]) -> Desk:
    home = new_home(tmp_path / "home")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return Desk(home, inbox)


@pytest.fixture
def fill() -> Callable[..., str]:
    """Make the CSV line of one fill; every column can be set by its name."""

    def make(fill_id: str, **changed: str) -> str:
        values = {
            "fill_id": fill_id,
            "ts": "2025-03-21T10:00:00Z",
            "market": "SOL-PERP",
            "product": "perp",
            "maker_id": "ann",
            "taker_id": "bob",
            "taker_side": "buy",
            "price": "100.5",
            "quantity": "2",
            "notional_usd": "201",
            "maker_fee_usd": "-0.01",
            "taker_fee_usd": "0.2",
        }
        return ",".join((values | changed).values())

    return make


@pytest.fixture
def fills(fill: Callable[..., str]) -> Callable[..., str]:
    """Make the text of a CSV file of fills from its lines; short names become good lines."""

    def make(*lines: str) -> str:
        full = (line if "," in line else fill(line) for line in lines)
        return "\n".join((FILL_COLUMNS, *full)) + "\n"

    return make
