"""Opposite sides of one market at the same time."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.opposite import opposite_evidence
from detection.terms import DetectionTerms
from warehouse.findings import MEETINGS_SCHEMA, OrderFlow

TERMS = DetectionTerms()
HEDGE = {
    "owner_a": "ann", "account_a": "ann", "owner_b": "bob", "account_b": "bob", "seconds": 60,
    "coincidences": 40, "expected_millionths": 20_000, "bought_by_a": 19, "begun_by_a": 22,
    "same_side": 0, "open_bps": 300,
}  # fmt: skip


@pytest.fixture
def evidence(nothing, noon, population):
    def of(*changed: dict) -> pl.DataFrame:
        rows = [{**HEDGE, "first_seen": noon, "last_seen": noon, **each} for each in changed]
        meetings = pl.DataFrame(rows, schema=MEETINGS_SCHEMA)
        sightings = replace(nothing, flow=OrderFlow(meetings=meetings))
        return opposite_evidence(sightings, population, TERMS).edges

    return of


def test_two_legs_of_a_hedge_are_linked_from_both_sides(evidence):
    edge = evidence({}).row(0, named=True)
    assert (edge["owner_a"], edge["owner_b"], edge["sightings"]) == ("ann", "bob", 40)
    assert edge["two_sided"]
    assert edge["weight_millibits"] > TERMS.strong_millibits


def test_who_is_always_second_may_be_anybody_who_watches(evidence):
    assert not evidence({"begun_by_a": 40})["two_sided"].any()
    assert not evidence({"begun_by_a": 0})["two_sided"].any()


def test_who_only_ever_buys_may_be_met_by_anybody(evidence):
    assert not evidence({"bought_by_a": 40})["two_sided"].any()


def test_a_few_lucky_trades_ahead_of_a_victim_don_t_make_it_two_sided(evidence):
    """To be first by luck one has to trade a lot, and then more is expected."""
    assert not evidence({"begun_by_a": 39, "expected_millionths": 400_000})["two_sided"].any()


def test_chance_meetings_are_no_evidence(evidence):
    assert evidence({"coincidences": 12, "expected_millionths": 1_500_000}).is_empty()
    assert evidence({"coincidences": 3, "expected_millionths": 1}).is_empty()


def test_one_against_the_rest_is_told_from_rivals_on_the_same_news(evidence):
    often_together = {"same_side": 50}
    assert evidence({**often_together, "open_bps": 1_500}).height == 1
    assert evidence({**often_together, "open_bps": 6_000}).is_empty()
    assert evidence({"same_side": 90, "open_bps": 100}).is_empty()


def test_legs_that_differ_in_size_count_where_the_two_are_never_on_one_side(evidence):
    assert evidence({"same_side": 1, "open_bps": 6_000}).height == 1


def test_a_pair_has_one_edge_that_of_the_cells_that_say_most(evidence):
    edges = evidence({"seconds": 5, "coincidences": 8, "begun_by_a": 4}, {}, {"seconds": 900})
    assert edges["sightings"].to_list() == [40]


def test_the_other_side_of_everybody_is_a_hub(nothing, noon, population):
    rows = [
        {**HEDGE, "owner_b": f"x{n}", "account_b": f"x{n}", "first_seen": noon, "last_seen": noon}
        for n in range(TERMS.opposite.cap)
    ]
    flow = OrderFlow(meetings=pl.DataFrame(rows, schema=MEETINGS_SCHEMA))
    found = opposite_evidence(replace(nothing, flow=flow), population, TERMS)
    assert found.edges.is_empty()
    assert found.hubs["value_hash"].to_list() == ["ann"]
