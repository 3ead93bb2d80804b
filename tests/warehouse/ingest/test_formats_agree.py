"""The same rows give the same stored rows, in every format, order and portion."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.connection import rows, scratch, warehouse
from warehouse.home import Home
from warehouse.ingest import Tally, ingest_sources

NOW = datetime(2025, 4, 1, tzinfo=UTC)
ORIGIN = datetime(2025, 3, 21, tzinfo=UTC)
NAMES = ("transfer_id", "ts", "source", "destination", "asset", "amount", "amount_usd", "kind")

words = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=8)
amounts = st.one_of(
    st.decimals(-5, 10**16, allow_nan=False, places=3).map(lambda d: format(d, "f")),
    st.sampled_from(["1e5", "NaN", " 1", "0.00000000000000001", "12." + "7" * 40, ""]),
)
instants = st.one_of(
    st.integers(0, 3 * 86_400_000_000).map(
        lambda us: (ORIGIN + timedelta(microseconds=us)).isoformat()
    ),
    st.sampled_from(["2025-03-21T10:00:00", "yesterday", ""]),
)
records = st.fixed_dictionaries(
    {
        "transfer_id": st.one_of(st.sampled_from(["A", "B", "C"]), words),
        "ts": instants,
        "source": st.one_of(st.sampled_from(["ann", 'b"o,b', "=cmd"]), words),
        "destination": st.just("cid"),
        "asset": st.just("USDC"),
        "amount": amounts,
        "amount_usd": amounts,
        "kind": st.sampled_from(["deposit", "onchain", "", "theft"]),
    }
)


def _csv(table: list[dict[str, str]], path: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, NAMES, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    path.write_text(text.getvalue(), encoding="utf-8")


def _ndjson(table: list[dict[str, str]], path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in table), encoding="utf-8")


def _parquet(table: list[dict[str, str]], path: Path) -> None:
    pq.write_table(pa.table({name: [row[name] for row in table] for name in NAMES}), path)


def take(home: Home, *sources: Path) -> tuple[Tally, list[Any], list[Any]]:
    """What is stored, and which lines with which reasons were not."""
    tally = Tally()
    for source in sources:
        tally += ingest_sources(home, [source], now=NOW, key=b"k").total
    files = [str(path) for path in home.events.rglob("*.parquet")]
    stored: list[Any] = []
    if files:
        with scratch() as connection:
            source = "read_parquet($1, hive_partitioning = false)"
            stored = rows(connection, f"select * from {source} order by ts, transfer_id", [files])  # noqa: S608
    with warehouse(home) as connection:
        kept_out = rows(connection, 'select line, "column", reason from quarantine order by all')
    return tally, stored, kept_out


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=st.lists(records, min_size=1, max_size=25))
def test_csv_ndjson_and_parquet_of_the_same_rows_are_stored_the_same(
    table: list[dict[str, str]], tmp_path_factory: Any, new_home: Any
) -> None:
    folder = tmp_path_factory.mktemp("formats")
    found = []
    for write, ending in ((_csv, "csv"), (_ndjson, "ndjson"), (_parquet, "parquet")):
        path = folder / f"transfers.{ending}"
        write(table, path)
        tally, stored, kept_out = take(new_home(folder / ending), path)
        first_line = 1 if ending == "csv" else 0  # a CSV file's header is its line 1
        kept_out = [(line - first_line, column, reason) for line, column, reason in kept_out]
        found.append((tally, stored, kept_out))
        assert tally.accepted + tally.duplicate + tally.quarantined == len(table)
    assert found[0] == found[1] == found[2]


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=st.lists(st.integers(0, 30), min_size=1, max_size=40), data=st.data())
def test_rows_that_agree_are_stored_once_in_any_order_and_portion(
    numbers: list[int], data: st.DataObject, tmp_path_factory: Any, new_home: Any
) -> None:
    table = [
        {
            "transfer_id": f"T{number}",
            "ts": (ORIGIN + timedelta(hours=number)).isoformat(),
            "source": "ann",
            "destination": "bob",
            "asset": "USDC",
            "amount": str(number + 1),
            "amount_usd": "",
            "kind": "",
        }
        for number in numbers
    ]
    folder = tmp_path_factory.mktemp("orders")
    shuffled = data.draw(st.permutations(table))
    cut = data.draw(st.integers(0, len(table)))
    _csv(table, folder / "transfers-all.csv")
    _csv(shuffled[:cut], folder / "transfers-one.csv")
    _csv(shuffled[cut:], folder / "transfers-two.csv")
    whole = take(new_home(folder / "whole"), folder / "transfers-all.csv")
    parts = take(
        new_home(folder / "parts"),
        *(folder / f"transfers-{name}.csv" for name in ("two", "one", "all")),
    )
    assert whole[1] == parts[1]
    assert whole[0].accepted == parts[0].accepted == len(set(numbers))
