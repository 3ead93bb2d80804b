"""A merchant's customers and an employer's staff: one payer, odd sums."""

import polars as pl

from simulator.season import DAY, MINUTE


def test_a_merchant_pays_most_of_the_customers_in_sums_that_never_repeat(cohorts) -> None:
    members = cohorts.members("merchant")
    paid = cohorts.rows("transfers", "merchant", "source").filter(kind="internal")
    bought = paid.filter(pl.col("seat") == 0)
    sold = paid.filter(pl.col("seat") > 0)
    assert bought["destination"].n_unique() > len(members) // 2
    assert bought["amount_usd"].n_unique() == len(bought)
    assert set(sold["destination"]) == set(members.filter(pl.col("seat") == 0)["account_id"])
    assert 0.1 < len(sold) / len(paid) < 0.4


def test_half_of_the_customers_have_their_deposits_from_the_merchants_wallet(cohorts) -> None:
    members = cohorts.members("merchant")
    first = members.filter(pl.col("seat") == 0).select("group", wallet="funder")
    bought = members.join(first, on="group").select(pl.col("funder") == pl.col("wallet"))
    assert 0.3 < bought.to_series().mean() < 0.7


def test_salaries_come_every_second_week_in_the_same_minutes_in_sums_of_ones_own(cohorts) -> None:
    staff = cohorts.members("payroll")
    deposits = cohorts.rows("transfers", "payroll", "destination").filter(kind="deposit")
    others = cohorts.season.people["funder"].implode()
    salaries = deposits.filter(~pl.col("source").is_in(others))
    assert (salaries.group_by("group").agg(pl.col("source").n_unique())["source"] == 1).all()
    days = salaries.group_by("group", day=pl.col("ts") // DAY).agg(
        (pl.col("ts").max() - pl.col("ts").min()).alias("wide"), pl.col("amount_usd").n_unique()
    )
    assert (days["wide"] < 10 * MINUTE).all()
    paydays = days.sort("group", "day").select(pl.col("day").diff().over("group")).drop_nulls()
    assert set(paydays.to_series()) == {14}
    sums = salaries.group_by("destination").agg(pl.col("amount_usd").n_unique())
    assert (sums["amount_usd"] == 1).all()
    assert salaries["amount_usd"].n_unique() > len(staff) // 3
