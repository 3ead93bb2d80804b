"""Money over addresses outside."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.funding import funding_evidence
from detection.terms import DetectionTerms
from warehouse.findings import PASSED_SCHEMA, PATHS_SCHEMA

TERMS = DetectionTerms()


@pytest.fixture
def sightings(nothing, noon):
    def of(*rows: tuple):
        """rows: (owner, signal, address, hops, spent)."""
        paths = [
            (owner, owner, signal, address, hops, spent, 0, noon, noon, 1)
            for owner, signal, address, hops, spent in rows
        ]
        held = pl.DataFrame(paths, schema=PATHS_SCHEMA, orient="row").with_columns(
            holders=pl.len().over("signal", "value_hash").cast(pl.Int32)
        )
        return replace(nothing, paths=held)

    return of


def test_what_two_banked_of_one_origin_is_two_sided_and_too_weak_to_link(sightings, population):
    seen = sightings(
        ("ann", "deposit_origin", "o", 1, True), ("bob", "deposit_origin", "o", 1, True)
    )
    edge = funding_evidence(seen, population, TERMS).edges.row(0, named=True)
    assert (edge["signal"], edge["two_sided"]) == ("deposit_origin", True)
    assert 0 < edge["weight_millibits"] < TERMS.strong_millibits


def test_a_gift_that_was_not_banked_is_one_sided(sightings, population):
    seen = sightings(
        ("poisoner", "deposit_origin", "o", 1, True), ("victim", "deposit_origin", "o", 1, False)
    )
    assert not funding_evidence(seen, population, TERMS).edges["two_sided"].any()


def test_what_two_withdrew_to_one_end_is_strong_and_less_so_with_each_hop(sightings, population):
    weights = [
        funding_evidence(
            sightings(
                ("ann", "withdrawal_end", "o", hops, True), ("bob", "withdrawal_end", "o", 1, True)
            ),
            population,
            TERMS,
        ).edges["weight_millibits"].item()
        for hops in (1, 2, 3)
    ]  # fmt: skip
    assert weights[0] > TERMS.strong_millibits
    assert weights == [weights[0], weights[0] - 1_000, weights[0] - 2_000]


def test_paths_that_met_once_say_no_more_further_on(sightings, population):
    seen = sightings(
        *((owner, "withdrawal_end", f"o{hops}", hops, True) for owner in ("ann", "bob")
          for hops in (1, 2, 3))
    )  # fmt: skip
    edges = funding_evidence(seen, population, TERMS).edges
    assert edges["value_hash"].to_list() == ["o1"]


def test_where_both_met_the_exchange_directly_the_nearer_signal_speaks(sightings, population):
    seen = sightings(*((owner, "withdrawal_end", "o", 0, True) for owner in ("ann", "bob")))
    assert funding_evidence(seen, population, TERMS).edges.is_empty()


def test_what_one_withdrew_and_the_other_paid_in(nothing, noon, population):
    def found(spent: bool) -> dict:
        passed = [("ann", "ann", "bob", "bob", noon, noon, 1, 2, spent)]
        seen = replace(nothing, passed=pl.DataFrame(passed, schema=PASSED_SCHEMA, orient="row"))
        return funding_evidence(seen, population, TERMS).edges.row(0, named=True)

    assert found(spent=True)["two_sided"]
    assert not found(spent=False)["two_sided"]
    assert 0 < found(spent=True)["weight_millibits"] < TERMS.strong_millibits


def test_a_merchant_who_pays_many_outside_is_a_hub(nothing, noon, population):
    passed = [("m", "m", f"c{n}", f"c{n}", noon, noon, 1, 1, True) for n in range(50)]
    seen = replace(nothing, passed=pl.DataFrame(passed, schema=PASSED_SCHEMA, orient="row"))
    found = funding_evidence(seen, population, TERMS)
    assert found.edges.is_empty()
    assert found.hubs.select("signal", "value_hash").rows() == [("funding_chain", "m")]
