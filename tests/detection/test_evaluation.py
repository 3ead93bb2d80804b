"""Agreement with published decisions, computed by hand and by a second, plain way."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.evaluation import (
    account_agreements,
    pair_agreements,
    precision_at_recall,
    threshold_at_precision,
)

SOURCES = ("community", "component")
CLUSTERS = (None, "G1", "G2", "G3")


def frame(rows: list[tuple[bool, str, str | None, str | None, float, bool]]) -> pl.DataFrame:
    """Rows of decided, source, published, found, score, flagged."""
    schema = {
        "decided": pl.Boolean,
        "source": pl.String,
        "published": pl.String,
        "found": pl.String,
        "score": pl.Float64,
        "flagged": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        account_id=pl.Series([f"a{number}" for number in range(len(rows))], dtype=pl.String)
    )


BY_HAND = frame(
    [
        (True, "component", "C1", "K1", 0.9, True),
        (True, "component", "C1", "K1", 0.8, True),
        (True, "community", "G1", "K1", 0.7, True),
        (True, "community", "G1", None, 0.2, False),
        (False, "control", None, "K1", 0.6, True),
        (False, "control", None, None, 0.1, False),
    ]
)


def test_accounts_of_all_decisions_are_compared_as_by_hand() -> None:
    everything = account_agreements(BY_HAND)[0]
    assert (everything.source, everything.accounts, everything.flagged) == ("all", 6, 4)
    assert everything.base_rate == pytest.approx(4 / 6)
    assert everything.precision == pytest.approx(3 / 4)
    assert everything.recall == pytest.approx(3 / 4)
    assert everything.f1 == pytest.approx(3 / 4)
    # Ranked by score: three agreed, one control, one agreed, one control.
    assert everything.average_precision == pytest.approx((1 + 1 + 1 + 4 / 5) / 4)
    assert everything.auc == pytest.approx(7 / 8)


def test_a_source_stands_against_the_controls_alone() -> None:
    by_source = {agreement.source: agreement for agreement in account_agreements(BY_HAND)}
    assert tuple(by_source) == ("all", "community", "component")
    community = by_source["community"]
    assert (community.accounts, community.flagged) == (4, 2)
    assert (community.precision, community.recall) == (0.5, 0.5)
    assert by_source["component"].precision == pytest.approx(2 / 3)


def test_pairs_are_counted_as_by_hand() -> None:
    everything, community, component = pair_agreements(BY_HAND)
    assert (everything.found, everything.published, everything.agreed) == (6, 2, 1)
    assert everything.precision == pytest.approx(1 / 6)
    assert everything.recall == pytest.approx(1 / 2)
    assert (community.found, community.published, community.agreed) == (1, 1, 0)
    assert (component.found, component.published, component.agreed) == (3, 1, 1)


def test_nothing_flagged_gives_zeros_rather_than_an_error() -> None:
    silent = frame(
        [(True, "component", "C1", None, 0.0, False), (False, "c", None, None, 0, False)]
    )
    agreement = account_agreements(silent)[0]
    assert (agreement.precision, agreement.recall, agreement.f1) == (0.0, 0.0, 0.0)
    assert pair_agreements(silent)[0].precision == 0.0


def test_one_kind_of_decision_alone_has_no_ranking() -> None:
    controls = frame([(False, "control", None, None, 0.5, True)] * 3)
    agreement = account_agreements(controls)[0]
    assert (agreement.average_precision, agreement.auc) == (0.0, 0.0)


ROW = st.tuples(
    st.booleans(),
    st.sampled_from(SOURCES),
    st.sampled_from(CLUSTERS),
    st.sampled_from(CLUSTERS),
    st.integers(0, 5).map(lambda tenths: tenths / 10),
    st.booleans(),
)


@settings(max_examples=50)
@given(st.lists(ROW, min_size=1, max_size=25))
def test_pairs_agree_with_listing_every_pair(rows: list[tuple]) -> None:
    compared = frame(rows)
    published, found = compared["published"].to_list(), compared["found"].to_list()
    together = {"found": 0, "published": 0, "agreed": 0}
    for one, other in combinations(range(len(rows)), 2):
        in_found = found[one] is not None and found[one] == found[other]
        in_published = published[one] is not None and published[one] == published[other]
        together["found"] += in_found
        together["published"] += in_published
        together["agreed"] += in_found and in_published
    agreement = pair_agreements(compared)[0]
    assert vars(agreement) | together == vars(agreement)


@settings(max_examples=50)
@given(st.lists(ROW, min_size=2, max_size=25))
def test_average_precision_agrees_with_walking_down_the_thresholds(rows: list[tuple]) -> None:
    compared = frame(rows)
    decided, score = compared["decided"].to_numpy(), compared["score"].to_numpy()
    agreement = account_agreements(compared)[0]
    if not 0 < decided.sum() < len(rows):
        return
    walked = recall_before = 0.0
    for threshold in sorted(set(score), reverse=True):
        above = score >= threshold
        recall = (decided & above).sum() / decided.sum()
        walked += (recall - recall_before) * (decided & above).sum() / above.sum()
        recall_before = recall
    assert agreement.average_precision == pytest.approx(walked)


def test_the_threshold_is_the_lowest_that_is_precise_enough() -> None:
    decided = np.array([True, True, False, True, False])
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert threshold_at_precision(decided, score, 0.75) == 0.6
    assert threshold_at_precision(decided, score, 1.0) == 0.8
    assert threshold_at_precision(np.array([False, True]), np.array([0.9, 0.1]), 0.9) is None


def test_precision_at_a_recall_is_the_best_of_the_thresholds_that_reach_it() -> None:
    decided = np.array([True, True, False, True, False])
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert precision_at_recall(decided, score, 0.5) == 1.0
    assert precision_at_recall(decided, score, 1.0) == 0.75
