"""What the feeds of a season say from week to week, against the plain sums."""

import numpy as np
import polars as pl
import pytest

from simulator.exchange import open_exchange, play_week
from simulator.feeds import ID_PREFIX
from simulator.markets import MARKETS
from simulator.prices import FUNDING_EVERY
from simulator.season import DAY, HOUR, SeasonPlan

PLAN = SeasonPlan(13, accounts=1_000, weeks=3)
ID_OF = {
    "fills": "fill_id",
    "referrals": "referral_id",
    "balances": "snapshot_id",
    "transfers": "transfer_id",
    "logins": "login_id",
}
NAMES = [market.name for market in MARKETS]


@pytest.fixture(scope="module")
def world(play):
    return play(PLAN)


@pytest.fixture(scope="module")
def rows(world) -> dict[str, pl.DataFrame]:
    return world.rows


@pytest.fixture(scope="module")
def sides(rows) -> pl.DataFrame:
    """Both sides of every fill that stood: account, market, what it did to the account."""
    fills = rows["fills"].filter(~pl.col("bust") & pl.col("wrong").is_null())
    bought = pl.when(pl.col("taker_side") == "buy").then(1).otherwise(-1)
    return pl.concat(
        fills.select(
            "ts",
            "market",
            account_id=f"{side}_id",
            lots=sign * bought * pl.col("quantity"),
            gain=pl.col(f"realised_pnl_{side}_usd") - pl.col(f"{side}_fee_usd"),
        )
        for side, sign in (("maker", -1), ("taker", 1))
    ).sort("ts", maintain_order=True)


@pytest.mark.parametrize("kind", ID_OF)
def test_ids_are_unique_over_all_weeks_and_follow_time(kind: str, rows) -> None:
    ids = rows[kind][ID_OF[kind]]
    assert ids.str.slice(0, 1).unique().to_list() == [ID_PREFIX[kind]]
    assert ids.str.slice(1).cast(pl.Int64).to_list() == list(range(1, len(ids) + 1))


def test_what_is_under_way_at_a_weeks_end_is_traded_in_the_next() -> None:
    exchange, first = play_week(open_exchange(PLAN), 1)
    pending = exchange.carried.legs
    assert (pending["ts"] >= PLAN.span(1).end).all()
    due = pending.filter(pl.col("ts") < PLAN.span(2).end)
    wanted = pl.DataFrame(
        {
            "ts": due["ts"],
            "taker_id": exchange.people["account_id"].gather(due["taker"]),
            "market": pl.Series(NAMES).gather(due["market"]),
        }
    )
    assert len(wanted)
    _, second = play_week(exchange, 2)
    assert wanted.join(second["fills"], on=wanted.columns, how="anti").is_empty()
    assert wanted.join(first["fills"], on=wanted.columns, how="semi").is_empty()


def test_nobody_does_anything_before_the_start(world, rows, sides) -> None:
    starts = world.people.select("account_id", "starts")
    for frame in (sides, rows["logins"], rows["balances"]):
        early = frame.join(starts, on="account_id").filter(pl.col("ts") < pl.col("starts"))
        assert early.is_empty()


def test_after_the_stop_one_only_closes_what_was_open(world, sides) -> None:
    people = world.people.filter((pl.col("style") == "wander") & (pl.col("kind") == "retail"))
    mine = sides.join(people.select("account_id", "stops"), on="account_id")
    late = mine.filter(pl.col("ts") >= pl.col("stops"))
    assert len(late)
    before = mine.filter(pl.col("ts") < pl.col("stops"))
    assert late.join(before, on=["account_id", "market"], how="anti").is_empty()
    left = mine.group_by("account_id", "market").agg(pl.col("lots").sum())
    at_stop = before.group_by("account_id", "market").agg(pl.col("lots").sum().alias("then"))
    both = late.select("account_id", "market").unique().join(left, on=["account_id", "market"])
    both = both.join(at_stop, on=["account_id", "market"])
    assert (both["lots"].abs() <= both["then"].abs()).mean() > 0.9


def test_a_large_order_meets_several_makers_at_one_instant(rows) -> None:
    orders = rows["fills"].group_by("ts", "taker_id", "market", "taker_side")
    parts = orders.agg(pl.len(), pl.col("maker_id").n_unique().alias("makers"))
    split = parts.filter(pl.col("makers") > 1)
    assert 0.02 < len(split) / len(parts) < 0.3


def test_who_trades_much_pays_a_lower_rate(rows) -> None:
    perps = rows["fills"].filter(
        (pl.col("product") == "perp") & (pl.col("notional_usd") > 100_000_000)
    )
    rate = (perps["taker_fee_usd"] / perps["notional_usd"] * 1e7).round().cast(pl.Int64)
    assert {5_000, 4_500} <= set(rate)
    assert rate.max() == 5_000


