"""What Winnow is measured against, each as a process of its own.

    python -m benchmarks.floors ingest SOURCE TARGET     plain tables from the same Parquet files
    python -m benchmarks.floors keyed SOURCE TARGET      the same with a primary key (a peer)
    python -m benchmarks.floors issue EVENTS             bare scan and group-by, both sides
    python -m benchmarks.floors polars EVENTS            the same in Polars, streaming (a peer)
    python -m benchmarks.floors settle WAREHOUSE TARGET  the shares of a settle run, in a table
    python -m benchmarks.floors held WAREHOUSE           what is held, added up once
    python -m benchmarks.floors evidence EVENTS          one look at what a detection needs

A floor does only what cannot be left out, as fast as its library does it; a peer is what one might
have written instead. None validates, signs or remembers anything.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

THREADS: Final = 2
_HERE: Final = Path(__file__).parent
_PRODUCTS: Final = ("spot", "perp", "equity")
_EVIDENCE: Final = ("accounts", "logins", "transfers", "fills", "referrals")


def ingest_floor(source: Path, target: Path) -> int:
    """Make a DuckDB file with one plain table a kind; return the number of fills."""
    return _tables(source, target, "create table fills as {rows}")


def ingest_keyed(source: Path, target: Path) -> int:
    """As `ingest_floor`, but fills have a primary key, and rows with a known key are ignored."""
    make = "create table fills as {rows} limit 0; alter table fills add primary key (fill_id); "
    return _tables(source, target, make + "insert or ignore into fills {rows}")


def _tables(source: Path, target: Path, make_fills: str) -> int:
    import duckdb  # noqa: PLC0415 (each process loads only the library that it stands for)

    target.unlink(missing_ok=True)
    with duckdb.connect(str(target), config={"threads": THREADS}) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        for kind in ("accounts", "referrals", "fills"):
            files = [str(path) for path in sorted(source.glob(f"{kind}-*.parquet"))]
            connection.execute(f"set variable files = {files!r}")
            make = make_fills if kind == "fills" else f"create table {kind} as {{rows}}"
            rows = "select * from read_parquet(getvariable('files'))"
            connection.execute(make.format(rows=rows))
        (count,) = connection.execute("select count(*) from fills").fetchall()[0]
    return int(count)


def issue_floor(events: Path) -> int:
    """Add up what both sides of every fill did, by account; return the number of sides."""
    import duckdb  # noqa: PLC0415 (as above)

    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        query = (_HERE / "floor_issue.sql").read_text(encoding="utf-8")
        connection.execute(f"create temp table sums as {query}", {"files": _files(events)})
        (count,) = connection.execute("select sum(sides)::bigint from sums").fetchall()[0]
    return int(count)


def issue_in_polars(events: Path) -> int:
    """Do the work of `issue_floor` in Polars' streaming engine, decimals as decimals."""
    import polars as pl  # noqa: PLC0415 (as above)

    shared = ("ts", "market", "product", "notional_usd", "referral_paid_usd", "busts")
    fills = pl.scan_parquet(_files(events))
    sides = pl.concat(
        fills.select(
            *shared,
            pl.col(f"{role}_id").alias("account_id"),
            pl.col(f"{role}_fee_usd").alias("fee_usd"),
            pl.col(f"realised_pnl_{role}_usd").alias("realised_pnl_usd"),
        )
        for role in ("maker", "taker")
    )
    sums = sides.group_by("account_id").agg(
        pl.len().alias("sides"),
        pl.col("busts").count(),
        *(
            pl.when(pl.col("product") == product).then("notional_usd").sum().alias(product)
            for product in _PRODUCTS
        ),
        pl.col("fee_usd", "referral_paid_usd").sum(),
        pl.col("realised_pnl_usd").abs().sum(),
        (pl.lit(1, pl.Int64) * 2 ** (pl.col("ts").dt.ordinal_day() % 60))
        .bitwise_or()
        .alias("days"),
        (pl.lit(1, pl.Int64) * 2 ** (pl.col("market").hash() % 60)).bitwise_or().alias("markets"),
    )
    return int(sums.collect(engine="streaming")["sides"].sum())


def settle_floor(warehouse: Path, target: Path) -> int:
    """Split what every case with a notice took, as a plain table; return the number of shares."""
    import duckdb  # noqa: PLC0415 (as above)

    target.unlink(missing_ok=True)
    query = (_HERE / "floor_settle.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(target), config={"threads": THREADS}) as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set search_path = 'warehouse'")
        connection.execute(f"create table {target.stem}.shares as {query}")
        (count,) = connection.execute(f"select count(*) from {target.stem}.shares").fetchall()[0]  # noqa: S608
    return int(count)


def held_floor(warehouse: Path) -> int:
    """Add up what is held, by week, account and subject; return the number of balances."""
    import duckdb  # noqa: PLC0415 (as above)

    query = (
        "select week, account, subject, sum(micropoints) "
        "from entries join batches using (batch_id) "
        "where starts_with(account, 'held:') group by all having sum(micropoints) <> 0"
    )
    with duckdb.connect(str(warehouse), True, {"threads": THREADS}) as connection:
        return len(connection.execute(query).fetchall())


def evidence_floor(events: Path) -> int:
    """Read every column that a detection needs, once; return the number of files."""
    import duckdb  # noqa: PLC0415 (as above)

    files = {kind: _files(events, kind) for kind in _EVIDENCE}
    with duckdb.connect(config={"threads": THREADS}) as connection:
        query = (_HERE / "floor_evidence.sql").read_text(encoding="utf-8")
        connection.execute(query, files).fetchall()
    return sum(map(len, files.values()))


def _files(events: Path, kind: str = "fills") -> list[str]:
    return [str(path) for path in sorted((events / kind).rglob("*.parquet"))]


WORK: Final[Mapping[str, Callable[..., int]]] = {
    "ingest": ingest_floor,
    "keyed": ingest_keyed,
    "issue": issue_floor,
    "polars": issue_in_polars,
    "settle": settle_floor,
    "held": held_floor,
    "evidence": evidence_floor,
}

if __name__ == "__main__":
    name, *paths = sys.argv[1:]
    print(WORK[name](*map(Path, paths)))
