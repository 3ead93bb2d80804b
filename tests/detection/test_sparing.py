"""Who is linked and yet asked about by nobody."""

import pytest

from detection.detect import NO_PREVIOUS, detect
from detection.routes import route
from detection.sparing import Tolerance
from detection.terms import DetectionTerms

TERMS = DetectionTerms()


@pytest.fixture
def asked(exchange, as_of):
    """Who comes before a moderator, and why others don't."""

    def about(**tolerance):
        sightings = exchange.sightings()
        found = detect(sightings, TERMS, NO_PREVIOUS, as_of)
        routed = route(found, sightings.accounts, Tolerance(**tolerance), TERMS)
        spared = dict(routed.owners.drop_nulls("spared").select("owner_id", "spared").iter_rows())
        return routed.flagged["owner_id"].to_list(), spared

    return about


def desk_of(exchange, name, count):
    return [exchange.account(f"{name}-{n}", declared_group=name) for n in range(count)]


def share_much(exchange, name, accounts):
    exchange.share_device(f"{name}'s computer", accounts)
    exchange.withdraw(f"{name}'s wallet", accounts)


def test_a_declared_group_is_linked_and_not_asked_about(exchange, asked):
    desk = desk_of(exchange, "desk", 8)
    share_much(exchange, "desk", desk)
    assert asked() == ([], dict.fromkeys(desk, "declared"))


def test_a_declaration_is_no_licence_for_hundreds(exchange, asked):
    desk = desk_of(exchange, "desk", 8)
    share_much(exchange, "desk", desk)
    assert asked(declared_accounts=7) == (desk, {})


def test_a_declared_group_with_a_hidden_part_answers_for_that_part(exchange, asked):
    desk = desk_of(exchange, "desk", 4)
    hidden = exchange.farm("hidden", 4)
    share_much(exchange, "desk", [*desk[:1], *hidden])
    exchange.withdraw("treasury", desk)
    flagged, spared = asked()
    assert flagged == sorted([desk[0], *hidden])
    assert spared == dict.fromkeys(desk[1:], "declared")


def test_a_market_maker_is_spared_and_those_it_hides_are_not(exchange, asked):
    maker = exchange.account("maker", kind="market_maker")
    hidden = exchange.farm("hidden", 4)
    share_much(exchange, "maker", [maker, *hidden])
    assert asked() == (hidden, {maker: "market_maker"})
    assert asked(market_makers=True) == ([*hidden, maker], {})


def test_whoever_makes_markets_with_one_account_only_is_asked_about(exchange, asked):
    hidden = exchange.farm("hidden", 4)
    exchange.account("maker", owner=hidden[0], kind="market_maker")
    share_much(exchange, "hidden", hidden)
    assert asked() == (hidden, {})


def test_a_few_who_only_share_things_are_tolerated_up_to_the_policys_number(exchange, asked):
    family = exchange.farm("family", 3)
    share_much(exchange, "family", family)
    assert asked(tolerated_owners=3) == ([], dict.fromkeys(family, "tolerated"))
    assert asked(tolerated_owners=2) == (family, {})