def funding_of(world, mine: pl.DataFrame, midnight: int) -> int:
    """Follow one account's perps through the instants of funding, day by day, in plain Python."""
    paid = 0
    prices, lot = world.exchange.trading.prices, {item.name: item.lot for item in MARKETS}
    for day in range((midnight - PLAN.start) // DAY):
        due = 0
        for part in range(1, DAY // FUNDING_EVERY + 1):
            number = day * (DAY // FUNDING_EVERY) + part
            held = mine.filter(pl.col("ts") < PLAN.start + number * FUNDING_EVERY)
            for market, quantity in held.group_by("market").agg(pl.col("lots").sum()).iter_rows():
                funding = prices.funding[NAMES.index(market)]
                due += quantity // lot[market] * int(funding[number] - funding[number - 1])
        paid += -(-due // 1_000)
    return paid


@pytest.fixture(scope="module")
def moved(world, rows) -> pl.DataFrame:
    """What came into and went out of every account: account_id, ts, usd, negative where out."""
    transfers, people = rows["transfers"], world.people
    return pl.concat(
        transfers.select("ts", account_id=end, usd=sign * pl.col("amount_usd"))
        for end, sign in (("source", -1), ("destination", 1))
    ).join(people, on="account_id", how="semi")


def test_what_is_stated_to_be_there_adds_up(world, rows, sides, moved) -> None:
    """Money in and out, gains, fees and funding, at each midnight, for the busiest of each."""
    people = world.people
    traded = sides.group_by("account_id").len()
    busy = people.join(traded, on="account_id").sort("len", "account_id", descending=True)
    picked = pl.concat(busy.filter(kind=kind).head(3) for kind in ("retail", "market_maker"))
    stated = rows["balances"].filter(pl.col("kind") == "collateral")
    for account in picked.iter_rows(named=True):
        mine, own = (frame.filter(account_id=account["account_id"]) for frame in (sides, moved))
        told = stated.filter(account_id=account["account_id"])
        before = account["capital"] if account["kind"] == "market_maker" else 0
        for day in range(1, PLAN.days, 3):
            midnight = PLAN.start + day * DAY
            if midnight < account["starts"] + DAY:
                continue
            gains = mine.filter(pl.col("ts") < midnight)["gain"].sum()
            here = before + own.filter(pl.col("ts") < midnight)["usd"].sum()
            found = here + gains - funding_of(world, mine, midnight)
            assert told.filter(pl.col("ts") <= midnight)["amount_usd"][-1] == max(0, found)


def test_nobody_trades_before_any_money_has_come(world, sides, moved) -> None:
    makers = world.people.filter(kind="market_maker")
    first = sides.group_by("account_id").agg(pl.col("ts").min().alias("traded"))
    first = first.join(makers, on="account_id", how="anti")
    came = moved.filter(pl.col("usd") > 0).group_by("account_id").agg(pl.col("ts").min())
    both = first.join(came, on="account_id", how="left")
    assert both["ts"].null_count() == 0
    assert (both["ts"] <= both["traded"]).all()


def test_nobody_withdraws_what_was_never_there(world, rows, sides, moved) -> None:
    """Who neither trades nor pays others has nothing but deposits to withdraw."""
    payers = rows["transfers"].filter(kind="internal").select(account_id="source")
    makers = world.people.filter(kind="market_maker").select("account_id")
    planted = world.exchange.planted.transfers.select(account_id="source")
    others = pl.concat([payers, makers, planted, sides.select("account_id")])
    left = moved.join(others, on="account_id", how="anti").group_by("account_id")
    left = left.agg(pl.col("usd").sum())
    assert len(left) > 20
    assert (left["usd"] >= 0).all()


def test_funding_moves_money_and_makes_none(world, moved) -> None:
    """All that the long pay goes to the short, but for less than a micro-USD an account and day."""
    exchange = world.exchange
    people = exchange.people
    fills = world.rows["fills"].filter(~pl.col("bust") & pl.col("wrong").is_null())
    gains = sum(
        fills[f"realised_pnl_{side}_usd"].sum() - fills[f"{side}_fee_usd"].sum()
        for side in ("maker", "taker")
    )
    before = people.filter(kind="market_maker")["capital"].sum()
    kept = before + moved["usd"].sum() + gains - int(exchange.equity.sum())
    assert 0 <= kept < len(people) * PLAN.days


def test_a_position_that_is_held_is_stated_and_one_that_is_not_is_zero(world, rows) -> None:
    held = world.exchange.carried.positions.held.reshape(-1, len(MARKETS))
    stated = rows["balances"].filter(pl.col("kind") == "position")
    last = stated.group_by("account_id", "asset").agg(pl.col("amount_usd").last())
    late = rows["fills"].filter(pl.col("ts") >= PLAN.end - HOUR)
    moved = pl.concat(
        late.select(account_id=f"{side}_id", asset="market") for side in ("maker", "taker")
    )
    last = last.join(moved, on=["account_id", "asset"], how="anti")
    row = world.people["account_id"].search_sorted(last["account_id"]).to_numpy()
    market = np.array([NAMES.index(asset) for asset in last["asset"]])
    assert (np.sign(held[row, market]) == np.sign(last["amount_usd"].to_numpy())).all()


def test_every_week_states_what_is_open_at_its_start(world, rows) -> None:
    exchange, _ = play_week(open_exchange(PLAN), 1)
    held = exchange.carried.positions.held.reshape(-1, len(MARKETS))
    perp = [place for place, market in enumerate(MARKETS) if market.product == "perp"]
    row, place = np.nonzero(held[:, perp])
    opening = rows["balances"].filter(
        (pl.col("ts") == PLAN.span(2).start)
        & (pl.col("kind") == "position")
        & (pl.col("amount_usd") != 0)
    )
    names = exchange.people["account_id"].gather(row)
    assets = [NAMES[perp[column]] for column in place]
    expected = set(zip(names, assets, strict=True))
    assert expected
    assert set(opening.select("account_id", "asset").iter_rows()) == expected


def test_a_position_that_was_not_there_is_not_stated_to_be_zero(rows) -> None:
    stated = rows["balances"].filter(pl.col("kind") == "position")
    first = stated.group_by("account_id", "asset").agg(pl.col("amount_usd").first())
    assert (first["amount_usd"] == 0).mean() < 0.05
    twice = stated.with_columns(
        before=pl.col("amount_usd").shift(1).over("account_id", "asset")
    ).filter((pl.col("amount_usd") == 0) & (pl.col("before") == 0))
    # A week's first instant says again what changed in the hour before it.
    assert set(twice["ts"]) <= {PLAN.span(2).start, PLAN.span(3).start}
