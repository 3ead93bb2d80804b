"""The honest majority: every signal of a farm has honest holders."""

import numpy as np
import polars as pl
import pytest

from simulator.draws import Draws
from simulator.individuals import individuals
from simulator.population import Site
from simulator.season import DAY, SeasonPlan

PLAN = SeasonPlan(11, accounts=4_000, weeks=8)
SITE = Site.of(PLAN)


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return individuals(Draws(3, "test"), SITE, np.ones(4_000, dtype=np.int64))


def test_some_days_bring_many_times_as_many_as_others(people) -> None:
    days = people.filter(pl.col("opened") >= PLAN.start).group_by(pl.col("opened") // DAY).len()
    assert days["len"].max() > 3 * days["len"].median()


def test_some_have_a_look_and_take_everything_with_them_within_days(people) -> None:
    quick = people.filter(
        (pl.col("leaves_after") < 9 * DAY) & pl.col("leaves_with").is_between(80, 99)
    )
    assert 0.03 < len(quick) / len(people) < 0.15


def test_some_old_accounts_come_back_in_the_midst_of_the_season(people) -> None:
    old = people.filter(pl.col("opened") < PLAN.start)
    back = old.filter(pl.col("starts") > PLAN.start + 7 * DAY)
    assert 0.04 < len(back) / len(old) < 0.15


def test_some_take_a_vpn_and_a_few_homes_are_let_as_proxies(people) -> None:
    vpn = len(people.filter(pl.col("other_ip").is_in(list(SITE.pools["vpn"]))))
    let = len(people.filter(pl.col("ip").is_in(list(SITE.pools["proxy"]))))
    assert 0.05 < vpn / len(people) < 0.15
    assert 0 < let / len(people) < 0.03


def test_sizes_have_a_heavy_tail(people) -> None:
    sizes = people["size"].sort(descending=True)
    top = sizes.head(len(sizes) // 100).sum() / sizes.sum()
    assert 0.1 < top < 0.7


def test_half_stay_to_the_end_and_most_who_leave_withdraw(people) -> None:
    stays = people["stops"] >= PLAN.end
    assert 0.4 < stays.mean() < 0.7
    leavers = people.filter(~stays)
    left = leavers.filter(pl.col("leaves_after") == pl.col("stops") - pl.col("starts"))
    assert 0.6 < len(left) / len(leavers) < 0.8
