"""Programs: the vendor's defaults, and savings plans that fire on the hour."""

import polars as pl

from simulator.season import HOUR, MINUTE, SECOND


def by_program(cohorts, name: str) -> pl.DataFrame:
    """What members took who have no resting orders, which they would have to get out of again."""
    rested = cohorts.season.rows["fills"]["maker_id"].implode()
    fills = cohorts.rows("fills", name, "taker_id")
    return fills.filter(~pl.col("taker_id").is_in(rested))


def test_grid_bots_of_one_preset_trade_one_size_in_one_market(cohorts) -> None:
    fills = by_program(cohorts, "grid_bot")
    # An order is filled in parts now and then, within seconds.
    minute = pl.col("ts") // MINUTE
    orders = fills.group_by("group", "taker_id", "market", minute).agg(pl.col("notional_usd").sum())
    presets = orders.group_by("group").agg(
        pl.col("market").n_unique(),
        pl.col("taker_id").n_unique().alias("users"),
        (pl.col("notional_usd").quantile(0.9) / pl.col("notional_usd").quantile(0.1)).alias("wide"),
    )
    assert (presets["market"] == 1).all()
    assert presets["users"].max() > 1
    assert (presets["wide"] < 1.2).all()


def test_grid_bots_keep_one_rhythm_each_from_an_hour_of_their_own(cohorts) -> None:
    fills = by_program(cohorts, "grid_bot").filter(taker_side="buy")
    people = cohorts.members("grid_bot").select("account_id", "pace")
    fills = fills.join(people, left_on="taker_id", right_on="account_id")
    step = 24_000 // fills["pace"] * HOUR
    phase = fills.select("taker_id", phase=(pl.col("ts") % pl.Series(step)) // SECOND)
    phases = phase.group_by("taker_id").agg(pl.col("phase").n_unique())
    assert phases["phase"].median() <= 3
    assert phase["phase"].n_unique() > len(phases) // 2


def test_savers_buy_the_same_basket_in_the_first_seconds_of_an_hour_and_keep_it(cohorts) -> None:
    fills = by_program(cohorts, "scheduled_buyer")
    assert set(fills["taker_side"]) == {"buy"}
    assert (fills["ts"] % HOUR < 40 * SECOND).all()
    plans = fills.group_by("group").agg(pl.col("market").n_unique(), pl.col("ts") // HOUR % 24)
    assert plans["market"].is_between(1, 4).all()
    assert (plans["ts"].list.n_unique() == 1).all()
    assert set(fills["product"]) == {"spot", "equity"}


def test_what_savers_buy_repeats_to_the_dollar_and_differs_between_them(cohorts) -> None:
    members = cohorts.members("scheduled_buyer")
    assert members["size"].n_unique() > 3
    assert members["funder"].n_unique() > 3
