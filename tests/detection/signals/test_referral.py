"""One who brings many that do the least."""

from dataclasses import replace

import polars as pl
import pytest

from detection.signals.referral import referral_evidence
from detection.terms import DetectionTerms
from warehouse.findings import BEGINNERS_SCHEMA

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
