"""A week's round trips: left out or counted by the terms of its close, kept and replayed."""

import hashlib
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

import seasons.issuance
from jobs.book_checks import check_books
from jobs.ingest import ingest
from jobs.issue import issue
from jobs.keys import Keys, load_keys
from jobs.publish import publish
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from jobs.verify import verify
from jobs.wash import Counted, wash_of
from seasons.proofs import entry_lines
from tests.conftest import FED_AT, OPENS, OWNERS, copy_home, issue_week, week_of
from warehouse import ledger
from warehouse.connection import transaction, warehouse
from warehouse.events import store_close
from warehouse.home import Home, open_home
from warehouse.publish import current_edition

A, B = OWNERS[10:]
USD = 10**10
ROUNDS = 30
BY_AN_EARLIER_WINNOW = "4eca051bfb14618ae2bdd4895c3b4d08046099787a47b874a2320982175d310a"
"""Digest of the entries of this week, as commit 03031bb issued it, which knew of no round trips."""


def write_round_trips(path: Path) -> None:
    """Write how two pass something to and fro within an hour, 60 trades of 1,000 USD."""
    lines = [
        "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,"
        "notional_usd,maker_fee_usd,taker_fee_usd"
    ]
    for number in range(2 * ROUNDS):
        maker, taker = (A, B) if number % 2 else (B, A)
        at = OPENS + timedelta(days=1, hours=3, seconds=50 * number)
        lines.append(
            f"w{number},{at:%Y-%m-%dT%H:%M:%SZ},SOL-USDC,spot,{maker},{taker},buy,100,10,1000,0,1"
        )
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def ringed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared season with round trips of two of its twelve, to be copied."""
    root = tmp_path_factory.mktemp("ringed")
    home = copy_home(prepared, root)
    write_round_trips(root / "fills-2025-03-22.csv")
    ingest(home, load_keys(home, read_settings({})).identifier, [root], FED_AT)
    return root


@pytest.fixture(scope="module")
def issued(ringed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its first week issued, by the preset's terms; to be read."""
    root = tmp_path_factory.mktemp("issued")
    issue_week(copy_home(ringed, root), "S1W01")
    return root


def opened(root: Path) -> tuple[Home, Keys]:
    home = open_home(root / "home")
    return home, load_keys(home, read_settings({}))


def entries(home: Home) -> str:
    """Return the digest of the entries of the first week's issue."""
    with warehouse(home, read_only=True) as connection:
        lines = entry_lines(ledger.load_entries(connection, "S1W01/issue"))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def amounts(content: pl.DataFrame, key: str, name: str) -> tuple[int, ...]:
    """Return the whole USD of one row."""
    (row,) = content.rows_by_key(key, named=False)[name]
    return tuple(int(units // USD) for units in row)


def test_round_trips_are_measured_kept_and_left_out_by_the_presets_terms(issued: Path) -> None:
    home, keys = opened(issued)
    week = week_of(home, "S1W01")
    found = wash_of(home, week)
    notional, own, matched, round_trip = amounts(found.volumes.markets, "market", "SOL-USDC")
    assert (own, round_trip) == (0, 2 * ROUNDS * 1_000)
    assert round_trip <= matched < notional
    for owner in (A, B):
        traded, trips, qualified = amounts(found.volumes.owners, "owner_id", owner)
        assert trips == 2 * ROUNDS * 1_000
        assert qualified == traded - trips
    others = found.volumes.owners.filter(~pl.col("owner_id").is_in([A, B]))
    assert others["round_trip"].sum() == 0
    assert others["qualified"].equals(others["notional"])
    assert (found.counted, found.rule.excluded) == (Counted.AT_ISSUE, True)
    assert verify(home, keys).findings == ()


def test_without_the_round_trips_in_its_feed_the_week_pays_the_same(
    prepared: Path, issued: Path, tmp_path: Path
) -> None:
    home = copy_home(prepared, tmp_path)
    issue_week(home, "S1W01")
    assert entries(home) == entries(open_home(issued / "home"))


def test_a_week_that_closed_under_earlier_terms_issues_and_replays_as_it_always_did(
    ringed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored terms that know of no round trips, and a leaf of the log that says nothing of them."""
    home = copy_home(ringed, tmp_path)
    keys = load_keys(home, read_settings({}))
    terms, week = load_seasons(home)[0], week_of(home, "S1W01")
    earlier = terms.model_dump_json(exclude={"qualified_volume"})
    with transaction(home) as connection:
        store_close(
            connection,
            week,
            now=week.issue_at,
            season_terms=earlier,
            required=(),
            accept_missing=None,
        )
    with monkeypatch.context() as patch:
        patch.setattr(seasons.issuance, "week_volumes", lambda _: None)
        issue(home, keys, week, week.issue_at)
    assert entries(home) == BY_AN_EARLIER_WINNOW
    assert verify(home, keys).findings == ()
    shown = wash_of(home, week)
    assert (shown.counted, shown.rule.excluded) == (Counted.CLOSED, False)
    traded, trips, qualified = amounts(shown.volumes.owners, "owner_id", A)
    assert (trips, qualified) == (2 * ROUNDS * 1_000, traded)


def test_a_change_of_the_season_file_changes_no_closed_week(issued: Path, tmp_path: Path) -> None:
    home = copy_home(issued, tmp_path)
    path = home.seasons / "S1.toml"
    text = path.read_text()
    path.write_text(text.replace('round_trips = "excluded"', 'round_trips = "counted" '))
    assert path.read_text() != text
    assert wash_of(home, week_of(home, "S1W01")).rule.excluded
    assert not wash_of(home, week_of(home, "S1W02")).rule.excluded
    assert verify(home, load_keys(home, read_settings({}))).findings == ()


@pytest.mark.parametrize(
    "sql",
    [
        "update wash_shares set round_trip_usd = 0",
        "delete from wash_shares",
        "update qualified_volumes set qualified_usd = notional_usd where owner_id = 'trader-10'",
        "delete from qualified_volumes where owner_id = 'trader-11'",
        "insert into wash_shares values (1, 2, 'SOL-USDC', 1, 0, 0, 0)",
    ],
)
def test_volumes_that_were_changed_are_found(issued: Path, tmp_path: Path, sql: str) -> None:
    home = copy_home(issued, tmp_path)
    with warehouse(home) as connection:
        assert list(check_books(home, connection)) == []
        connection.execute(sql)
        assert len(list(check_books(home, connection))) == 1


def test_analysts_see_what_was_counted_by_market_and_owner_and_of_no_pool(issued: Path) -> None:
    home, _ = opened(issued)
    publish(home, load_seasons(home), FED_AT)
    with duckdb.connect(str(current_edition(home)), read_only=True) as edition:
        promises = edition.execute(
            "select bool_and(round_trip_usd <= matched_usd and own_usd + matched_usd <= "
            "notional_usd and round_trip_bps <= matched_bps and matched_bps <= 10000) "
            "from wash_shares"
        ).fetchall()
        kept = edition.execute(
            "select bool_and(qualified_usd = notional_usd - round_trip_usd), sum(notional_usd) "
            "from qualified_volumes where week = 1"
        ).fetchall()
        fills = edition.execute(
            "select 2 * sum(notional_usd) from fills where ts < timestamp '2025-03-27'"
        ).fetchall()
    assert promises == [(True,)]
    assert kept == [(True, fills[0][0])]
