"""Carriers, VPNs and addresses that change hands."""

import polars as pl
import pytest

from simulator.season import HOUR


@pytest.mark.parametrize(("name", "pool"), [("mobile", "carrier"), ("vpn", "vpn")])
def test_who_roams_comes_from_exits_of_the_pool_alone(cohorts, name, pool) -> None:
    exits = set(cohorts.season.exchange.site.pools[pool])
    logins = cohorts.rows("logins", name)
    assert set(logins["ip"]) <= exits
    seen = logins.group_by("account_id").agg(pl.col("ip").n_unique(), pl.len())
    assert seen.filter(pl.col("len") > 5)["ip"].min() > 1
    assert logins.group_by("ip").agg(pl.col("account_id").n_unique())["account_id"].max() > 5
    assert cohorts.members(name)["device"].n_unique() == len(cohorts.members(name))


def test_an_address_dealt_out_anew_has_several_accounts_but_never_at_once(cohorts) -> None:
    members = cohorts.members("recycled_address")
    logins = cohorts.rows("logins", "recycled_address")
    dealt = logins.filter(pl.col("ip").is_in(members["ip"].implode()))
    holders = dealt.group_by("ip").agg(pl.col("account_id").n_unique())
    assert holders["account_id"].max() == 2
    assert (holders["account_id"] == 2).sum() > 3
    hours = dealt.group_by("ip", pl.col("ts") // HOUR).agg(pl.col("account_id").n_unique())
    assert hours["account_id"].max() == 1
