"""Those who loop a loan without being a farm."""

import polars as pl

from simulator.season import DAY


def loans(cohorts) -> pl.DataFrame:
    rows = cohorts.rows("balances", "leveraged_staker")
    return rows.filter(pl.col("kind").is_in(["lent", "borrowed"]))


def test_a_staker_lends_and_borrows_at_once(cohorts) -> None:
    sides = loans(cohorts).group_by("account_id").agg(pl.col("kind").n_unique())
    assert len(sides) > 8
    assert (sides["kind"] == 2).all()


def test_everyone_has_turns_and_times_of_ones_own(cohorts) -> None:
    lent = loans(cohorts).filter((pl.col("kind") == "lent") & (pl.col("ts") % DAY != 0))
    turns = lent.filter(pl.col("amount_usd") > 0).group_by("account_id").len()["len"]
    assert turns.n_unique() > 2


def test_some_take_a_part_out_and_bring_it_back(cohorts) -> None:
    out = cohorts.rows("transfers", "leveraged_staker", "source")
    back = cohorts.rows("transfers", "leveraged_staker", "destination")
    both = out.join(
        back, left_on=["source", "destination"], right_on=["destination", "source"], suffix="_back"
    ).filter(pl.col("ts_back") > pl.col("ts"))
    assert len(both)
    assert (both["amount_usd"] == both["amount_usd_back"]).any()
