"""One who brings many that do the least."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.funding import funding_evidence
from detection.signals.referral import referral_evidence, siblings_evidence
from detection.terms import DetectionTerms
from warehouse.findings import BEGINNERS_SCHEMA, SEEN_SCHEMA

TERMS = DetectionTerms()


@pytest.fixture
def found(nothing, noon, population):
    def of(count: int, days: int = 2, close_by: int = 6):
        rows = [
            ("p", "p", f"c{n}", f"c{n}", noon, days, close_by, count) for n in range(count)
        ]  # fmt: skip
        beginners = pl.DataFrame(rows, schema=BEGINNERS_SCHEMA, orient="row")
        return referral_evidence(replace(nothing, beginners=beginners), population, TERMS)

    return of


def test_a_parent_and_its_beginners_make_a_star_that_is_one_sided(found):
    edges = found(6).edges
    assert edges.height == 6
    assert edges["owner_b"].to_list() == ["p"] * 6
    assert not edges["two_sided"].any()


def test_referees_who_trade_and_those_who_drip_in_are_no_beginners_of_a_burst(found):
    assert found(6, days=20).edges.is_empty()
    assert found(6, close_by=2).edges.is_empty()


def test_an_influencer_is_a_hub(found):
    crowd = found(200, close_by=150)
    assert crowd.edges.is_empty()
    assert crowd.hubs.select("value_hash", "holders").rows() == [("p", 201)]


@pytest.fixture
def siblings(nothing, noon, population):
    def of(count: int, sinks: dict[str, tuple[int, ...]]):
        """One brought so many beginners; sinks: which of them sent funds to one address."""
        brought = [("p", "p", f"c{n}", f"c{n}", noon, 2, 6, count) for n in range(count)]
        sent = [
            (f"c{n}", f"c{n}", "withdrawal_destination", sink, noon, noon, 1)
            for sink, senders in sinks.items()
            for n in senders
        ]
        sightings = replace(
            nothing,
            beginners=pl.DataFrame(brought, schema=BEGINNERS_SCHEMA, orient="row"),
            addresses=pl.DataFrame(sent, schema=SEEN_SCHEMA, orient="row"),
        )
        others = funding_evidence(sightings, population, TERMS).edges
        return siblings_evidence(sightings, population, TERMS, others).edges

    return of


def test_beginners_of_one_who_share_sinks_in_twos_are_joined_with_one_another(siblings):
    edges = siblings(12, {"one": (0, 1), "two": (2, 3)})
    assert edges.height == 6
    assert edges["two_sided"].all()
    assert set(edges["owner_a"]) | set(edges["owner_b"]) == {"c0", "c1", "c2", "c3"}


def test_a_couple_or_a_family_among_those_whom_one_brought_is_chance(siblings):
    assert siblings(12, {"one": (0, 1)}).is_empty()
    assert siblings(12, {"one": (0, 1, 2, 3, 4)}).is_empty()


def test_two_couples_among_the_followers_of_an_influencer_are_chance(siblings):
    assert siblings(50, {"one": (0, 1), "two": (2, 3)}).is_empty()


def test_nobody_is_a_sibling_by_the_act_of_the_one_who_brings(siblings):
    assert siblings(30, {}).is_empty()
