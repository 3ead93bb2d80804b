"""A4's legs lie on opposite sides, less and less in step, and at last out of sight."""

import polars as pl
import pytest

from simulator.season import MINUTE, SECOND


@pytest.fixture(scope="module")
def opposite(of, seen):
    """Part of a level's fills with an opposite one by another member within so much time."""

    def part(level: int, within: int, *, same_market: bool = True) -> float:
        fills = seen("fills", of("A4", level), "taker_id").select(
            "ts", "market", "taker_id", "taker_side", "group_id"
        )
        bucket = pl.col("ts") // within
        others = fills.with_columns(pl.concat_list(bucket - 1, bucket, bucket + 1).alias("bucket"))
        pairs = (
            fills.with_row_index()
            .with_columns(bucket.alias("bucket"))
            .join(others.explode("bucket"), on=["group_id", "bucket"], suffix="_other")
        )
        near = pairs.filter(
            (pl.col("taker_id") != pl.col("taker_id_other"))
            & (pl.col("taker_side") != pl.col("taker_side_other"))
            & ((pl.col("ts") - pl.col("ts_other")).abs() <= within)
            & ((pl.col("market") == pl.col("market_other")) == same_market)
        )
        return near["index"].n_unique() / len(fills)

    return part


def test_in_step_the_other_side_follows_within_seconds(opposite) -> None:
    assert opposite(1, 4 * SECOND) > 0.6


def test_then_within_minutes_and_seldom_within_seconds(opposite) -> None:
    assert opposite(2, 2 * MINUTE) > 0.6
    assert opposite(2, 4 * SECOND) < 0.2


def test_then_within_a_quarter_of_an_hour(opposite) -> None:
    assert opposite(3, 15 * MINUTE) > 0.6
    assert opposite(3, 30 * SECOND) < 0.3


def test_then_in_more_and_smaller_parts(of, seen, opposite) -> None:
    def fills_a_day(level: int) -> float:
        fills = seen("fills", of("A4", level), "taker_id")
        return len(fills) / of("A4", level)["pace"].sum()

    assert fills_a_day(4) > 2 * fills_a_day(2)
    assert opposite(4, 12 * MINUTE) > 0.6


def test_then_in_another_symbol_that_moves_along(of, seen, opposite) -> None:
    fills = seen("fills", of("A4", 5), "taker_id")
    # The rest is what one gets out of that one's resting orders brought.
    assert fills["market"].is_in(["ETH-PERP", "SOL-PERP"]).mean() > 0.7
    assert opposite(5, 5 * MINUTE, same_market=False) > 0.6


def test_and_at_last_nobody_here_is_on_the_other_side(of, seen, opposite) -> None:
    assert opposite(6, 2 * MINUTE) < 0.1
    assert len(seen("fills", of("A4", 6), "taker_id"))


def test_one_address_without_proxies_and_many_with_them(of, logins) -> None:
    assert (logins(of("A4", 1))["addresses"] == 1).all()
    shown = logins(of("A4", 2, 3, 4, 5, 6)).filter(pl.col("accounts") > 2)
    assert (shown["addresses"] > 1).all()
