"""Components against networkx; communities against what CPM promises."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.graph import communities, components


def arrays(edges):
    pairs = sorted({(min(a, b), max(a, b)) for a, b, *_ in edges if a != b})
    return (np.array([pair[end] for pair in pairs], dtype=np.int64) for end in (0, 1))


def parts(labels):
    found = {}
    for node, label in enumerate(labels):
        found.setdefault(label, set()).add(node)
    return {frozenset(part) for part in found.values()}


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=60))
def test_components_are_those_of_networkx(edges):
    graph = nx.Graph()
    graph.add_nodes_from(range(41))
    graph.add_edges_from(edges)
    left, right = arrays(edges)
    expected = {frozenset(part) for part in nx.connected_components(graph)}
    assert parts(components(41, left, right)) == expected


def test_no_nodes_have_no_components():
    assert components(0, np.array([], dtype=np.int64), np.array([], dtype=np.int64)).size == 0


def clique(first, size):
    nodes = range(first, first + size)
    return [(a, b) for a in nodes for b in nodes if a < b]


def community_parts(nodes, edges, weight=8_000, resolution=250):
    left, right = arrays(edges)
    weights = np.full(len(left), weight, dtype=np.int64)
    return parts(communities(nodes, left, right, weights, resolution))


def test_two_dense_groups_are_cut_at_the_one_bridge_between_them():
    edges = clique(0, 20) + clique(20, 20) + [(3, 27)]
    assert community_parts(40, edges) == {frozenset(range(20)), frozenset(range(20, 40))}


def test_small_groups_do_not_merge_as_the_graph_grows():
    """The fault of modularity, which joins what CPM leaves apart."""
    edges = [edge for group in range(2_000) for edge in clique(5 * group, 5)]
    edges += [(5 * group, 5 * group + 5) for group in range(1_999)]
    found = community_parts(10_000, edges, resolution=1_000)
    assert sorted(map(len, found)) == [5] * 2_000


@pytest.mark.parametrize("others", [0, 1, 7, 500, 5_000])
def test_a_community_depends_on_its_own_component_alone(others):
    """Whatever else is in the graph, and however its weights round."""
    draw = np.random.default_rng(5)
    mine = [(a, b) for a, b in draw.integers(0, 60, (150, 2)).tolist() if a != b]
    alone = community_parts(60, mine, resolution=2_000)
    strangers = [(60 + a, 60 + b) for a, b in draw.integers(0, 900, (others, 2)).tolist()]
    among = community_parts(1_000, mine + strangers, resolution=2_000)
    assert alone == {part for part in among if min(part) < 60}


def test_a_pair_weaker_than_the_resolution_stays_apart():
    assert community_parts(2, [(0, 1)], weight=1_000, resolution=2_000) == {
        frozenset({0}),
        frozenset({1}),
    }
    assert community_parts(2, [(0, 1)], weight=3_000, resolution=2_000) == {frozenset({0, 1})}


def test_without_edges_everybody_is_alone():
    assert community_parts(3, []) == {frozenset({0}), frozenset({1}), frozenset({2})}


@pytest.mark.parametrize("seed", range(10))
def test_communities_are_connected_and_no_two_of_them_gain_by_merging(seed):
    draw = np.random.default_rng(seed)
    edges = [(a, b) for a, b in draw.integers(0, 80, (240, 2)).tolist() if a != b]
    left, right = arrays(edges)
    weights = 1_000 * draw.integers(1, 20, len(left))
    found = communities(80, left, right, weights, 1_500)
    inside = found[left] == found[right]
    assert parts(components(80, left[inside], right[inside])) == parts(found)
    assert 5 < len(parts(found)) < 70
    sizes, between = np.bincount(found), {}
    for a, b, weight in zip(found[left], found[right], weights, strict=True):
        if a != b:
            pair = (min(a, b), max(a, b))
            between[pair] = between.get(pair, 0) + weight
    assert all(total <= 1_500 * sizes[a] * sizes[b] for (a, b), total in between.items())


def test_labels_of_nodes_say_nothing_of_what_is_found():
    """Two copies of one graph, numbered in turn, are grouped alike."""
    draw = np.random.default_rng(7)
    edges = [(a, b) for a, b in draw.integers(0, 50, (150, 2)).tolist() if a != b]
    twice = [(2 * a + copy, 2 * b + copy) for a, b in edges for copy in (0, 1)]
    one = community_parts(50, edges, resolution=2_000)
    two = community_parts(100, twice, resolution=2_000)
    for copy in (0, 1):
        assert {frozenset((n - copy) // 2 for n in p) for p in two if min(p) % 2 == copy} == one
