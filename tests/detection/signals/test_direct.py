"""Orders that meet one another."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.direct import direct_evidence
from detection.terms import DetectionTerms
from warehouse.findings import MATCHES_SCHEMA, OrderFlow

TERMS = DetectionTerms()


@pytest.fixture
def edges(nothing, noon, population):
    def of(*rows: tuple) -> pl.DataFrame:
        """rows: (taker, maker, fills, expected in millionths, bought cents of 10,000)."""
        matches = [
            {
                "maker_owner": maker, "maker_account": maker, "taker_owner": taker,
                "taker_account": taker, "market": "WIF-PERP", "fills": fills,
                "expected_millionths": expected, "bought_cents": bought, "traded_cents": 10_000,
                "first_seen": noon, "last_seen": noon,
            }
            for taker, maker, fills, expected, bought in rows
        ]  # fmt: skip
        flow = OrderFlow(matches=pl.DataFrame(matches, schema=MATCHES_SCHEMA))
        return direct_evidence(replace(nothing, flow=flow), population, TERMS).edges

    return of


def sides(edges):
    return {(a, b): (signal, two) for a, b, signal, two in edges.select(
        "owner_a", "owner_b", "signal", "two_sided"
    ).iter_rows()}  # fmt: skip


def test_each_takes_from_the_other(edges):
    found = edges(("ann", "bob", 30, 50_000, 0), ("bob", "ann", 25, 50_000, 0))
    assert sides(found) == {("ann", "bob"): ("counterparty", True)}
    assert found["sightings"].item() == 55


def test_whoever_hits_a_victims_resting_orders_does_so_alone(edges):
    found = edges(("poisoner", "victim", 500, 50_000, 0))
    assert sides(found) == {("poisoner", "victim"): ("counterparty", False)}
    by_chance = edges(("poisoner", "victim", 500, 50_000, 0), ("victim", "poisoner", 3, 900_000, 0))
    assert not by_chance["two_sided"].any()


def test_a_market_maker_of_a_thin_market_is_what_chance_has_it(edges):
    assert edges(("taker", "quoter", 100, 90_000_000, 0)).is_empty()


CIRCLE = (
    ("ann", "bob", 30, 50_000, 10_000),
    ("bob", "cyd", 30, 50_000, 10_000),
    ("cyd", "ann", 30, 50_000, 10_000),
)


def test_a_circle_that_ends_where_it_began_is_a_ring(edges):
    found = edges(*CIRCLE)
    assert set(sides(found).values()) == {("ring", True)}
    assert found.height == 3


def test_who_is_only_taken_from_is_in_no_ring(edges):
    found = sides(edges(*CIRCLE, ("ann", "victim", 80, 50_000, 0)))
    assert found["ann", "victim"] == ("counterparty", False)
    assert found["ann", "bob"] == ("ring", True)


def test_a_circle_that_leaves_somebody_with_a_position_is_none(edges):
    held = [*CIRCLE[:2], ("cyd", "ann", 30, 50_000, -10_000)]
    assert not edges(*held)["two_sided"].any()
