"""Which clusters come before a moderator by evidence alone, and which look-alikes do not."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest

from detection.detect import NO_PREVIOUS, detect
from detection.grounds import arrival_bits, enough, find_grounds, owner_grounds
from detection.routes import graph_route
from detection.terms import DetectionTerms
from warehouse.findings import (
    BEGINNERS_SCHEMA,
    MOVED_SCHEMA,
    SEEN_SCHEMA,
    USES_SCHEMA,
    Detection,
)

TERMS = DetectionTerms()


@pytest.fixture
def world(exchange, as_of):
    """An exchange whose strangers signed up one an hour; what is enough on it, and what is seen."""
    began = as_of.replace(tzinfo=None) - timedelta(days=300)
    for hour in range(exchange.strangers):
        exchange.account(f"stranger-{hour:05d}", opened_at=began + timedelta(hours=hour))
    return World(exchange, as_of, began)


class World:
    def __init__(self, exchange, as_of, began):
        self.exchange, self.as_of, self.began = exchange, as_of, began
        self.homes, self.uses, self.brought, self.moved = [], [], [], []

    def group(self, prefix, days):
        """One account each, signed up on those days."""
        return [
            self.exchange.account(f"{prefix}-{n}", opened_at=self.began + timedelta(days=day))
            for n, day in enumerate(days)
        ]

    def live_at(self, address, owners):
        self.homes += [(who, who, "home", address, self.began, self.began, 9) for who in owners]

    def visit(self, device, owners):
        """A device from which they made every fifth login."""
        self.exchange.share_device(device, owners)
        self.uses += [(who, device, 5) for who in owners]

    def is_enough(self):
        sightings = replace(
            self.exchange.sightings(),
            homes=pl.DataFrame(self.homes, schema=SEEN_SCHEMA, orient="row"),
            uses=pl.DataFrame(self.uses, schema=USES_SCHEMA, orient="row"),
            beginners=pl.DataFrame(self.brought, schema=BEGINNERS_SCHEMA, orient="row"),
            moved=pl.DataFrame(self.moved, schema=MOVED_SCHEMA, orient="row"),
        )
        self.found = detect(sightings, TERMS, NO_PREVIOUS, self.as_of)
        self.grounds = find_grounds(self.found, sightings.accounts)
        return graph_route(self.found, sightings.accounts, TERMS).height > 0


WEEK = (100, 101, 103, 105, 106)
LONG_AGO = (3, 31, 77, 102, 140)


def test_a_sink_of_accounts_that_came_in_one_week_is_enough(world):
    world.exchange.withdraw("sink", world.group("farm", WEEK))
    assert world.is_enough()


def test_customers_of_a_processor_came_when_they_came(world):
    world.exchange.withdraw("processor", world.group("customer", range(4, 160, 8)))
    assert not world.is_enough()
    assert world.found.clusters["owners"].to_list() == [20]


def test_a_cohort_among_the_customers_of_a_processor_is_no_surprise(world):
    days = [*range(4, 160, 12), 80, 81, 82, 83, 84]
    world.exchange.withdraw("processor", world.group("customer", days))
    assert not world.is_enough()


def test_a_family_may_share_a_wallet_and_a_home_and_sign_up_together(world):
    family = world.group("family", WEEK)
    world.exchange.withdraw("wallet", family)
    world.live_at("flat", family)
    world.visit("tablet", family)
    assert not world.is_enough()
    assert world.grounds.select("place", "money", "home").row(0) == (0.0, 1.0, 1.0)


def test_more_than_a_household_under_one_roof_is_asked_about(world):
    crowd = world.group("farm", [100 + n / 4 for n in range(TERMS.grounds.household_owners + 1)])
    world.exchange.withdraw("wallet", crowd)
    world.live_at("flat", crowd)
    assert world.is_enough()


@pytest.mark.parametrize(("owners", "hours"), [(3, 0), (5, 1), (5, 9)])
def test_a_family_does_not_sign_up_four_adults_in_one_evening(world, owners, hours):
    crowd = world.group("resident", [100 + n * hours / 96 for n in range(owners)])
    world.exchange.withdraw("wallet", crowd)
    world.live_at("flat", crowd)
    assert world.is_enough() == (owners > 3 and hours <= TERMS.grounds.household_hours)


def test_main_devices_and_a_wallet_are_two_kinds_whenever_they_came(world):
    bought = world.group("bought", LONG_AGO[:3])
    world.exchange.share_device("laptop", bought)
    world.exchange.withdraw("wallet", bought)
    assert world.is_enough()


def test_two_may_be_a_couple(world):
    couple = world.group("couple", WEEK[:2])
    world.exchange.share_device("computer", couple)
    world.exchange.withdraw("wallet", couple)
    world.exchange.send(*couple)
    world.exchange.send(*reversed(couple))
    assert not world.is_enough()


def test_a_room_gives_devices_and_an_address_which_is_one_kind(world):
    regulars = world.group("regular", LONG_AGO)
    world.exchange.share_device("seat", regulars)
    world.live_at("cafe", regulars)
    world.exchange.meet("cafe", regulars)
    assert not world.is_enough()


def test_accounts_worked_from_one_device_that_came_together_are_enough(world):
    world.exchange.share_device("laptop", world.group("farm", [day / 2 for day in WEEK]))
    assert world.is_enough()


def test_funds_sent_to_and_fro_are_no_ground(world):
    friends = world.group("friend", WEEK)
    for one, other in pairwise(friends):
        world.exchange.send(one, other)
        world.exchange.send(other, one)
    assert not world.is_enough()
    assert world.grounds["money"].to_list() == [0.0]


def test_arrival_is_surprising_by_how_few_came_meanwhile():
    def bits(*parts):
        return arrival_bits(list(parts), [part + 0.001 for part in parts], len(parts))

    assert bits(0.1, 0.5, 0.9) < 1
    assert bits(0.5, 0.51, 0.52) > 5
    assert bits(0.1, 0.5, 0.501, 0.502) > 5, "one who came at another time hides nothing"
    assert bits(0.2) == bits() == 0
    few, others = [0.5, 0.5, 0.5], [0.501] * 3
    assert arrival_bits(few, others, 4) > 5
    assert arrival_bits(few, others, 5) == 0, "when two came is not known"


def test_of_whom_it_is_unknown_when_they_came_they_did_not_come_with_the_rest(world):
    crowd = world.group("old", WEEK[:3]) + [
        world.exchange.account(f"older-{n}", opened_at=None) for n in range(9)
    ]
    world.exchange.withdraw("wallet", crowd)
    assert not world.is_enough()


def brought_by_one(world, fakes):
    world.brought = [("p", "p", who, who, world.began, 2, 6, 6) for who in fakes]


@pytest.mark.parametrize("owners", [4, 6])
def test_a_referral_farm_that_shares_its_sinks_out_is_asked_about(world, owners):
    fakes = world.group("fake", range(3, 170, 29)[:owners])
    for n in range(owners):
        world.exchange.withdraw(f"sink-{n}", [fakes[n - 2], fakes[n - 1], fakes[n]])
    assert not world.is_enough()
    brought_by_one(world, fakes)
    assert world.is_enough() == (owners >= TERMS.grounds.least_brought)
    assert world.grounds["brought"].to_list() == [1.0]


def test_an_outsider_makes_no_suspects_of_a_couple_by_using_the_same_code(world):
    couple, one, two = (world.group(name, WEEK[:2]) for name in ("couple", "one", "two"))
    for name, pair in (("tablet", couple), ("x", one), ("y", two)):
        world.exchange.share_device(name, pair)
    brought_by_one(world, couple + one + two)
    assert not world.is_enough()
    assert world.found.clusters["owners"].to_list() == [2, 2, 2]


def test_computers_that_two_share_each_are_not_enough_whoever_brought_them(world):
    followers = world.group("follower", range(3, 170, 24))
    for n, who in enumerate(followers):
        world.exchange.share_device(f"computer-{n}", [followers[n - 1], who])
    brought_by_one(world, followers)
    assert not world.is_enough()
    assert world.grounds.select("place", "brought").row(0) == (1.0, 1.0)


def test_what_one_side_alone_can_do_is_no_ground_however_much_there_is(world):
    poisoned = world.group("poisoned", LONG_AGO)
    world.exchange.share_device("computer", poisoned)
    world.exchange.fund("tap", poisoned)
    assert not world.is_enough()
    assert world.grounds.select("place", "money").row(0) == (1.0, 0.0)


@pytest.mark.parametrize("both", [False, True])
def test_orders_are_a_ground_where_both_had_to_do_something(both):
    edges = pl.DataFrame([edge(f"o{n}", "o9", "replay", "replay", both) for n in range(3)])
    grounds = owner_grounds(cluster_of(edges))
    assert grounds["orders"].to_list() == [both] * 4
    assert grounds["concert"].all()


def cluster_of(edges):
    owners = sorted({*edges["owner_a"], *edges["owner_b"]})
    members = pl.DataFrame({"cluster_id": "k", "owner_id": owners})
    empty = pl.DataFrame()
    return Detection(edges, empty, empty, members, empty, empty)


def edge(owner_a, owner_b, family, signal, two_sided):
    return {
        "owner_a": owner_a,
        "owner_b": owner_b,
        "family": family,
        "signal": signal,
        "two_sided": two_sided,
    }


@pytest.mark.parametrize(("half", "asked"), [(2, False), (3, True)])
def test_a_second_kind_need_not_be_of_most(half, asked):
    grounds = pl.DataFrame(
        {"cluster_id": "k", "owners": 10, "place": 1.0, "money": half / 10, "arrival_bits": 0.0}
        | dict.fromkeys(("orders", "concert", "brought", "moved", "home"), 0.0)
        | {"arrival_hours": 900.0}
    )
    assert enough(grounds, TERMS).height == asked


def test_bought_accounts_that_came_into_one_country_and_share_a_wallet_are_asked_about(world):
    bought = world.group("bought", LONG_AGO[:3])
    world.exchange.withdraw("wallet", bought)
    assert not world.is_enough()
    world.moved = [(who, "TD", world.began) for who in bought]
    assert world.is_enough()
    world.live_at("flat", bought)
    assert not world.is_enough(), "a family emigrates"
