"""What many accounts of one operator have in common, and when they leave."""

import numpy as np
import polars as pl
import pytest

from simulator.draws import Draws
from simulator.feeds.transfers import withdrawals
from simulator.operators import leaving, operated, within_days
from simulator.population import Site
from simulator.season import DAY, SeasonPlan

PLAN = SeasonPlan(11, accounts=4_000, weeks=8)
SITE = Site.of(PLAN)
GROUPS, SEATS = 300, 10


@pytest.fixture(scope="module")
def farms() -> pl.DataFrame:
    return operated(Draws(3, "test"), SITE, np.full(GROUPS, SEATS, dtype=np.int64))


@pytest.fixture(scope="module")
def left(farms) -> pl.DataFrame:
    return farms.with_columns(**leaving(Draws(4, "test"), SITE, farms))


def test_papers_are_spread_as_among_strangers_and_mostly_alike_inside_one_farm(farms) -> None:
    shares = farms["kyc_level"].value_counts(normalize=True).sort("kyc_level")["proportion"]
    assert np.allclose(shares.to_numpy(), [0.05, 0.45, 0.5], atol=0.06)
    usual = farms.group_by("group").agg(pl.col("kyc_level").mode().first().alias("usual"))
    alike = farms.join(usual, on="group")
    assert 0.8 < (alike["kyc_level"] == alike["usual"]).mean() < 1


def test_an_operator_is_awake_at_one_time(farms) -> None:
    hours = farms.group_by("group").agg(pl.col("hour").n_unique())
    assert hours["hour"].max() <= 3
    assert farms["hour"].n_unique() == 24


def test_farms_leave_about_the_end_or_not_within_the_season(left) -> None:
    leaves = left["starts"] + left["leaves_after"]
    inside = leaves.drop_nulls().filter(leaves.drop_nulls() < PLAN.end)
    assert 0.4 < len(inside) / len(left) < 0.75
    assert (inside > PLAN.end - 14 * DAY).mean() > 0.5
    assert (inside < PLAN.end - 21 * DAY).mean() > 0.03


def test_who_took_nearly_everything_is_gone(left) -> None:
    taken = left.filter((pl.col("leaves_with") >= 80) & pl.col("leaves_after").is_not_null())
    assert (taken["stops"] <= taken["starts"] + taken["leaves_after"]).all()


def test_some_are_dropped_on_the_way(left) -> None:
    assert 0.05 < (left["stops"] < PLAN.end - 21 * DAY).mean() < 0.3


def test_some_take_a_little_every_week_and_never_more_than_there_is(left) -> None:
    out = withdrawals(left.with_columns(pl.format("{}-{}", "group", "seat").alias("account_id")))
    often = out.group_by("row").agg(pl.len(), pl.col("amount_usd").sum())
    assert often["len"].max() > 4
    capital = left["capital"].gather(often["row"])
    assert (often["amount_usd"] <= capital).all()


def test_the_hasty_withdraw_within_days(farms) -> None:
    count = len(farms)
    everybody = pl.repeat(value=True, n=count, eager=True)
    days = np.full(count, 9, dtype=np.int64)
    gone = farms.with_columns(**within_days(Draws(5, "test"), SITE, days, everybody))
    assert gone["leaves_after"].is_between(3 * DAY, 9 * DAY).all()
