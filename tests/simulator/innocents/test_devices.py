"""Devices that go through several honest hands."""

import polars as pl

from simulator.season import HOUR


def test_a_phone_that_was_sold_is_never_both_owners_at_once(cohorts) -> None:
    logins = cohorts.rows("logins", "resold_phone")
    used = logins.group_by("device_id", "group", "seat").agg(
        pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last")
    )
    seller, buyer = (used.filter(pl.col("seat") == seat) for seat in (0, 1))
    handed = seller.join(buyer, on=["device_id", "group"], suffix="_buyer")
    assert len(handed) > 3
    assert (handed["last"] < handed["first_buyer"]).all()


def test_buyer_and_seller_share_the_phone_alone(cohorts) -> None:
    members = cohorts.members("resold_phone")
    assert members.group_by("group").len()["len"].unique().to_list() == [2]
    for name in ("ip", "sink", "operator_id"):
        assert members[name].n_unique() == len(members)
    buyers = members.filter(pl.col("seat") == 1)
    new = buyers["opened"] == buyers["switch_at"]
    assert new.any()
    assert not new.all()


def test_the_bench_of_a_repair_shop_sees_many_accounts_each_for_an_hour(cohorts) -> None:
    members = cohorts.members("repair_shop")
    own = pl.concat([members["ip"], members["other_ip"]]).drop_nulls()
    logins = cohorts.rows("logins", "repair_shop")
    shop = logins.filter(~pl.col("ip").is_in(own.implode()))
    crowd = shop.group_by("group").agg(pl.col("ip", "account_id").n_unique())
    assert (crowd["ip"] == 1).all()
    assert crowd["account_id"].max() >= 8
    visits = shop.group_by("account_id").agg(pl.col("ts").max() - pl.col("ts").min())
    assert (visits["ts"] < HOUR).all()
    bench = shop.filter(~pl.col("device_id").is_in(members["device"].implode()))
    devices = bench.group_by("group").agg(pl.col("device_id", "account_id").n_unique())
    assert (devices["device_id"] == 1).all()
    assert devices["account_id"].max() >= 4
