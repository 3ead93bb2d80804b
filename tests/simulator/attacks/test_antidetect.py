"""A2 shares where the money ends, then less of it, then nothing but a fingerprint."""

import polars as pl


def test_most_of_an_easy_one_withdraw_to_one_sink(of, sinks) -> None:
    for _, group in sinks(of("A2", 1)).group_by("group_id"):
        assert group["accounts"].max() >= group["accounts"].sum() * 0.5


def test_then_three_share_a_sink(of, sinks) -> None:
    shared = sinks(of("A2", 2))["accounts"]
    assert 1 < shared.max() <= 3


def test_then_nobody_shares_a_sink(of, sinks) -> None:
    assert (sinks(of("A2", 3, 4))["accounts"] == 1).all()


def test_cheap_pools_collide_until_the_last_level(of, seen) -> None:
    for levels, collide in (((1, 2, 3), True), ((4,), False)):
        devices = seen("logins", of("A2", *levels)).group_by("device_id")
        shared = devices.agg(pl.col("account_id").n_unique())["account_id"] > 1
        assert shared.any() == collide


def test_harder_ones_come_from_another_home_at_every_login(world, of, seen) -> None:
    exits = set(world.exchange.site.pools["proxy"])
    once, often = (seen("logins", of("A2", level)) for level in (1, 2))
    assert set(often["ip"]) <= exits
    homes = [
        part.filter(pl.col("ip").is_in(list(exits)))
        .group_by("account_id")
        .agg(pl.col("ip").n_unique())["ip"]
        .mean()
        for part in (once, often)
    ]
    assert homes[0] == 1
    assert homes[1] > 2
