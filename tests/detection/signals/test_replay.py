"""The same rare sequences, day after day."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.replay import replay_evidence
from detection.terms import DetectionTerms
from warehouse.findings import COPIES_SCHEMA, ECHOES_SCHEMA, REPLAYS_SCHEMA, OrderFlow

TERMS = DetectionTerms()


def terms(public):
    return TERMS.model_copy(update={"replay": TERMS.replay.model_copy(update={"public": public})})


@pytest.fixture
def sides(nothing, noon, population):
    def of(*rows: tuple, copies=(), public=True) -> dict:
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
        edges = replay_evidence(replace(nothing, flow=flow), population, terms(public)).edges
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
    assert several == {("p", "victim"): False, ("q", "victim"): False, ("p", "q"): False}


def test_who_comes_after_the_same_third_may_follow_it_in_public(sides):
    rows = [("ann", "bob", 15, 0), ("ann", "cyd", 15, 0), ("bob", "cyd", 15, 0)]
    assert sides(*rows) == dict.fromkeys(
        [("ann", "bob"), ("ann", "cyd"), ("bob", "cyd")],
        False,
    )
    assert sides(*rows, public=False)["bob", "cyd"]


def test_two_followers_of_one_third_are_before_and_after_each_other(sides):
    """In either order on no more days than both follow the third: it says nothing of the two."""
    led = [("ann", "bob", 15, 0), ("ann", "cyd", 15, 0)]
    assert not sides(*led, ("bob", "cyd", 8, 7))["bob", "cyd"]
    assert sides(*led, ("bob", "cyd", 22, 22))["bob", "cyd"]
    assert sides(*led, ("bob", "cyd", 8, 7), public=False)["bob", "cyd"]


def test_several_thirds_account_for_more_days(sides):
    led = [(third, one, 15, 0) for third in ("ann", "abe") for one in ("bob", "cyd")]
    assert not sides(*led, ("bob", "cyd", 22, 22))["bob", "cyd"]


def test_a_third_whom_a_crowd_follows_accounts_for_days_as_well(sides):
    crowd = [("ann", f"follower-{number}", 15, 0) for number in range(60)]
    pair = ("follower-1", "follower-2")
    assert sides(*crowd, (*pair, 8, 7)) == {pair: False}


def test_followers_of_one_leader_and_the_leader_count_nothing(sides):
    copied = [("ann", "bob"), ("ann", "cyd")]
    rows = [("ann", "bob", 15, 0), ("ann", "cyd", 15, 0), ("bob", "cyd", 8, 7)]
    assert sides(*rows, copies=copied) == {}


def test_a_recipe_that_is_followed_once_is_nothing(sides):
    assert sides(("ann", "bob", 2, 1)) == {}


def test_what_chance_accounts_for_is_nothing(sides):
    assert sides(("ann", "bob", 6, 6, 2_500_000)) == {}


@pytest.fixture
def echoed(nothing, noon, population):
    def of(*rows: tuple, public=True) -> dict:
        """rows: (a, b, hours by which b is behind a, how often)."""
        echoes = [
            {
                "owner_a": a, "account_a": a, "owner_b": b, "account_b": b, "coincidences": times,
                "days": 12, "expected_millionths": 500_000, "lag_us": hours * 3_600_000_000,
                "lags": 1_000, "first_seen": noon, "last_seen": noon,
            }
            for a, b, hours, times in rows
        ]  # fmt: skip
        flow = OrderFlow(echoes=pl.DataFrame(echoes, schema=ECHOES_SCHEMA))
        edges = replay_evidence(replace(nothing, flow=flow), population, terms(public)).edges
        return {
            (a, b): two for a, b, two in edges.select("owner_a", "owner_b", "two_sided").iter_rows()
        }

    return of


def test_who_is_echoed_days_later_may_be_a_victim(echoed):
    """However many repeat its trades, nothing links it: a poisoner could have made all of it."""
    found = echoed(("p", "victim", -48, 30), ("q", "victim", -72, 30), ("r", "victim", -96, 30))
    assert len(found) == 6
    assert not any(found.values())


def test_who_echoes_the_same_third_may_follow_a_feed_that_is_late(echoed):
    """Strangers do. Beside place or money it counts, though the two never met."""
    rows = [("ann", "bob", 24, 30), ("ann", "cyd", 96, 30)]
    found = echoed(*rows)
    assert found == {("ann", "bob"): False, ("ann", "cyd"): False, ("bob", "cyd"): False}
    assert echoed(*rows, public=False)["bob", "cyd"]


def test_nobody_ties_a_follower_to_itself_by_coming_closer_than_it_does(echoed):
    """An honest follower of ann; a poisoner follows ann, and the follower within minutes."""
    rows = [("ann", "honest", 24, 20), ("ann", "poisoner", 24, 30), ("honest", "poisoner", 0, 60)]
    assert not any(echoed(*rows).values())
    assert not any(echoed(("ann", "honest", 24, 30), ("honest", "poisoner", 24, 60)).values())


def test_an_echo_within_hours_is_what_a_call_makes(echoed):
    assert echoed(("ann", "bob", 2, 30), ("ann", "cyd", -1, 30), ("bob", "cyd", 0, 30)) == {}
    far = echoed(("ann", "bob", 24, 30), ("ann", "cyd", 24, 30), ("bob", "cyd", 0, 30))
    assert ("bob", "cyd") in far


def test_an_echo_by_chance_is_nothing(echoed):
    assert echoed(("ann", "bob", 24, 6)) == {}


def test_where_nobody_sees_who_trades_what_an_echo_is_two_sided(echoed):
    assert echoed(("ann", "bob", 24, 30), public=False) == {("ann", "bob"): True}
