"""The published swaps as event files, and their week through the real house."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from jobs.evaluate_xstocks import evaluate_xstocks
from jobs.xstocks_files import read_xstocks, write_feed
from jobs.xstocks_wallets import compare_wallets, wallet_kinds
from warehouse.errors import SourceRefused
from warehouse.schemas import KIND_BY_NAME

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "xstocks"
published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published swaps are not in ../shared/data/xstocks"
)
SWAPS = """\
pool,venue,ts,wallet,side,usd,from_amount,to_amount,tx_hash,named_wash_wallet,control_pool,slot
P,SPYX:orca,2026-06-20 21:26:04+00,alice,buy,200.5,200.6,0.25,tx1,true,false,1
P,SPYX:orca,2026-06-21 10:00:00+00,alice,sell,5.2e-05,0.0001,0.00005,tx2,false,false,2
Q,CTRL_JUP:Q,2026-06-21 12:00:00+00,bob,buy,30,30,60,tx3,false,true,3
"""
FUNDING = """\
funder,wallet,seed_usd,age_days
bob,alice,504.48,83
exchange,bob,,1020
bob,bob,7,3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three made-up swaps."""
    (tmp_path / "swaps.csv.gz").write_text(SWAPS)  # Polars reads it packed or not
    (tmp_path / "funding.csv").write_text(FUNDING)
    return tmp_path


def test_a_swap_becomes_a_fill_of_the_pool(folder: Path) -> None:
    fills = read_xstocks(folder).fills
    buy, dust, control = fills.sort("ts").iter_rows(named=True)
    assert (buy["maker_id"], buy["taker_id"], buy["taker_side"]) == ("P", "alice", "buy")
    assert (buy["ts"], buy["product"]) == ("2026-06-20T21:26:04Z", "equity")
    # A buyer gets tokens, a seller gives them.
    assert Decimal(buy["quantity"]) == Decimal("0.25")
    assert Decimal(buy["price"]) == 802
    assert Decimal(dust["quantity"]) == Decimal("0.0001")
    assert Decimal(dust["notional_usd"]) == Decimal("0.000052")
    assert control["product"] == "spot"


def test_pools_are_system_accounts_and_wallets_are_as_old_as_published(folder: Path) -> None:
    accounts = {row["account_id"]: row for row in read_xstocks(folder).accounts.to_dicts()}
    assert {name for name, row in accounts.items() if row["kind"] == "system"} == {"P", "Q"}
    assert accounts["alice"]["opened_at"] == "2026-03-30T12:00:00Z"  # 83 days before the last swap


def test_an_edge_without_amount_or_to_oneself_is_left_out_and_counted(folder: Path) -> None:
    feed = read_xstocks(folder)
    assert feed.edges_left_out == 2
    (edge,) = feed.transfers.to_dicts()
    assert (edge["source"], edge["destination"]) == ("bob", "alice")
    assert Decimal(edge["amount_usd"]) == Decimal("504.48")


def test_a_wallet_is_named_once_any_of_its_swaps_is(folder: Path) -> None:
    assert dict(read_xstocks(folder).wallets.iter_rows()) == {"alice": True, "bob": False}


def test_the_files_have_the_columns_of_the_contract(folder: Path, tmp_path: Path) -> None:
    feed = write_feed(read_xstocks(folder), tmp_path / "feed")
    for kind in ("accounts", "fills", "transfers"):
        columns = set(pl.read_csv(feed / f"{kind}.csv").columns)
        assert columns <= {column.name for column in KIND_BY_NAME[kind].columns}
        assert set(KIND_BY_NAME[kind].required) <= columns


def test_a_missing_column_is_named(folder: Path) -> None:
    (folder / "funding.csv").write_text("funder,wallet\na,b\n")
    with pytest.raises(SourceRefused, match="seed_usd, age_days"):
        read_xstocks(folder)


def test_wallets_are_named_of_the_control_pool_unbalanced_or_of_no_kind() -> None:
    def swaps(wallet: str, tokens: list[float], *, named: bool, control: bool) -> pl.DataFrame:
        return pl.DataFrame({"tokens": tokens, "usd": [abs(amount) for amount in tokens]}).select(
            pl.lit(wallet).alias("wallet"),
            pl.lit("P").alias("market"),
            "tokens",
            "usd",
            named=pl.lit(named),
            control=pl.lit(control),
        )

    played = pl.concat(
        [
            swaps("named", [1.0, -1.0], named=True, control=False),
            swaps("control", [1.0] * 12, named=False, control=True),
            swaps("heavy", [1.0] * 12, named=False, control=False),
            swaps("balanced", [1.0, -1.0] * 6, named=False, control=False),
            swaps("light", [1.0] * 9, named=False, control=False),
        ]
    )
    assert dict(wallet_kinds(played).iter_rows()) == {
        "named": "named",
        "control": "control",
        "heavy": "unbalanced",
        "balanced": "other",
        "light": "other",
    }


def test_nobody_makes_round_trips_in_three_swaps(folder: Path) -> None:
    as_it_is = compare_wallets(folder)[0]
    assert (as_it_is.named, as_it_is.named_flagged, as_it_is.control) == (1, 0, 1)
    assert (as_it_is.precision, as_it_is.recall) == (0.0, 0.0)


@published
def test_round_trips_find_most_named_wallets_and_no_other_of_the_control_pool() -> None:
    as_it_is = compare_wallets(PUBLISHED)[0]
    assert as_it_is.named == 9
    assert as_it_is.recall >= 0.8
    assert as_it_is.control_flagged == 0
    assert as_it_is.precision >= 0.7


@published
def test_every_published_wallet_gets_a_share_of_a_whole_week(tmp_path: Path) -> None:
    report = evaluate_xstocks(PUBLISHED, real_now=datetime.now(UTC), home=tmp_path / "home")
    assert (report.swaps, report.wallets, report.quarantined) == (3_900, 367, 0)
    assert report.issued.issued_micropoints == 10_000_000_000_000
    assert report.issued.owners == 367
    assert report.seen.named == 9
    assert 0 <= report.seen.named_in_cases <= report.seen.named_in_clusters <= 9
