"""Counts against chance."""

import math

import polars as pl
import pytest

from detection.signals.chance import OVERDISPERSION, pairs_millibits, surprise


def millibits(count: float, expected: float) -> int:
    found = pl.DataFrame({"count": [count], "expected": [round(expected * 1_000_000)]})
    return found.select(surprise(pl.col("count"), pl.col("expected"))).item()


@pytest.mark.parametrize(("count", "expected"), [(4, 0.01), (20, 0.5), (3, 0.5), (200, 7.0)])
def test_it_never_claims_more_than_the_tail_of_poisson(count, expected):
    mean = expected * OVERDISPERSION
    tail = sum(
        math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count, count + 500)
    )
    assert 0 < millibits(count, expected) <= -1000 * math.log2(tail)


def test_what_is_no_more_than_expected_says_nothing():
    assert millibits(3, 1.0) == 0
    assert millibits(0, 0.0) == 0


def test_more_events_say_more_and_more_expected_say_less():
    assert millibits(5, 0.1) > millibits(4, 0.1) > millibits(4, 0.2) > 0


def test_picking_one_pair_costs_the_bits_of_all_pairs():
    assert pairs_millibits(5_000) == math.ceil(1000 * math.log2(5_000 * 4_999 // 2))
    assert pairs_millibits(1) >= 0
