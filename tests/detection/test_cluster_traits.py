"""What is measured of whole clusters."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from detection.account_traits import own_traits
from detection.cluster_traits import CLUSTER_NAMES, CLUSTER_WORDS, FLAT_NAMES, cluster_traits
from tests.detection.people import AS_OF, behaviour, detection_of, names

FARM, STRANGERS, PAIR = names(range(5)), names(range(5, 10)), names((10, 11))


@pytest.fixture(scope="module")
def found():
    people = behaviour(40, alike=[range(5)])
    own = own_traits(people, AS_OF)
    links = [(a, b, 6_000) for a, b in combinations(FARM, 2)]
    links += [(a, b, 2_000) for a, b in pairwise(STRANGERS)]
    links += [(*PAIR, 6_000), (PAIR[0], names([20])[0], 6_000)]
    groups = {"K-farm": FARM, "K-pair": PAIR, "K-strangers": STRANGERS}
    return detection_of(groups, links), own, people


def rows(traits):
    return {row["cluster_id"]: row for row in traits.rows(named=True)}


def test_owners_who_do_the_same_have_no_spread(found):
    by_id = rows(cluster_traits(*found))
    farm, strangers = by_id["K-farm"], by_id["K-strangers"]
    for trait in ("spread_size", "spread_notional", "times_signup", "times_withdrawal"):
        assert farm[trait] == pytest.approx(0, abs=1e-6)
        assert strangers[trait] > 0.1
    assert farm["times_signup_near"] == 1
    assert farm["times_trade_hours"] == pytest.approx(1)
    assert strangers["times_trade_hours"] < 0.99


def test_links_are_described_by_what_they_are_made_of(found):
    by_id = rows(cluster_traits(*found))
    assert by_id["K-farm"]["links_density"] == 1
    assert by_id["K-strangers"]["links_density"] == pytest.approx(4 / 10)
    assert by_id["K-farm"]["links_bits"] == 6
    assert by_id["K-farm"]["kind_place"] == 1
    assert by_id["K-farm"]["links_inside"] == 1
    assert by_id["K-pair"]["links_inside"] == pytest.approx(2 / 3)  # a third leads outside
    assert by_id["K-strangers"]["links_weakest"] < 1


def test_gains_that_cancel_out_leave_nothing(found):
    detection, own, people = found
    hedged = people.with_columns(
        pnl_cents=people["pnl_cents"].abs() * 0 + np.where(people["owner_id"] == PAIR[0], 500, -500)
    )
    by_id = rows(cluster_traits(detection, own, hedged))
    assert by_id["K-pair"]["group_pnl_left"] == 0
    assert by_id["K-farm"]["group_pnl_left"] == 1


def test_the_columns_are_fixed_and_flat_ones_are_means_of_what_each_did(found):
    detection, own, people = found
    traits = cluster_traits(detection, own, people)
    assert traits.columns == ["cluster_id", *CLUSTER_NAMES]
    assert set(FLAT_NAMES) < set(CLUSTER_NAMES)
    assert all(CLUSTER_WORDS.values())
    mean = own.filter(own["owner_id"].is_in(STRANGERS))["own_notional"].mean()
    assert rows(traits)["K-strangers"]["flat_notional"] == pytest.approx(mean)


def test_the_order_of_rows_changes_nothing(found):
    detection, own, people = found
    mixed = replace(
        detection,
        **{
            name: getattr(detection, name).sample(fraction=1, shuffle=True, seed=3)
            for name in ("edges", "pairs", "clusters", "members")
        },
    )
    shuffled = cluster_traits(mixed, own.reverse(), people.reverse())
    assert_frame_equal(shuffled, cluster_traits(*found), check_exact=True)


def test_without_clusters_there_are_no_rows(found):
    _, own, people = found
    assert cluster_traits(detection_of({}, []), own, people).height == 0
