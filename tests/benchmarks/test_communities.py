"""The benchmark of communities: the graph is the one that it says, and a tiny run reports."""

import json
import sys
from itertools import combinations

import numpy as np
import pytest

from benchmarks import communities, grouping
from benchmarks.planted import GROUP_MILLIBITS, NOISE_MILLIBITS, plant
from benchmarks.processes import Cost


@pytest.fixture(scope="module")
def graph():
    return plant(4_000, 16_000, seed=3)


def test_equal_arguments_plant_equal_graphs(graph):
    again, other = plant(4_000, 16_000, seed=3), plant(4_000, 16_000, seed=4)
    assert all(np.array_equal(vars(graph)[name], vars(again)[name]) for name in vars(graph))
    assert not np.array_equal(graph.left, other.left)


def test_a_pair_is_joined_once_and_one_edge_in_five_joins_strangers(graph):
    keys = graph.left * 4_000 + graph.right
    assert (graph.left < graph.right).all()
    assert (np.diff(keys) > 0).all()
    assert len(keys) == pytest.approx(16_000, rel=0.03)
    is_noise = graph.groups[graph.left] != graph.groups[graph.right]
    assert is_noise.mean() == pytest.approx(0.2, abs=0.01)
    assert graph.millibits[is_noise].max() <= NOISE_MILLIBITS[1]
    assert graph.millibits[~is_noise].max() <= GROUP_MILLIBITS[1]


def test_groups_have_two_to_two_hundred_members_and_most_are_small(graph):
    sizes = np.bincount(graph.groups)
    assert sizes.sum() == 4_000
    assert sizes.max() <= 200
    assert (sizes < 2).sum() <= 1  # the last may be cut short
    assert np.median(sizes) <= 4 < sizes.mean()


def test_pairs_agreed_are_counted_one_by_one():
    planted, found = np.array([0, 0, 0, 1, 1, 2]), np.array([5, 5, 6, 6, 6, 7])
    right = [(planted[a] == planted[b], found[a] == found[b]) for a, b in combinations(range(6), 2)]
    both = right.count((True, True))
    precision = both / sum(in_found for _, in_found in right)
    recall = both / sum(in_planted for in_planted, _ in right)
    f1 = 2 * precision * recall / (precision + recall)
    assert grouping.pairs_agreed(planted, found) == pytest.approx((precision, recall, f1))


def test_without_an_edge_dropped_everything_keeps_its_id(graph, monkeypatch):
    monkeypatch.setattr(grouping, "DROPPED", 0.0)
    same = grouping.stability(graph, 1)
    assert (same.all_nodes, same.grouped, same.kept, same.stayed) == (1, 1, 1, 1)
    monkeypatch.setattr(grouping, "DROPPED", 0.5)
    other = grouping.stability(graph, 1)
    assert other.all_nodes < 0.99
    assert other.alone > same.alone
    assert other.kept < 1


def test_groups_are_found_and_modularity_merges_them(graph):
    own, by_pairs = grouping.measure("winnow", graph), grouping.measure("winnow-pairs", graph)
    assert own.f1 > 0.97
    found = [(each.groups, each.largest, each.f1) for each in (own, by_pairs)]
    assert found[0] == found[1]
    assert grouping.measure("modularity", graph).precision < own.precision - 0.1
    assert grouping.measure("components", graph).recall == 1


def test_a_tiny_run_reports_every_way(tmp_path, monkeypatch, capsys):
    def in_this_process(command):
        assert command[:3] == (sys.executable, "-m", "benchmarks.grouping")
        way, graph, *further = command[3:]
        grouping.main(way, grouping.Path(graph), *further)
        return Cost(1.0, 1.0, 2**20)

    monkeypatch.setattr(communities, "run", in_this_process)
    monkeypatch.setattr(communities, "keep_bytecode", lambda folder: None)
    written = tmp_path / "figures.json"
    sizes = ["--nodes", "900", "--edges", "3600", "--peer-nodes", "300", "--drops", "1"]
    communities.main([*sizes, "--folder", str(tmp_path / "bench"), "--json", str(written)])
    said = capsys.readouterr().out
    assert "ynthetic" in said
    assert "At 300 nodes networkx took" in said
    assert "At 900 nodes networkx took" not in said
    report = json.loads(written.read_text(encoding="utf-8"))
    assert report["synthetic"] is True
    ways = list(communities.WAYS)
    without = [way for way in ways if way != "networkx"]
    expected = [*((300, way) for way in ways), *((900, way) for way in [*without, "stability"])]
    assert [(each["nodes"], each["way"]) for each in report["runs"]] == expected
    assert list((tmp_path / "bench").iterdir()) == []
