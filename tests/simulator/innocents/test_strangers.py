"""The honest majority shares hubs alone, and pays one another now and then."""

import polars as pl

from simulator.styles.alone import SUMS


def test_hot_wallets_fund_everybody_by_the_hundred(cohorts) -> None:
    deposits = cohorts.season.rows["transfers"].filter(kind="deposit")
    crowd = deposits.group_by("source").agg(pl.col("destination").n_unique())
    assert crowd["destination"].max() > cohorts.plan.accounts // 20


def test_strangers_share_hubs_alone(cohorts) -> None:
    people = cohorts.season.people.select("account_id", "pattern")
    logins = cohorts.season.rows["logins"].join(people, on="account_id")
    devices = logins.group_by("device_id").agg(pl.col("account_id").n_unique(), pl.col("pattern"))
    strangers = devices.filter(pl.col("pattern").list.contains("honest"))
    assert (strangers["account_id"] == 1).all()


def test_a_few_strangers_pay_another_once(cohorts) -> None:
    paid = cohorts.rows("transfers", "honest", "source").filter(kind="internal")
    assert 5 < len(paid) < len(cohorts.members("honest")) // 20
    assert not paid["source"].is_duplicated().any()
    assert (paid["source"] != paid["destination"]).all()


def test_some_type_round_sums(cohorts) -> None:
    fills = cohorts.rows("fills", "honest", "taker_id").filter(product="equity")
    usd = fills["notional_usd"].to_numpy() / 1_000_000
    near = [((usd > 0.98 * sum_usd) & (usd <= 1.001 * sum_usd)).sum() for sum_usd in SUMS]
    assert sum(near) > len(fills) // 10
