"""Strangers whom a post, an offer or a guide brought."""

import polars as pl

from simulator.season import DAY, HOUR, USD


def test_most_of_an_audience_signs_up_within_hours_of_the_post(cohorts) -> None:
    fans = cohorts.members("influencer_audience").filter(pl.col("seat") > 0)
    waits = fans.select(
        "group", wait=pl.col("opened") - pl.col("opened").min().over("group")
    ).group_by("group")
    for _, group in waits:
        assert group["wait"].quantile(0.5) < 3 * HOUR
        assert group["wait"].quantile(0.9) < DAY
    assert fans.group_by("group").len()["len"].max() >= 70


def test_half_of_an_audience_does_the_least_and_half_trades_as_others_do(cohorts) -> None:
    fans = cohorts.members("influencer_audience").filter(pl.col("seat") > 0)
    lazy = fans["capital"] == 50 * USD
    assert 0.35 < lazy.mean() < 0.65
    assert fans.filter(~lazy)["capital"].n_unique() == (~lazy).sum()
    assert fans["funder"].n_unique() > 10
    assert (fans["operator_id"] == fans["account_id"]).all()


def test_the_influencer_brought_them_all(cohorts) -> None:
    members = cohorts.members("influencer_audience")
    fans = members.filter(pl.col("seat") > 0)["account_id"]
    stars = set(members.filter(pl.col("seat") == 0)["account_id"])
    bound = cohorts.season.rows["referrals"].sort("ts").group_by("referee_id").first()
    brought = bound.filter(pl.col("referee_id").is_in(fans.implode()))
    assert len(brought) > len(fans) * 0.9
    assert set(brought["referrer_id"]) <= stars


def test_who_came_for_an_offer_deposits_its_sum_on_the_day(cohorts) -> None:
    deposits = cohorts.rows("transfers", "promo_crowd", "destination").filter(kind="deposit")
    for _, group in deposits.group_by("group"):
        assert group["amount_usd"].n_unique() == 1
        assert group["ts"].max() - group["ts"].min() < 3 * DAY
    hot = set(cohorts.season.exchange.site.hot_wallets)
    assert set(deposits["source"]) <= hot


def test_readers_do_the_same_steps_in_the_same_order_once(cohorts) -> None:
    members = cohorts.members("guide_crowd")
    opening = members.select("account_id", "starts")
    fills = cohorts.rows("fills", "guide_crowd", "taker_id").join(
        opening, left_on="taker_id", right_on="account_id"
    )
    young = fills.filter(pl.col("ts") < pl.col("starts") + 3 * DAY)
    done = young.group_by("group", "taker_id").agg(pl.col("market").unique())
    for _, group in done.group_by("group"):
        steps = group["market"].explode().value_counts(sort=True)
        common = steps.filter(pl.col("count") > len(group) // 2)
        assert len(common) >= 3
    old = fills.filter(pl.col("ts") > pl.col("starts") + 4 * DAY)
    assert len(old) < len(young)


def test_half_of_the_readers_take_the_size_that_the_guide_names(cohorts) -> None:
    named = cohorts.members("guide_crowd")["size"] == 50 * USD
    assert 0.3 < named.mean() < 0.7
