"""A small synthetic season, played through the real jobs."""

import polars as pl
from polars.testing import assert_frame_equal

from rehearsal.play import Script, play, season_plan
from rehearsal.records import SCHEMAS
from tests.rehearsal.conftest import ACCOUNTS, BUDGET, ERROR_BPS, WEEKS

EMISSION = 10_000_000 * 10**6  # micropoints of the preset's week


def test_the_same_seed_plays_the_same_season_twice(season, tmp_path):
    again = play(
        Script(season_plan(7, ACCOUNTS, WEEKS), BUDGET, ERROR_BPS), tmp_path, lambda _: None
    )
    for name in SCHEMAS:
        assert_frame_equal(getattr(again, name), getattr(season, name))


def test_verifying_finds_nothing_wrong_and_replays_every_week(season):
    assert season.findings == ()
    assert season.replayed == tuple(f"S1W{week:02}" for week in range(1, WEEKS + 1))


def test_every_point_of_every_week_lies_somewhere_at_the_end(season):
    to_reserve = season.redistributed.filter(pl.col("owner_id").is_null())["micropoints"].sum()
    lies = season.ledger.select(pl.sum_horizontal("own", "held", "escrowed").sum()).item()
    assert lies + to_reserve == WEEKS * EMISSION


def test_what_was_issued_is_the_emission_of_every_week(season):
    issued = season.issued.group_by("week").agg(pl.sum_horizontal("own", "held").sum().alias("all"))
    assert issued.sort("week").rows() == [(week, EMISSION) for week in range(1, WEEKS + 1)]


def test_what_was_seized_went_back_or_lies_aside_or_was_spread(season):
    spread = season.redistributed["micropoints"].sum()
    taken = season.ledger.select("seized", "restored", "escrowed").sum().row(0)
    assert taken[0] == taken[1] + taken[2] + spread
    assert taken[0] > 0


def test_moderators_take_up_no_more_than_the_budget_and_from_the_top(season):
    ranks = season.reviews.group_by("week").agg(pl.col("queue_rank"))
    assert all(sorted(of) == list(range(1, len(of) + 1)) for of in ranks["queue_rank"])
    assert season.reviews["queue_rank"].max() <= BUDGET


def test_moderators_who_err_in_four_of_ten_cases_are_wrong_in_some(season):
    wrong = season.reviews.filter(pl.col("verdict") != pl.col("right_verdict"))
    assert 0 < wrong.height < season.reviews.height


def test_an_owner_is_flagged_in_a_week_of_the_season(season):
    assert set(season.flags["week"]) <= set(range(1, WEEKS + 1))
    assert season.flags["case_id"].is_in(season.cases["case_id"].implode()).all()


def test_points_days_begin_with_what_is_held_at_the_issue(season):
    first = (
        season.holds.filter(place="held")
        .sort("from_us")
        .unique(["owner_id", "week"], keep="first", maintain_order=True)
    )
    held = season.issued.filter(pl.col("held") > 0)
    assert held.join(first, on=["owner_id", "week"], how="anti").is_empty()
    assert season.holds.filter(pl.col("until_us") <= pl.col("from_us")).is_empty()


def test_fees_are_those_of_the_truths_accounts(season):
    assert season.fees.join(season.truth, on="account_id", how="anti").is_empty()
    assert season.fees["volume_usd"].sum() > season.fees["paid_usd"].sum() > 0


def test_a_farm_splits_over_the_owners_who_were_issued_points(season):
    issued = season.issued.join(season.owners, on="owner_id").join(season.truth, on="account_id")
    earning = (
        issued.filter("farm")
        .group_by("week", "operator_id")
        .agg(pl.col("owner_id").n_unique().cast(pl.Int32).alias("owners"))
    )
    counted = season.splitting.select("week", "operator_id", "owners")
    assert counted.join(earning, on=counted.columns, how="anti").is_empty()
    assert counted["owners"].min() > 1
    farms = set(season.truth.filter("farm")["operator_id"])
    assert set(season.splitting["operator_id"]) <= farms
    assert season.splitting.select("together", "alone").min_horizontal().min() >= 0
