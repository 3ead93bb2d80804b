"""The same rare sequences, day after day."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.replay import replay_evidence
from detection.terms import DetectionTerms
from warehouse.findings import COPIES_SCHEMA, REPLAYS_SCHEMA, OrderFlow

TERMS = DetectionTerms()


@pytest.fixture
def sides(nothing, noon, population):
    def of(*rows: tuple, copies=()) -> dict:
        """rows: (a, b, days on which a was first, days on which b was)."""
        replays = [
            {
                "owner_a": a, "account_a": a, "owner_b": b, "account_b": b,
                "coincidences": by_a + by_b, "weighted_millionths": 900_000 * (by_a + by_b),
                "expected_millionths": expected[0] if expected else 50_000,
                "begun_by_a": by_a, "begun_by_b": by_b, "first_seen": noon, "last_seen": noon,
            }
            for a, b, by_a, by_b, *expected in rows
        ]  # fmt: skip
        flow = OrderFlow(
            replays=pl.DataFrame(replays, schema=REPLAYS_SCHEMA),
            copies=pl.DataFrame(list(copies), schema=COPIES_SCHEMA, orient="row"),
        )
        edges = replay_evidence(replace(nothing, flow=flow), population, TERMS).edges
        return {
            (a, b): two for a, b, two in edges.select("owner_a", "owner_b", "two_sided").iter_rows()
        }

    return of


def test_one_programme_with_random_delays_is_two_sided(sides):
    assert sides(("ann", "bob", 8, 7)) == {("ann", "bob"): True}


def test_who_is_always_first_may_be_a_victim(sides):
    """A poisoner repeats a victim's trades a day later, with one account or with several."""
    assert sides(("poisoner", "victim", 0, 15)) == {("poisoner", "victim"): False}
    several = sides(("p", "victim", 0, 15), ("q", "victim", 0, 15), ("p", "q", 15, 0))
    assert several == {("p", "victim"): False, ("q", "victim"): False, ("p", "q"): True}


def test_who_comes_after_the_same_third_is_linked(sides):
    found = sides(("ann", "bob", 15, 0), ("ann", "cyd", 15, 0), ("bob", "cyd", 15, 0))
    assert found == {("ann", "bob"): False, ("ann", "cyd"): False, ("bob", "cyd"): True}


def test_followers_of_one_leader_and_the_leader_count_nothing(sides):
    copied = [("ann", "bob"), ("ann", "cyd")]
    rows = [("ann", "bob", 15, 0), ("ann", "cyd", 15, 0), ("bob", "cyd", 8, 7)]
    assert sides(*rows, copies=copied) == {}


def test_a_recipe_that_is_followed_once_is_nothing(sides):
    assert sides(("ann", "bob", 2, 1)) == {}


def test_what_chance_accounts_for_is_nothing(sides):
    assert sides(("ann", "bob", 6, 6, 2_500_000)) == {}
