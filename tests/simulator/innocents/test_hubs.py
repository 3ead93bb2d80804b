"""Bridges and payment processors: one address for many strangers."""

import polars as pl


def test_a_bridge_fills_the_wallets_of_strangers_with_any_sum_on_any_day(cohorts) -> None:
    members = cohorts.members("bridge")
    filled = cohorts.season.rows["transfers"].filter(
        (pl.col("kind") == "onchain") & pl.col("source").is_in(members["seeder"].implode())
    )
    wallets = filled.group_by("source").agg(
        pl.col("destination").n_unique(), pl.col("amount_usd").n_unique(), pl.len()
    )
    assert wallets["destination"].min() > 20
    assert (wallets["amount_usd"] == wallets["len"]).all()
    assert set(filled["destination"]) <= set(members["funder"])
    assert members["sink"].n_unique() == len(members)


def test_a_processor_pays_in_for_all_and_out_for_most(cohorts) -> None:
    members = cohorts.members("payment_processor")
    assert members.group_by("group").agg(pl.col("funder").n_unique())["funder"].max() == 1
    out = (members["sink"] == members["funder"]).mean()
    assert 0.4 < out < 0.8
    paid = cohorts.rows("transfers", "payment_processor", "source").filter(kind="withdrawal")
    assert paid["destination"].is_in(members["funder"].implode()).any()
    assert members["device"].n_unique() == len(members)
