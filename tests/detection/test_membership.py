"""Who only stands between two groups is told from their members."""

from dataclasses import replace
from itertools import combinations, pairwise

import polars as pl

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


def test_nobody_leaves_its_own_group_by_dealing_with_strangers():
    farm, strangers = names(range(6)), names(range(6, 46))
    inside = [(a, b, 6_000) for a, b in combinations(farm, 2)]
    found = detection_of({"K-1": farm}, inside + [(farm[0], one, 9_000) for one in strangers])
    assert found.pairs["kept"].all()
    assert set(membership(found)["membership"]) == {1.0}


def test_what_links_nobody_does_not_count():
    """A tie of half of the others' strength, and dust to whom it likes."""
    farm, strangers = names(range(6)), names(range(6, 46))
    inside = [(a, b, 6_000) for a, b in combinations(farm[1:], 2)]
    inside += [(farm[0], one, 6_000) for one in farm[1:3]]
    found = detection_of({"K-1": farm}, inside + [(farm[0], one, 4_000) for one in strangers])
    dust = pl.col("owner_b").is_in(strangers)
    found = replace(found, pairs=found.pairs.with_columns(kept=~dust))
    assert membership(found)["membership"].to_list() == [0.5, *[1.0] * 5]


def test_what_others_do_alone_does_not_make_a_bridge_a_member():
    """One tie to a farm of five that sends it dust, and as much to others elsewhere."""
    farm, (bridge, *others) = names(range(5)), names(range(5, 20))
    inside = [(a, b, 6_000) for a, b in combinations(farm, 2)] + [(farm[0], bridge, 20_000)]
    found = detection_of(
        {"K-1": [*farm, bridge]}, inside + [(bridge, one, 20_000) for one in others]
    )
    of_both = pl.min_horizontal("two_sided_millibits", 6_000)
    found = replace(found, pairs=found.pairs.with_columns(two_sided_millibits=of_both))
    assert membership(found).filter(owner_id=bridge)["membership"].item() < 0.1


def test_two_belong_to_each_other_and_so_do_centre_and_leaves_of_a_star():
    pair, star = names((0, 1)), names(range(2, 8))
    links = [(*pair, 3_000), *((star[0], leaf, 4_000) for leaf in star[1:])]
    assert set(of({"K-pair": pair, "K-star": star}, links).values()) == {1.0}


def test_the_ends_of_a_chain_belong_to_it():
    chain = names(range(8))
    found = of({"K-1": chain}, [(a, b, 6_000) for a, b in pairwise(chain)])
    assert min(found.values()) == found[chain[0]] == found[chain[-1]] == 0.5
