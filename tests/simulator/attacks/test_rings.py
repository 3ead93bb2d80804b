"""A5 trades with itself and ends where it began: at once, then only over the week."""

import polars as pl
import pytest

from simulator.markets import MARKETS, THIN
from simulator.season import HOUR


@pytest.fixture(scope="module")
def inside(of, seen):
    """Fills of a level between members of one ring."""

    def fills(level: int) -> pl.DataFrame:
        members = of("A5", level)
        makers = members.select("account_id", maker_group="group_id")
        taken = seen("fills", members, "taker_id")
        both = taken.join(makers, left_on="maker_id", right_on="account_id")
        return both.filter(pl.col("group_id") == pl.col("maker_group"))

    return fills


def gaps(fills: pl.DataFrame, window: int) -> pl.Series:
    """What is left of each account's trades in each window, as a part of them."""
    sides = pl.concat(
        fills.select(
            "market", account=name, at=pl.col("ts") // window, net=sign * pl.col("quantity")
        )
        for name, sign in (("taker_id", 1), ("maker_id", -1))
    )
    left = sides.group_by("account", "market", "at").agg(
        pl.col("net").sum().abs(), pl.col("net").abs().sum().alias("gross")
    )
    return left["net"] / left["gross"]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_only_thin_markets_are_used(level, inside) -> None:
    thin = [MARKETS[number].name for number in THIN]
    # Now and then one meets another's resting order elsewhere by chance.
    assert inside(level)["market"].is_in(thin).mean() > 0.95


@pytest.mark.parametrize("level", [1, 2])
def test_a_round_takes_half_a_minute_and_leaves_nearly_nothing(level, inside) -> None:
    assert gaps(inside(level), HOUR).median() < 0.05


def test_rotating_partners_are_level_over_the_week_and_not_within_the_hour(inside, of) -> None:
    fills = inside(3)
    assert gaps(fills, HOUR).median() > 0.5
    assert gaps(fills, 21 * 24 * HOUR).median() < 0.05
    members = of("A5", 3).filter(pl.len().over("group_id") > 3)
    partners = fills.group_by("taker_id").agg(pl.col("maker_id").n_unique(), pl.len())
    busy = partners.join(members, left_on="taker_id", right_on="account_id").filter(
        pl.col("len") > 8
    )
    assert (busy["maker_id"] > 1).all()


def test_real_trading_is_mixed_in_from_level_two_on(of, seen, inside) -> None:
    def own(level: int) -> float:
        return 1 - len(inside(level)) / len(seen("fills", of("A5", level), "taker_id"))

    assert own(1) < 0.25
    assert own(2) > 0.3
    assert own(3) > own(2)


def test_only_the_easy_ones_have_one_purse(of, seen) -> None:
    internal = seen("transfers", of("A5"), "destination").filter(kind="internal")
    assert set(internal["level"]) <= {1}
    assert len(internal)
