"""Fusion: what links two owners, and what never does by itself."""

import polars as pl
import pytest

from detection.fusion import fuse
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA

TERMS = DetectionTerms()


def edge(family, weight, *, two_sided, value="v"):
    return {
        "account_a": "a",
        "account_b": "b",
        "family": family,
        "signal": family,
        "value_hash": value,
        "holders": 2,
        "weight_millibits": weight,
        "two_sided": two_sided,
        "first_seen": None,
        "last_seen": None,
        "sightings": 1,
        "owner_a": "a",
        "owner_b": "b",
    }


def fused(*edges):
    return fuse(pl.DataFrame(list(edges), schema=EDGES_SCHEMA), TERMS).row(0, named=True)


@pytest.mark.parametrize(
    ("edges", "kept"),
    [
        ([edge("device", 5_000, two_sided=True)], True),
        ([edge("device", 4_999, two_sided=True)], False),
        ([edge("funding", 90_000, two_sided=False)], False),
        (
            [edge("funding", 90_000, two_sided=False), edge("network", 9_000, two_sided=False)],
            False,
        ),
        ([edge("device", 100, two_sided=True), edge("network", 100, two_sided=False)], True),
        ([edge("device", 3_000, two_sided=True), edge("device", 3_000, two_sided=True)], True),
        ([edge("device", 4_000, two_sided=True), edge("device", 9_000, two_sided=False)], False),
    ],
)
def test_what_links_two_owners(edges, kept):
    assert fused(*edges)["kept"] is kept


def test_a_family_is_clipped_and_its_one_sided_part_more_so():
    row = fused(
        edge("device", 9_000, two_sided=True, value="v"),
        edge("device", 9_000, two_sided=True, value="w"),
        edge("network", 9_000, two_sided=False),
        edge("funding", 1_000, two_sided=False, value="v"),
        edge("funding", 2_000, two_sided=True, value="w"),
    )
    clipped = [row[f"{family}_millibits"] for family in ("device", "network", "funding")]
    assert clipped == [12_000, 4_000, 3_000]
    assert row["weight_millibits"] == 19_000
    assert (row["families"], row["two_sided_millibits"], row["evidence"]) == (3, 12_000, 5)
