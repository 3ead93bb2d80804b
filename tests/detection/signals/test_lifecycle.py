"""Accounts that began together, or changed hands."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from detection.signals.lifecycle import lifecycle_evidence
from detection.terms import DetectionTerms
from warehouse.findings import ACCOUNTS_SCHEMA, EDGES_SCHEMA, HAND_OVERS_SCHEMA, MOVED_SCHEMA

TERMS = DetectionTerms()


@pytest.fixture
def others(noon):
    """Ann and Bob share a device; nothing is known of anybody else."""
    edge = ("ann", "bob", "device", "device", "phone", 2, 9_000, True, noon, noon, 2, "ann", "bob")
    return pl.DataFrame([edge], schema=EDGES_SCHEMA, orient="row")


@pytest.fixture
def signed_up(nothing, noon):
    def of(**hours: float):
        """Ann and Bob at these hours, five thousand others an hour apart."""
        opened = {**{f"s{n:04d}": n for n in range(5_000)}, **hours}
        rows = [(o, o, noon + timedelta(hours=hour), None, "retail") for o, hour in opened.items()]
        return replace(nothing, accounts=pl.DataFrame(rows, schema=ACCOUNTS_SCHEMA, orient="row"))

    return of


def test_signing_up_together_adds_to_other_evidence_and_is_one_sided(signed_up, others, population):
    found = lifecycle_evidence(signed_up(ann=100.0, bob=100.5), population, TERMS, others)
    edge = found.edges.row(0, named=True)
    assert (edge["signal"], edge["two_sided"], edge["holders"]) == ("sign_up_burst", False, 3)
    assert 0 < edge["weight_millibits"] < TERMS.strong_millibits


def test_without_other_evidence_it_says_nothing(signed_up, others, population):
    seen = signed_up(ann=100.0, bob=100.5)
    assert lifecycle_evidence(seen, population, TERMS, others.clear()).edges.is_empty()


def test_days_apart_is_not_together(signed_up, others, population):
    seen = signed_up(ann=100.0, bob=130.0)
    assert lifecycle_evidence(seen, population, TERMS, others).edges.is_empty()


def test_a_day_on_which_everybody_came_says_nothing(signed_up, others, population, noon):
    seen = signed_up(ann=1.0, bob=1.0)
    crowd = seen.accounts.with_columns(opened_at=pl.lit(noon).cast(pl.Datetime("us")))
    found = lifecycle_evidence(replace(seen, accounts=crowd), population, TERMS, others)
    assert found.edges.is_empty()


def test_two_accounts_that_changed_hands(signed_up, others, population, noon):
    changed = pl.DataFrame(
        [("ann", noon), ("bob", noon), ("s0001", noon)], schema=HAND_OVERS_SCHEMA, orient="row"
    )
    seen = replace(signed_up(ann=1.0, bob=900.0), hand_overs=changed)
    edge = lifecycle_evidence(seen, population, TERMS, others).edges.row(0, named=True)
    assert (edge["signal"], edge["two_sided"], edge["holders"]) == ("hand_over", False, 3)
    only = replace(seen, hand_overs=changed.filter(pl.col("account_id") == "ann"))
    assert lifecycle_evidence(only, population, TERMS, others).edges.is_empty()


def moving(signed_up, noon, **days: float):
    """Ann and Bob come into Chad on those days, one more owner every fifth day."""
    rows = [
        *((who, "TD", noon + timedelta(days=day)) for who, day in days.items()),
        *((f"s{n:04d}", "TD", noon + timedelta(days=5 * n)) for n in range(20)),
        *((f"s{n:04d}", "FR", noon) for n in range(20, 40)),
    ]
    moved = pl.DataFrame(rows, schema=MOVED_SCHEMA, orient="row")
    return replace(signed_up(ann=1.0, bob=900.0), moved=moved)


def test_coming_into_one_country_together_adds_to_other_evidence(
    signed_up, others, population, noon
):
    seen = moving(signed_up, noon, ann=30.5, bob=36.5)
    edge = lifecycle_evidence(seen, population, TERMS, others).edges.row(0, named=True)
    assert (edge["signal"], edge["two_sided"], edge["holders"]) == ("moved", False, 3)
    assert edge["first_seen"] == noon + timedelta(days=36.5)
    assert lifecycle_evidence(seen, population, TERMS, others.clear()).edges.is_empty()


def test_who_moves_months_apart_or_to_where_everybody_goes_does_not_move_together(
    signed_up, others, population, noon
):
    apart = moving(signed_up, noon, ann=10.5, bob=80.5)
    assert lifecycle_evidence(apart, population, TERMS, others).edges.is_empty()
    crowd = apart.moved.with_columns(moved_at=pl.lit(noon).cast(pl.Datetime("us")))
    everybody = pl.concat([crowd] + [
        crowd.with_columns(account_id=pl.lit(f"s{n:04d}")) for n in range(40, 140)
    ])  # fmt: skip
    found = lifecycle_evidence(replace(apart, moved=everybody), population, TERMS, others)
    assert found.edges.is_empty()
