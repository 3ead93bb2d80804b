"""All look-alike classes together: how many there are, and what the truth says of them."""

import polars as pl
import pytest

from simulator.innocents import HONEST, INNOCENTS
from simulator.people import truth
from simulator.season import SeasonPlan

NAMES = [pattern.name for pattern in INNOCENTS]


def test_look_alikes_are_a_third_of_all_accounts() -> None:
    assert 3_000 <= sum(pattern.share_bps for pattern in INNOCENTS) <= 3_700


@pytest.mark.parametrize("pattern", INNOCENTS, ids=NAMES)
def test_every_class_is_large_enough_to_measure(pattern) -> None:
    assert pattern.count(SeasonPlan(1, accounts=20_000)) >= 100
    assert pattern.count(SeasonPlan(1, accounts=3_000)) >= 12


def test_the_truth_names_every_class_and_calls_none_a_farm(cohorts) -> None:
    told = truth(cohorts.season.people, cohorts.season.exchange.planted.targeted)
    alike = told.filter(pl.col("lookalike_class").is_not_null())
    assert set(alike["lookalike_class"]) == set(NAMES)
    assert not alike["farm"].any()
    assert (alike["pattern"] == alike["lookalike_class"]).all()
    assert set(alike["level"]) == {""}
    rest = told.filter(pl.col("lookalike_class").is_null() & ~pl.col("farm"))
    assert {HONEST.name, "system"} <= set(rest["pattern"])


def test_every_class_trades(cohorts) -> None:
    people = cohorts.season.people
    fills = cohorts.season.rows["fills"]
    active = pl.concat([fills["taker_id"], fills["maker_id"]]).unique()
    there = people.filter(pl.col("account_id").is_in(active.implode()))
    assert set(NAMES) <= set(there["pattern"])
