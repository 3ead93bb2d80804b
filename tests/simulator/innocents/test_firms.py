"""Those who declare that their accounts belong together."""

import polars as pl

from simulator.season import SECOND


def test_desks_and_market_makers_are_one_owner_each(cohorts) -> None:
    accounts = cohorts.season.rows["accounts"].join(
        cohorts.season.people.select("account_id", "pattern", "group"), on="account_id"
    )
    declared = accounts.filter(pl.col("pattern").is_in(["desk", "market_maker"]))
    assert declared["owner_id"].null_count() == 0
    owners = declared.group_by("pattern", "group").agg(pl.col("owner_id").n_unique())
    assert (owners["owner_id"] == 1).all()
    makers = accounts.filter(pl.col("kind") == "market_maker")
    assert makers["account_id"].n_unique() >= 8
    assert makers["declared_group"].null_count() == 0


def test_no_farm_declares_an_owner(cohorts) -> None:
    farms = cohorts.season.people.filter("farm").select("account_id")
    accounts = cohorts.season.rows["accounts"].join(farms, on="account_id")
    assert accounts["owner_id"].null_count() == len(accounts)


def test_a_fund_trades_its_clients_in_blocks_on_one_side_in_and_out(cohorts) -> None:
    fills = cohorts.rows("fills", "fund", "taker_id")
    pairs = fills.join(fills, on=["group", "market"], suffix="_other").filter(
        (pl.col("taker_id") != pl.col("taker_id_other"))
        & (pl.col("ts_other") - pl.col("ts")).abs().is_between(0, 3 * SECOND)
    )
    assert pairs["taker_id"].n_unique() > len(cohorts.members("fund")) // 2
    assert (pairs["taker_side"] == pairs["taker_side_other"]).mean() > 0.95


def test_every_client_of_a_fund_is_an_owner_with_a_purse_of_their_own(cohorts) -> None:
    members = cohorts.members("fund")
    assert members["owner_id"].null_count() == len(members)
    assert members["sink"].n_unique() == len(members)
    groups = members.group_by("group").agg(pl.col("declared_group", "operator_id").n_unique())
    assert (groups.drop("group").max_horizontal() == 1).all()
    assert members["declared_group"].null_count() == 0
    assert not members["farm"].any()
