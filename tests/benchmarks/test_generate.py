"""The bulk that benchmarks measure on: right types, skewed, and the same bytes every time."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from benchmarks.generate import Bulk, generate
from simulator.files import event_table
from warehouse.schemas import ACCOUNTS, FILLS


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (generate(tmp_path / name, 5_000, 400, 2) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    other = generate(tmp_path / "other", 5_000, 400, 2, seed=2)
    assert other[1].read_bytes() != one[1].read_bytes()


def test_files_keep_the_input_contract(tmp_path: Path) -> None:
    accounts, *fills = generate(tmp_path, 5_000, 400, 2)
    for kind, path in ((ACCOUNTS, accounts), *((FILLS, path) for path in fills)):
        names = [column.name for column in kind.columns]
        expected = event_table(kind, pl.DataFrame(schema=dict.fromkeys(names, pl.Int64))).schema
        assert pq.read_schema(path).names == names
        found = pq.read_schema(path)
        for column in kind.columns:
            if column.rule.value not in {"id", "text", "choice", "country"}:
                assert found.field(column.name).type == expected.field(column.name).type


def test_fills_are_distinct_skewed_and_between_two_accounts(tmp_path: Path) -> None:
    accounts, *files = generate(tmp_path, 20_000, 400, 2)
    known = pl.read_parquet(accounts)
    fills = pl.concat(pl.read_parquet(path) for path in files)
    assert len(fills) == fills["fill_id"].n_unique() == 20_000
    assert known["owner_id"].n_unique() == 400
    assert len(known) == Bulk(owners=400).accounts
    assert (fills["maker_id"] != fills["taker_id"]).all()
    assert set(fills["maker_id"]) | set(fills["taker_id"]) <= set(known["account_id"])
    busiest = fills["taker_id"].value_counts().sort("count", descending=True)["count"]
    assert busiest.head(50).sum() > 20_000 // 4  # a tenth of the accounts, a quarter of the fills


def test_each_file_holds_its_day_in_the_order_of_time(tmp_path: Path) -> None:
    _, *files = generate(tmp_path, 5_000, 400, 2)
    for path in files:
        instants = pl.read_parquet(path)["ts"]
        assert instants.is_sorted()
        assert {f"fills-{day}" for day in instants.dt.date()} == {path.stem}
