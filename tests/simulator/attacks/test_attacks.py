"""What all attacks have in common: levels, shares, and a truth that the events do not tell."""

import polars as pl
import pytest

from simulator.attacks import ATTACKS
from simulator.exchange import open_exchange
from simulator.people import truth
from simulator.population import Site
from simulator.season import SeasonPlan


def test_there_are_fifteen_attacks_with_three_levels_or_more() -> None:
    assert [attack.name for attack in ATTACKS] == [f"A{number}" for number in range(1, 16)]
    assert all(len(attack.levels) >= 3 for attack in ATTACKS)


def test_farms_are_a_tenth_of_all_accounts() -> None:
    assert 950 <= sum(attack.share_bps for attack in ATTACKS if attack.name != "A15") <= 1_050


def test_a_season_of_three_thousand_has_every_attack(world) -> None:
    plan = SeasonPlan(3, accounts=3_000)
    assert all(attack.count(plan) >= attack.fewest for attack in ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_season_of_twenty_thousand_has_every_level_twice_or_more(attack) -> None:
    site = Site.of(SeasonPlan(3, accounts=20_000))
    members = attack.members(site, attack.count(site.plan))
    groups = members.group_by("level").agg(pl.col("group").n_unique())
    assert dict(groups.iter_rows()).keys() == set(range(1, len(attack.levels) + 1))
    assert groups["group"].min() >= 2


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_same_plan_draws_the_same_members(attack) -> None:
    site = Site.of(SeasonPlan(5, accounts=3_000))
    count = attack.count(site.plan)
    assert attack.members(site, count).equals(attack.members(site, count))


def test_the_same_people_are_planted_the_same(world) -> None:
    again = open_exchange(world.exchange.plan).planted
    planted = world.exchange.planted
    for part in ("transfers", "referrals", "logins", "targeted"):
        assert getattr(again, part).equals(getattr(planted, part))


def test_farms_declare_nothing_and_carry_no_class_of_the_innocent(world, rows) -> None:
    known = truth(world.people, world.exchange.planted.targeted)
    farms = known.filter("farm")
    assert farms["lookalike_class"].null_count() == len(farms)
    owners = rows["accounts"].join(farms, on="account_id")["owner_id"]
    assert owners.null_count() == len(owners) > 0
    assert not farms["targeted"].any()


def test_every_farm_trades(of, rows) -> None:
    takers = set(rows["fills"]["taker_id"])
    for attack in ATTACKS:
        members = set(of(attack.name)["account_id"])
        assert len(members & takers) > len(members) // 2, attack.name
