"""One address: met there, or living there."""

from dataclasses import replace

import polars as pl

from detection.fusion import fuse
from detection.signals.network import network_evidence
from detection.terms import DetectionTerms
from warehouse.findings import SEEN_SCHEMA

TERMS = DetectionTerms()


def test_a_home_in_common_is_weak_evidence_that_links_nobody(nothing, noon, population):
    homes = pl.DataFrame(
        [(who, who, "home", "flat", noon, noon, 9) for who in ("ann", "bob", "cat")],
        schema=SEEN_SCHEMA,
        orient="row",
    )
    edges = network_evidence(replace(nothing, homes=homes), population, TERMS).edges
    assert edges["signal"].to_list() == ["home"] * 3
    assert not edges["two_sided"].any()
    assert not fuse(edges, TERMS)["kept"].any()
