"""Who only stands between two groups is told from their members."""

from itertools import combinations, pairwise

from detection.membership import MEMBERSHIP_SCHEMA, membership
from tests.detection.people import detection_of, names


def of(groups, links):
    found = membership(detection_of(groups, links))
    assert found.schema == MEMBERSHIP_SCHEMA
    return dict(zip(found["owner_id"], found["membership"], strict=True))


def test_a_bridge_belongs_less_than_the_members():
    farm, (bridge, other) = names(range(6)), names((6, 7))
    links = [(a, b, 6_000) for a, b in combinations(farm, 2)]
    links += [(farm[0], bridge, 6_000), (bridge, other, 9_000)]
    found = of({"K-1": [*farm, bridge]}, links)
    assert all(found[owner] > 0.9 for owner in farm)
    assert found[bridge] < 0.2


def test_two_belong_to_each_other_and_so_do_centre_and_leaves_of_a_star():
    pair, star = names((0, 1)), names(range(2, 8))
    links = [(*pair, 3_000), *((star[0], leaf, 4_000) for leaf in star[1:])]
    assert set(of({"K-pair": pair, "K-star": star}, links).values()) == {1.0}


def test_the_ends_of_a_chain_belong_to_it():
    chain = names(range(8))
    found = of({"K-1": chain}, [(a, b, 6_000) for a, b in pairwise(chain)])
    assert min(found.values()) == found[chain[0]] == found[chain[-1]] == 0.5
