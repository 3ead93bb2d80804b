"""Those who move when others move, and what gives them away as strangers."""

import polars as pl

from simulator.markets import MARKETS, THIN
from simulator.season import MINUTE, SECOND


def test_followers_trade_seconds_after_their_leader_and_now_and_then_alone(cohorts) -> None:
    fills = cohorts.rows("fills", "copy_traders", "taker_id")
    led = fills.filter(style="lead").select("ts", "market", "group", lead="ts")
    followed = fills.filter(style="copy")
    copied = followed.join_asof(led, on="ts", by=["group", "market"], check_sortedness=False)
    share = (copied["ts"] - copied["lead"] < 7 * SECOND).sum() / len(copied)
    assert 0.6 < share < 1


def test_a_call_is_followed_on_one_side_within_minutes_not_seconds(cohorts) -> None:
    fills = cohorts.rows("fills", "signal_group", "taker_id")
    pairs = fills.join(fills, on=["group", "market"], suffix="_other").filter(
        (pl.col("taker_id") != pl.col("taker_id_other"))
        & (pl.col("ts_other") - pl.col("ts")).is_between(0, 5 * MINUTE)
    )
    together = pairs["taker_side"] == pairs["taker_side_other"]
    assert together.mean() > 0.75
    late = pairs.filter(together)["ts_other"] - pairs.filter(together)["ts"]
    assert late.median() > 10 * SECOND


def test_rivals_take_opposite_sides_within_seconds_as_often_as_the_same(cohorts) -> None:
    fills = cohorts.rows("fills", "arbitrageur", "taker_id")
    pairs = fills.join(fills, on=["group", "market"], suffix="_other").filter(
        (pl.col("taker_id") < pl.col("taker_id_other"))
        & (pl.col("ts_other") - pl.col("ts")).abs().is_between(0, 3 * SECOND)
    )
    opposite = pairs["taker_side"] != pairs["taker_side_other"]
    assert len(pairs) > 50
    assert 0.25 < opposite.mean() < 0.75


def test_one_quoter_answers_most_of_what_a_taker_trades_on_a_thin_market(cohorts) -> None:
    fills = cohorts.rows("fills", "thin_pair", "taker_id")
    members = cohorts.members("thin_pair").select("account_id", "group", "seat")
    met = fills.filter(pl.col("seat") > 0).join(
        members, left_on="maker_id", right_on="account_id", how="left", suffix="_maker"
    )
    answered = (met["group_maker"] == met["group"]).fill_null(value=False)
    assert 0.4 < answered.mean() < 0.95
    assert set(met.filter(answered)["seat_maker"]) == {0}
    thin = {MARKETS[at].name for at in THIN}
    assert set(met.filter(answered)["market"]) <= thin
    # The quoter hardly ever takes from them: it is no ring.
    taken = fills.filter(pl.col("seat") == 0)
    assert taken["maker_id"].is_in(members["account_id"].implode()).mean() < 0.1
