"""What each farm leaves behind in the events, and what it must not tell."""

import polars as pl
import pytest

from simulator.markets import MARKETS, THIN
from simulator.season import DAY, SECOND, SeasonPlan

PLAN = SeasonPlan(11, accounts=2_000, weeks=2)


@pytest.fixture(scope="module")
def world(play):
    return play(PLAN)


@pytest.fixture(scope="module")
def rows(world) -> dict[str, pl.DataFrame]:
    return world.rows


def of(world, pattern: str, level: int | None = None) -> pl.DataFrame:
    chosen = world.people.filter(pl.col("pattern") == pattern)
    return chosen if level is None else chosen.filter(pl.col("level") == level)


def seen(frame: pl.DataFrame, members: pl.DataFrame, name: str = "account_id") -> pl.DataFrame:
    """Events of members, with the group of each."""
    groups = members.select("account_id", "group_id")
    return frame.join(groups, left_on=name, right_on="account_id")


def test_a_naive_farm_shares_few_devices_one_block_one_funder_and_one_sink(world, rows) -> None:
    members = of(world, "A1")
    logins = (
        seen(rows["logins"], members)
        .group_by("group_id")
        .agg(
            pl.col("device_id").n_unique(),
            pl.col("account_id").n_unique().alias("accounts"),
            pl.col("ip").str.replace(r"\.\d+$", "").n_unique().alias("blocks"),
        )
    )
    assert (logins["blocks"] == 1).all()
    assert (logins["device_id"] <= logins["accounts"] // 8 + 1).all()
    deposits = seen(rows["transfers"], members, "destination").group_by("group_id")
    assert (deposits.agg(pl.col("source").n_unique())["source"] == 1).all()


def test_most_of_an_easy_antidetect_farm_withdraw_to_one_sink(world, rows) -> None:
    withdrawals = seen(rows["transfers"], of(world, "A2", 1), "source")
    assert len(withdrawals)
    for _, group in withdrawals.group_by("group_id"):
        top = group["destination"].value_counts(sort=True)["count"][0]
        assert top >= len(group) * 0.5


def test_a_funding_chain_leads_from_each_wallet_to_the_next(world, rows) -> None:
    chain = of(world, "A3", 2).sort("group_id", "seat")
    seeds = set(
        rows["transfers"].filter(kind="onchain").select("source", "destination").iter_rows()
    )
    links = chain.with_columns(before=pl.col("funder").shift(1).over("group_id"))
    wallets = links.drop_nulls("before").select("before", "funder").rows()
    assert wallets
    assert set(wallets) <= seeds


def test_a_hedged_pair_takes_opposite_sides_within_seconds(world, rows) -> None:
    fills = seen(rows["fills"], of(world, "A4", 1), "taker_id")
    lone = [group.sort("ts") for _, group in fills.group_by("group_id", "market")]
    hedged = 0
    for group in lone:
        near = group.with_columns(gap=pl.col("ts").diff(), other=pl.col("taker_side").shift(1))
        near = near.filter(pl.col("gap") < 4 * SECOND)
        hedged += int((near["taker_side"] != near["other"]).sum())
    assert hedged > len(fills) // 4


def test_a_wash_ring_trades_with_itself_on_thin_markets_and_ends_nearly_flat(world, rows) -> None:
    members = of(world, "A5")
    inside = seen(seen(rows["fills"], members, "taker_id"), members, "maker_id")
    inside = inside.filter(pl.col("group_id") == pl.col("group_id_right"))
    assert set(inside["market"]) <= {MARKETS[thin].name for thin in THIN}
    bought = inside.group_by(account="taker_id").agg(pl.col("notional_usd").sum())
    sold = inside.group_by(account="maker_id").agg(pl.col("notional_usd").sum())
    both = bought.join(sold, on="account", suffix="_sold")
    assert len(both)
    gap = (both["notional_usd"] - both["notional_usd_sold"]).abs() / both["notional_usd"]
    assert gap.median() < 0.02


def test_the_invited_of_a_referral_farm_are_bound_to_its_parent(world, rows) -> None:
    members = of(world, "A6")
    invited = members.filter(pl.col("seat") > 0)
    firsts = rows["referrals"].sort("ts").group_by("referee_id").first()
    bound = firsts.join(invited, left_on="referee_id", right_on="account_id")
    assert len(bound) == len(invited) > 0
    assert (bound["referrer_id"] == bound["operator_id"]).all()


def test_farms_declare_no_sub_accounts_and_desks_do(world, rows) -> None:
    accounts = rows["accounts"].join(
        world.people.select("account_id", "farm", "pattern"), on="account_id"
    )
    assert accounts.filter(pl.col("farm"))["owner_id"].null_count() == accounts["farm"].sum()
    declared = accounts.filter(pl.col("pattern").is_in(["desk", "market_maker"]))
    assert declared["owner_id"].null_count() == 0
    makers = accounts.filter(pl.col("kind") == "market_maker")
    assert len(makers) >= 8
    assert makers["declared_group"].null_count() == 0


def test_families_share_an_address_and_strangers_share_only_hubs(world, rows) -> None:
    logins = rows["logins"].join(world.people.select("account_id", "pattern"), on="account_id")
    addresses = logins.group_by("ip").agg(
        pl.col("account_id").n_unique().alias("accounts"), pl.col("pattern").unique()
    )
    shared = addresses.filter(pl.col("accounts") > 1)
    assert shared.filter(pl.col("pattern").list.contains("household")).height
    crowded = addresses.filter(pl.col("accounts") > 40)
    assert set(crowded["ip"].str.slice(0, 6)) >= {"100.64"}
    by_device = logins.group_by("device_id").agg(pl.col("account_id").n_unique(), pl.col("pattern"))
    strangers = by_device.filter(pl.col("pattern").list.contains("honest"))
    assert (strangers["account_id"] == 1).all()


def test_hot_wallets_fund_the_innocent_by_the_hundred(world, rows) -> None:
    deposits = rows["transfers"].filter(kind="deposit")
    crowd = deposits.group_by("source").agg(pl.col("destination").n_unique())
    assert crowd["destination"].max() > PLAN.accounts // 20


def test_followers_trade_seconds_after_their_leader(world, rows) -> None:
    members = of(world, "copy_traders")
    fills = seen(rows["fills"], members, "taker_id").join(
        members.select("account_id", "style"), left_on="taker_id", right_on="account_id"
    )
    led = fills.filter(style="lead").select("ts", "market", "group_id", lead="ts").sort("ts")
    followed = fills.filter(style="copy").sort("ts")
    copied = followed.join_asof(led, on="ts", by=["group_id", "market"], check_sortedness=False)
    lag = copied["ts"] - copied["lead"]
    assert (lag < 7 * SECOND).sum() > len(followed) * 0.9


def test_who_came_for_an_offer_deposits_its_sum_on_the_day(world, rows) -> None:
    deposits = seen(
        rows["transfers"].filter(kind="deposit"), of(world, "promo_crowd"), "destination"
    )
    for _, group in deposits.group_by("group_id"):
        assert group["amount_usd"].n_unique() == 1
        assert group["ts"].max() - group["ts"].min() < 3 * DAY
