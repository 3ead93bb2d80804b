"""A13 is silent until the season is nearly over."""

import polars as pl

from simulator.season import DAY


def by_week(world, seen, members: pl.DataFrame) -> list[int]:
    """Fills of the members in each week."""
    fills, plan = seen("fills", members, "taker_id"), world.exchange.plan
    spans = [plan.span(number) for number in range(1, plan.weeks + 1)]
    return [len(fills.filter(span.covers("ts"))) for span in spans]


def test_the_easy_ones_wake_in_the_last_week(world, of, seen) -> None:
    *before, last = by_week(world, seen, of("A13", 1))
    assert sum(before) == 0 < last


def test_then_over_the_last_two(world, of, seen) -> None:
    first, second, last = by_week(world, seen, of("A13", 2))
    assert first == 0 < second < last


def test_then_they_trade_all_along_and_surge(world, of, seen) -> None:
    first, second, last = by_week(world, seen, of("A13", 3))
    assert first > 0
    assert 0 < second < last / 2


def test_all_were_opened_long_before(world, of) -> None:
    assert (of("A13")["opened"] < world.exchange.plan.start - 29 * DAY).all()


def test_devices_and_sinks_are_shared_less_and_less(of, logins, sinks) -> None:
    easy = logins(of("A13", 1))
    assert (easy["devices"] < easy["accounts"]).all()
    assert not sinks(of("A13", 1))["group_id"].is_duplicated().any()
    assert sinks(of("A13", 2))["accounts"].max() <= 3
    assert (sinks(of("A13", 3))["accounts"] == 1).all()
