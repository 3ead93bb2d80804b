"""The synthetic season as a whole: same bytes, the input contract, a truth about everybody."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator.files import FileFormat
from simulator.flaws import FLAWS
from simulator.markets import MARKETS
from simulator.people import PATTERNS
from simulator.season import SeasonPlan
from simulator.simulation import simulate
from warehouse.schemas import FILLS, KINDS, Rule

PLAN = SeasonPlan(7, accounts=1_000, weeks=2)
TYPES = {
    Rule.INSTANT: pa.timestamp("us", "UTC"),
    Rule.USD: pa.decimal128(28, 10),
    Rule.QUANTITY: pa.decimal128(38, 12),
    Rule.LEVEL: pa.uint8(),
}


@pytest.fixture(scope="module")
def world(play):
    return play(PLAN)


@pytest.fixture(scope="module")
def rows(world) -> dict[str, pl.DataFrame]:
    return world.rows


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(PLAN, tmp_path_factory.mktemp("season") / "events").events


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def texts(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_ndjson(path)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, events: Path) -> None:
    again = simulate(PLAN, tmp_path / "again")
    assert contents(again.events) == contents(events)
    assert contents(again.truth.parent) == contents(events.with_name("events.truth"))


def test_another_seed_gives_another_season(tmp_path: Path, events: Path) -> None:
    other = simulate(SeasonPlan(8, accounts=1_000, weeks=2), tmp_path / "other")
    assert contents(other.events) != contents(events)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_file_has_exactly_the_columns_of_its_kind(kind, events: Path) -> None:
    files = sorted(events.glob(f"{kind.name}-*.parquet"))
    assert files
    for path in files:
        schema = pq.read_schema(path)
        assert schema.names == [column.name for column in kind.columns]
        for column in kind.columns:
            assert schema.field(column.name).type == TYPES.get(column.rule, pa.string()), column


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_row_lies_in_the_day_of_its_file_and_has_its_own_key(kind, events: Path) -> None:
    files = sorted(events.glob(f"{kind.name}-*.parquet"))
    frames = [pl.read_parquet(path) for path in files]
    for path, frame in zip(files, frames, strict=True):
        days = frame[kind.instant].dt.date().unique()
        assert [f"{kind.name}-{day}" for day in days] == [path.stem]
        required = frame.select(kind.required).null_count().row(0)
        assert sum(required) == 0
    keys = pl.concat(frames).select(kind.key)
    assert not keys.is_duplicated().any()


def test_the_manifests_count_every_row_of_every_day(events: Path) -> None:
    manifests = sorted(events.glob("complete-*.json"))
    assert len(manifests) == PLAN.days
    for path in manifests:
        day = path.stem.removeprefix("complete-")
        kinds = json.loads(path.read_text())["kinds"]
        assert sorted(kinds) == sorted(kind.name for kind in KINDS)
        for kind, declared in kinds.items():
            file = events / f"{kind}-{day}.parquet"
            held = pq.read_metadata(file).num_rows if file.exists() else 0
            assert declared == {"files": int(held > 0), "rows": held}


def test_the_truth_lies_apart_and_covers_every_account_once(events: Path) -> None:
    truth = pl.read_parquet(events.with_name("events.truth") / "truth.parquet")
    accounts = pl.concat([pl.read_parquet(path) for path in events.glob("accounts-*.parquet")])
    assert truth["account_id"].n_unique() == len(truth) == PLAN.accounts
    assert set(truth["account_id"]) == set(accounts["account_id"])
    assert truth.drop("lookalike_class").null_count().sum_horizontal().item() == 0
    alike = truth["lookalike_class"].is_not_null()
    assert not (alike & truth["farm"]).any()
    assert not {"pattern", "farm", "operator_id"} & set(accounts.columns)


def test_every_pattern_has_as_many_accounts_as_it_says(world) -> None:
    counts = dict(world.people["pattern"].value_counts().iter_rows())
    for pattern in PATTERNS:
        assert counts.pop(pattern.name, 0) == pattern.count(PLAN)
    assert set(counts) == {"honest"}


def test_farms_are_a_tenth_of_the_accounts_and_a_third_of_the_volume(
    world, rows: dict[str, pl.DataFrame]
) -> None:
    people = world.people
    assert 0.05 <= people["farm"].sum() / len(people) <= 0.15
    fills = rows["fills"]
    sides = pl.concat(
        fills.select(account_id=side, usd="notional_usd") for side in ("maker_id", "taker_id")
    )
    sides = sides.join(people, on="account_id").filter(pl.col("kind") == "retail")
    farmed = sides.filter(pl.col("farm"))["usd"].sum() / sides["usd"].sum()
    assert 0.2 <= farmed <= 0.4


def test_an_operator_is_one_in_a_farm_and_many_in_a_family(world) -> None:
    operators = world.people.group_by("pattern", "group_id").agg(
        pl.len(), pl.col("operator_id").n_unique().alias("operators")
    )
    playbook = pl.col("pattern") == "A15"
    farms = operators.filter(pl.col("pattern").str.contains("^A[0-9]") & ~playbook)
    families = operators.filter(pl.col("pattern") == "household")
    assert (farms["operators"] == 1).all()
    assert (operators.filter(playbook)["operators"] > 1).all()
    assert (families["operators"] == families["len"]).all()


def test_notional_is_price_times_quantity_exactly(rows: dict[str, pl.DataFrame]) -> None:
    fills = rows["fills"].select("price", "quantity", "notional_usd")
    for price, quantity, notional in fills.iter_rows():
        assert price * quantity == notional * 10**10  # 10^-8 × 10^-8 against 10^-6


def test_fees_have_the_sign_of_who_pays(world, rows: dict[str, pl.DataFrame]) -> None:
    fills = rows["fills"].join(
        world.people.select("account_id", "kind"), left_on="maker_id", right_on="account_id"
    )
    firm = fills["kind"] == "market_maker"
    assert (fills["taker_fee_usd"] >= 0).all()
    assert (fills.filter(firm)["maker_fee_usd"] < 0).all()
    assert (fills.filter(~firm)["maker_fee_usd"] >= 0).all()
    paid = fills["referral_paid_usd"]
    assert ((paid >= 0) & (paid * 10 <= fills["taker_fee_usd"])).all()
    charged = fills["maker_fee_usd"].sum() + fills["taker_fee_usd"].sum()
    assert charged > fills["referral_paid_usd"].sum() > 0


def test_nobody_trades_with_oneself_or_before_the_account_was_opened(
    world, rows: dict[str, pl.DataFrame]
) -> None:
    fills = rows["fills"]
    assert (fills["maker_id"] != fills["taker_id"]).all()
    opened = world.people.select("account_id", "opened")
    for side in ("maker_id", "taker_id"):
        joined = fills.join(opened, left_on=side, right_on="account_id", how="left")
        assert (joined["opened"] <= joined["ts"]).all()


def test_a_bust_repeats_the_fill_that_it_cancels(rows: dict[str, pl.DataFrame]) -> None:
    fills = rows["fills"]
    busts = fills.filter(pl.col("busts").is_not_null())
    both = busts.join(fills, left_on="busts", right_on="fill_id", suffix="_then")
    assert len(both) == len(busts) >= 1
    assert (both["ts"] > both["ts_then"]).all()
    for name in ("maker_id", "taker_id", "notional_usd", "taker_fee_usd"):
        assert (both[name] == both[f"{name}_then"]).all()


def test_gains_of_all_who_trade_a_market_are_what_positions_cost(world) -> None:
    """Every dollar won is lost by another, or still lies in an open position."""
    fills = world.rows["fills"].filter(~pl.col("bust") & pl.col("wrong").is_null())
    realised = pl.col("realised_pnl_maker_usd") + pl.col("realised_pnl_taker_usd")
    gains = dict(fills.group_by("market").agg(realised.sum()).iter_rows())
    cost = world.exchange.carried.positions.cost.reshape(-1, len(MARKETS)).sum(axis=0)
    for market, left in zip(MARKETS, cost.tolist(), strict=True):
        assert gains[market.name] == left


def test_closed_positions_are_stated_as_zero(world, rows: dict[str, pl.DataFrame]) -> None:
    stated = rows["balances"].filter(pl.col("kind") == "position")
    assert (stated["amount_usd"] < 0).any()
    assert (stated["amount_usd"] == 0).any()
    assert set(stated["asset"]) <= {market.name for market in MARKETS if market.product == "perp"}


def test_some_referrals_are_vain(rows: dict[str, pl.DataFrame]) -> None:
    referrals = rows["referrals"]
    pairs = set(referrals.select("referrer_id", "referee_id").iter_rows())
    assert any(referrer == referee for referrer, referee in pairs)
    assert any(referrer != referee and (referee, referrer) in pairs for referrer, referee in pairs)
    assert referrals["referee_id"].is_duplicated().any()


def test_nobody_follows_a_link_of_one_who_is_not_there_yet(world, rows) -> None:
    hosts = world.people.select("account_id", "opened")
    links = rows["referrals"].join(hosts, left_on="referrer_id", right_on="account_id")
    assert len(links) == len(rows["referrals"])
    assert (links["opened"] <= links["ts"]).all()


@pytest.mark.parametrize("file_format", [FileFormat.CSV, FileFormat.NDJSON])
def test_text_formats_say_the_same_with_exact_decimals(file_format, tmp_path: Path) -> None:
    plan = SeasonPlan(3, accounts=200, weeks=1)
    simulate(plan, tmp_path / "parquet")
    simulate(plan, tmp_path / "text", file_format=file_format)
    exact = pl.read_parquet(tmp_path / "parquet" / "fills-2025-03-22.parquet")
    text = texts(tmp_path / "text" / f"fills-2025-03-22.{file_format}")
    assert text.columns == exact.columns
    assert all(moment.endswith("Z") for moment in text["ts"])
    for name in ("price", "notional_usd", "maker_fee_usd", "realised_pnl_taker_usd"):
        assert not any("e" in value.lower() for value in text[name] if value)
        read = [Decimal(value) if value else None for value in text[name]]
        assert read == exact[name].to_list()


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_flaws_add_exactly_the_bad_rows_that_they_name(file_format, tmp_path: Path) -> None:
    plan = SeasonPlan(3, accounts=200, weeks=1)
    written = simulate(plan, tmp_path / "flawed", file_format=file_format, flaws=True)
    clean = simulate(plan, tmp_path / "clean", file_format=file_format)
    assert written.rows == clean.rows
    before, after = contents(clean.events), contents(written.events)
    (added,) = set(after) - set(before)
    assert {name: after[name] for name in before} == before
    path = written.events / added
    bad = pl.read_parquet(path) if file_format is FileFormat.PARQUET else texts(path)
    found = {
        "timestamp without zone": (~bad["ts"].str.ends_with("Z")).sum(),
        "negative notional": bad["notional_usd"].str.starts_with("-").sum(),
        "unknown side": (~bad["taker_side"].is_in(["buy", "sell"])).sum(),
        "conflict": (bad["maker_fee_usd"] == "0.5").sum(),
    }
    found["duplicate"] = len(bad) - sum(found.values())
    assert found == {flaw.name: flaw.rows for flaw in FLAWS}
    assert bad.columns == [column.name for column in FILLS.columns]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        simulate(PLAN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"seed": -1}, "negative"),
        ({"seed": 1, "accounts": 5}, "too few"),
        ({"seed": 1, "weeks": 0}, "no window"),
    ],
)
def test_a_plan_that_makes_no_season_is_refused(wrong, why) -> None:
    with pytest.raises(ValueError, match=why):
        SeasonPlan(**wrong)
