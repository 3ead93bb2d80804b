"""A9 is a desk that does not say so: one host, then one sink, then only the rhythm."""

import polars as pl


def test_keys_of_one_host_until_the_last_level(of, logins) -> None:
    assert (logins(of("A9", 1, 2))["addresses"] == 1).all()
    shown = logins(of("A9", 3))
    assert (shown["addresses"] == shown["accounts"]).all()


def test_two_share_a_device_only_at_first(of, logins) -> None:
    easy, harder = logins(of("A9", 1)), logins(of("A9", 2, 3))
    assert (easy["devices"] < easy["accounts"]).any()
    assert (harder["devices"] == harder["accounts"]).all()


def test_one_purse_then_one_sink_then_neither(of, seen, sinks) -> None:
    internal = seen("transfers", of("A9"), "destination").filter(kind="internal")
    assert set(internal["level"]) == {1}
    assert not sinks(of("A9", 2))["group_id"].is_duplicated().any()
    assert (sinks(of("A9", 1, 3))["accounts"] == 1).all()


def test_all_trade_the_same_minute_at_every_level(of, seen) -> None:
    for level in (1, 2, 3):
        members = of("A9", level)
        fills = seen("fills", members, "taker_id")
        minutes = fills.group_by("group_id", "market", pl.col("ts") // 120_000_000).agg(
            pl.col("taker_id").n_unique(), pl.len()
        )
        together = minutes.filter(pl.col("taker_id") > 1)["len"].sum()
        # Now and then one is alone: the others are not there yet, or were given up.
        assert together > len(fills) / 3
