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
    def of(count: int, sinks: dict[str, tuple[int, ...]], signal="withdrawal_destination"):
        """One brought so many beginners; sinks: which of them sent funds to one address."""
        brought = [("p", "p", f"c{n}", f"c{n}", noon, 2, 6, count) for n in range(count)]
        sent = [
            (f"c{n}", f"c{n}", signal, sink, noon, noon, 1)
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


CHAIN = {"one": (0, 1), "two": (1, 2), "three": (2, 3), "four": (3, 4)}


def test_beginners_of_one_whom_several_sinks_join_are_siblings_which_is_one_sided(siblings):
    edges = siblings(12, CHAIN)
    assert edges.height == 10
    assert not edges["two_sided"].any()
    assert set(edges["owner_a"]) | set(edges["owner_b"]) == {f"c{n}" for n in range(5)}


def test_couples_are_no_siblings_of_others_who_used_the_same_code(siblings):
    assert siblings(12, {"one": (0, 1), "two": (2, 3), "three": (4, 5)}).is_empty()


def test_a_group_is_as_large_as_what_its_own_members_share(siblings):
    edges = siblings(12, CHAIN | {"outsider": (6, 7), "another": (7, 8)})
    assert set(edges["holders"]) == {5}
    apart = siblings(12, CHAIN | {f"other {n}": (n, n + 1) for n in range(5, 9)})
    assert apart.height == 10 + 10, "two groups under one code"


def test_customers_of_one_processor_are_no_siblings_though_couples_are_among_them(siblings):
    customers = tuple(range(9))
    assert siblings(12, {"processor": customers, "one": (0, 1), "two": (2, 3)}).is_empty()
    assert siblings(12, {"processor": customers, "one": (0, 1, 2, 3, 4)}).height == 36


def test_a_couple_or_a_family_among_those_whom_one_brought_is_chance(siblings):
    assert siblings(12, {"one": (0, 1)}).is_empty()
    assert siblings(12, {"one": (0, 1, 2, 3, 4)}).is_empty()


def test_what_one_side_alone_can_do_makes_nobody_a_sibling(siblings):
    assert siblings(12, CHAIN, "deposit_source").is_empty()


def test_which_account_brought_is_the_same_in_any_order(nothing, noon, population):
    rows = [("p", f"p{n}", f"c{n % 2}", f"c{n % 2}", noon, 2, 6, 6) for n in range(6)]
    first, again = (
        referral_evidence(
            replace(nothing, beginners=pl.DataFrame(told, BEGINNERS_SCHEMA, orient="row")),
            population,
            TERMS,
        ).edges
        for told in (rows, rows[::-1])
    )
    assert first.equals(again)
    assert first["account_b"].to_list() == ["p0", "p1"]
