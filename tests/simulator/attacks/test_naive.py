"""A1 shares everything; fewer machines from level to level."""

import polars as pl


def test_an_easy_naive_farm_shares_few_devices_and_one_block(of, logins) -> None:
    shown = logins(of("A1", 1))
    assert (shown["blocks"] == 1).all()
    assert (shown["devices"] <= shown["accounts"] // 8 + 1).all()


def test_then_two_accounts_share_a_device(of, logins) -> None:
    shown = logins(of("A1", 2))
    assert (shown["blocks"] == 1).all()
    assert (shown["devices"] >= shown["accounts"] / 2).all()
    assert (shown["devices"] <= shown["accounts"] / 2 + 2).all()


def test_then_each_has_a_device_and_a_home(of, logins) -> None:
    shown = logins(of("A1", 3))
    assert (shown["devices"] >= shown["accounts"]).all()
    assert (shown["blocks"] > shown["accounts"] / 2).all()


def test_one_funder_and_one_sink_remain_at_every_level(world, of, seen, sinks) -> None:
    members = of("A1").join(world.exchange.planted.targeted, on="account_id", how="anti")
    deposits = seen("transfers", members, "destination").filter(kind="deposit")
    assert (deposits.group_by("group_id").agg(pl.col("source").n_unique())["source"] == 1).all()
    assert not sinks(members)["group_id"].is_duplicated().any()
