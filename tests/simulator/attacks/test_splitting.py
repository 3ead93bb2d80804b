"""A11 splits a pot into k equal parts, and each part stops where the next tier begins."""

import polars as pl

from simulator.attacks.splitting import PARTS, TIERS, SplitPot
from simulator.population import Site
from simulator.season import USD, SeasonPlan


def weekly(world, seen, members: pl.DataFrame) -> pl.DataFrame:
    """Notional of each member in each week, as the taker."""
    plan = world.exchange.plan
    fills = seen("fills", members, "taker_id").filter(pl.col("busts").is_null() & ~pl.col("bust"))
    week = pl.sum_horizontal(
        (pl.col("ts") >= plan.span(number).start).cast(pl.Int64)
        for number in range(1, plan.weeks + 1)
    )
    return fills.group_by("taker_id", week.alias("week")).agg(pl.col("notional_usd").sum())


def test_the_truth_counts_the_parts_of_each_operator() -> None:
    site = Site.of(SeasonPlan(3, accounts=20_000))
    members = SplitPot().members(site, SplitPot().count(site.plan))
    parts = members.group_by("group").len()["len"]
    assert set(PARTS) <= set(parts)


def test_parts_are_equal_until_the_last_level(of) -> None:
    spread = (pl.col("capital").max() / pl.col("capital").min()).alias("spread")
    groups = [of("A11", level).group_by("group_id").agg(spread, pl.len()) for level in (1, 2, 3)]
    assert groups[0]["spread"].max() < 1.01
    assert groups[1]["spread"].max() < 1.01
    assert groups[2].filter(pl.col("len") > 2)["spread"].min() > 1.01


def test_only_harder_levels_stop_at_a_tier_and_the_hardest_about_it(of) -> None:
    assert of("A11", 1)["week_limit"].null_count() == len(of("A11", 1))
    edges = {tier * USD for tier in TIERS}
    assert set(of("A11", 2)["week_limit"]) <= edges
    about = of("A11", 3)["week_limit"]
    assert about.null_count() == 0
    assert not set(about) <= edges


def test_who_stops_at_a_tier_stops_just_beyond_it(world, of, seen) -> None:
    members = of("A11", 2)
    done = weekly(world, seen, members).join(
        members.select("account_id", "week_limit", "size"),
        left_on="taker_id",
        right_on="account_id",
    )
    beyond = done.filter(pl.col("notional_usd") > pl.col("week_limit"))
    assert len(beyond)
    # Getting out of what one's resting orders brought comes on top, and is not planned.
    rested = world.rows["fills"].group_by("maker_id").agg(pl.col("notional_usd").sum().alias("own"))
    beyond = beyond.join(rested, left_on="taker_id", right_on="maker_id", how="left")
    planned = pl.col("notional_usd") - pl.col("own").fill_null(0) * 11 // 10
    assert beyond.select((planned < pl.col("week_limit") + 5 * pl.col("size")).all()).item()


def test_machines_and_sinks_are_shared_less_and_less(of, logins, sinks) -> None:
    easy = logins(of("A11", 1))
    assert (easy["devices"] < easy["accounts"]).any()
    assert sinks(of("A11", 2))["accounts"].max() > 1
    assert (sinks(of("A11", 3))["accounts"] == 1).all()
