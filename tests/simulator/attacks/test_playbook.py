"""A15 are strangers who do the same: no farm, no common operator, one group."""

import polars as pl

from simulator.people import truth


def test_each_is_one_s_own_operator_and_no_farm(world) -> None:
    known = truth(world.people, world.exchange.planted.targeted).filter(pattern="A15")
    assert not known["farm"].any()
    assert (known["operator_id"] == known["account_id"]).all()
    assert known["group_id"].n_unique() < len(known) / 5
    assert known["lookalike_class"].null_count() == len(known)


def test_they_share_neither_device_nor_home_nor_purse(of, logins, sinks) -> None:
    shown = logins(of("A15"))
    assert (shown["devices"] >= shown["accounts"]).all()
    assert (sinks(of("A15"))["accounts"] == 1).all()


def together(fills: pl.DataFrame, within: int) -> float:
    keys = ["group_id", "market", "taker_side", pl.col("ts") // within]
    minutes = fills.group_by(keys).agg(pl.col("taker_id").n_unique(), pl.len())
    return minutes.filter(pl.col("taker_id") > 2)["len"].sum() / len(fills)


def test_calls_bring_them_together_within_minutes_only_at_first(of, seen) -> None:
    parts = [
        together(seen("fills", of("A15", level), "taker_id"), 10 * 60_000_000)
        for level in (1, 2, 3)
    ]
    assert parts[0] > 0.3
    assert parts[1] < parts[0] / 3
    assert parts[2] < parts[0] / 3


def test_later_ones_came_by_the_link_of_their_guide(of) -> None:
    invited = of("A15", 2, 3).filter(pl.col("seat") > 0)
    guides = of("A15", 2, 3).filter(pl.col("seat") == 0).select("group_id", guide="account_id")
    bound = invited.join(guides, on="group_id")
    assert (bound["referrer_id"] == bound["guide"]).all()
    easy = of("A15", 1).join(of("A15", 1).filter(seat=0), on="group_id", suffix="_guide")
    assert not (easy["referrer_id"] == easy["account_id_guide"]).any()
