"""What each farm leaves behind in the events, and what it must not tell."""

import polars as pl
import pytest

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
    untouched = of(world, "promo_crowd").join(
        world.exchange.planted.targeted, on="account_id", how="anti"
    )
    deposits = seen(rows["transfers"].filter(kind="deposit"), untouched, "destination")
    for _, group in deposits.group_by("group_id"):
        assert group["amount_usd"].n_unique() == 1
        assert group["ts"].max() - group["ts"].min() < 3 * DAY
