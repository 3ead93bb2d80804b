"""One way to group the owners of a planted graph, as a process of its own.

    python -m benchmarks.grouping plant GRAPH NODES EDGES SEED
    python -m benchmarks.grouping WAY GRAPH RESULT              WAY: one of `WAYS`
    python -m benchmarks.grouping stability GRAPH RESULT SEED

The result is a JSON file. Each process loads only the library that it stands for.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.planted import Planted, Whole, plant
from detection.terms import DetectionTerms

DROPPED: Final = 0.05
"""Part of the edges that the second run of the stability does without."""

_AS_OF: Final = datetime(2025, 3, 28, tzinfo=UTC)


@dataclass(frozen=True)
class Grouping:
    """What a way to group found, and what it took.

    Attributes:
        build_seconds: Until its own graph stood.
        seconds: Of the grouping.
        cpu_seconds: Of the grouping, all threads.
        groups: How many it found, nodes alone among them.
        largest: Members of the largest.
        precision: Part of the pairs inside of found groups that were planted together.
        recall: Part of the pairs that were planted together that it found.
        f1: Their harmonic mean.
    """

    build_seconds: float
    seconds: float
    cpu_seconds: float
    groups: int
    largest: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Stability:
    """How alike two runs are, the second with a part of the edges dropped.

    Attributes:
        seed: By which edges were dropped.
        all_nodes: Adjusted Rand index, a node alone being a group of its own.
        grouped: The same over the nodes that are in a group of at least two in either run.
        alone: Part of the nodes that are alone in either run.
        clusters: Groups of at least two in the first run.
        kept: Part of those whose id a group of the second run bears, by `keep_ids`.
        stayed: Part of their members that bear the same id in both runs.
        seconds: Of `keep_ids` in the second run.
    """

    seed: int
    all_nodes: float
    grouped: float
    alone: float
    clusters: int
    kept: float
    stayed: float
    seconds: float


def by_winnow(graph: Planted) -> tuple[float, Callable[[], Whole]]:
    """Return what the detection does with owners that are numbered already."""
    from detection.graph import communities  # noqa: PLC0415 (loads what only this way needs)

    resolution = DetectionTerms().resolution_millibits
    nodes = len(graph.groups)
    return 0.0, lambda: communities(nodes, graph.left, graph.right, graph.millibits, resolution)


def by_pairs(graph: Planted) -> tuple[float, Callable[[], Whole]]:
    """Return what the detection does with pairs of owners that have names."""
    import polars as pl  # noqa: PLC0415 (as above)

    from detection.clusters import group_owners  # noqa: PLC0415 (as above)

    pairs = pl.DataFrame(
        {
            "owner_a": _names(graph.left),
            "owner_b": _names(graph.right),
            "weight_millibits": graph.millibits,
        }
    )

    def group() -> Whole:
        found = group_owners(pairs, DetectionTerms())
        nodes = found["owner_id"].str.slice(1).cast(pl.Int64).to_numpy()
        labels = -1 - np.arange(len(graph.groups))  # who stays alone is left out
        labels[nodes] = found["label"].to_numpy()
        return labels

    return 0.0, group


def by_components(graph: Planted) -> tuple[float, Callable[[], Whole]]:
    """Return connected components (SciPy)."""
    from detection.graph import components  # noqa: PLC0415 (as above)

    return 0.0, lambda: components(len(graph.groups), graph.left, graph.right)


def by_modularity(graph: Planted) -> tuple[float, Callable[[], Whole]]:
    """Return Louvain with modularity as scikit-network has it."""
    from scipy import sparse  # noqa: PLC0415 (as above)
    from sknetwork.clustering import Louvain  # noqa: PLC0415 (as above)

    started = time.perf_counter()
    shape = (len(graph.groups),) * 2
    upper = sparse.coo_matrix((graph.millibits / 1_000, (graph.left, graph.right)), shape=shape)
    matrix = (upper + upper.T).tocsr()
    louvain = Louvain(random_state=0)
    return time.perf_counter() - started, lambda: louvain.fit_predict(matrix)


def by_networkx(graph: Planted) -> tuple[float, Callable[[], Whole]]:
    """Return Louvain with modularity as networkx has it."""
    import networkx as nx  # noqa: PLC0415 (as above)

    started = time.perf_counter()
    built: Any = nx.Graph()
    built.add_nodes_from(range(len(graph.groups)))
    columns = (graph.left.tolist(), graph.right.tolist(), (graph.millibits / 1_000).tolist())
    built.add_weighted_edges_from(zip(*columns, strict=True))

    def group() -> Whole:
        labels = np.empty(len(graph.groups), dtype=np.int64)
        for label, nodes in enumerate(nx.community.louvain_communities(built, seed=0)):
            labels[list(nodes)] = label
        return labels

    return time.perf_counter() - started, group


WAYS: Final[Mapping[str, Callable[[Planted], tuple[float, Callable[[], Whole]]]]] = {
    "winnow": by_winnow,
    "winnow-pairs": by_pairs,
    "components": by_components,
    "modularity": by_modularity,
    "networkx": by_networkx,
}


def measure(way: str, graph: Planted) -> Grouping:
    """Group the nodes of a graph in one way, and compare with what was planted."""
    build_seconds, group = WAYS[way](graph)
    wall, cpu = time.perf_counter(), time.process_time()
    labels = group()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    sizes = np.unique(labels, return_counts=True)[1]
    agreed = pairs_agreed(graph.groups, labels)
    return Grouping(build_seconds, wall, cpu, len(sizes), int(sizes.max()), *agreed)


def pairs_agreed(planted: Whole, found: Whole) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the pairs that are in one group."""
    from sklearn.metrics.cluster import pair_confusion_matrix  # noqa: PLC0415 (as above)

    (_, wrong), (missed, right) = pair_confusion_matrix(planted, found).tolist()
    both = max(1, right)
    return both / (both + wrong), both / (both + missed), 2 * both / (2 * both + wrong + missed)


def stability(graph: Planted, seed: int) -> Stability:
    """Group a graph twice, the second time without some of its edges."""
    import polars as pl  # noqa: PLC0415 (as above)
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415 (as above)

    from detection.clusters import PREVIOUS_SCHEMA, keep_ids  # noqa: PLC0415 (as above)

    stays = np.random.default_rng(seed).random(len(graph.left)) >= DROPPED
    parts = (graph.left[stays], graph.right[stays], graph.millibits[stays])
    first = by_winnow(graph)[1]()
    second = by_winnow(Planted(graph.groups, *parts))[1]()
    is_grouped = (_sizes_of(first) > 1) | (_sizes_of(second) > 1)
    before = _clusters(first)
    named = keep_ids(before, pl.DataFrame(schema=PREVIOUS_SCHEMA), _AS_OF)
    previous = before.join(named, on="label").select(PREVIOUS_SCHEMA.names())
    after, started = _clusters(second), time.perf_counter()
    ids = keep_ids(after, previous, _AS_OF + timedelta(days=7))
    seconds = time.perf_counter() - started
    kept = ids.join(named, on="cluster_id", how="semi").height / max(1, named.height)
    both = after.join(ids, on="label").join(previous, on=["account_id", "cluster_id"])
    return Stability(
        seed,
        adjusted_rand_score(first, second),
        adjusted_rand_score(first[is_grouped], second[is_grouped]),
        float(np.mean((_sizes_of(first) == 1) | (_sizes_of(second) == 1))),
        named.height,
        kept,
        both.height / max(1, previous.height),
        seconds,
    )


def _sizes_of(labels: Whole) -> Whole:
    """Return the size of each node's group."""
    _, groups, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return sizes[groups]


def _clusters(labels: Whole) -> Any:
    """Return label, account_id of the nodes in groups of at least two."""
    import polars as pl  # noqa: PLC0415 (as above)

    nodes = np.flatnonzero(_sizes_of(labels) > 1)
    return pl.DataFrame({"label": labels[nodes], "account_id": _names(nodes)})


def _names(nodes: Whole) -> Any:
    import polars as pl  # noqa: PLC0415 (as above)

    return pl.select("a" + pl.lit(pl.Series(nodes)).cast(pl.String).str.zfill(8)).to_series()


def load(path: Path) -> Planted:
    """Load a graph that `plant` made."""
    with np.load(path) as stored:
        return Planted(*(stored[name] for name in ("groups", "left", "right", "millibits")))


def main(way: str, graph: Path, *further: str) -> None:
    """Plant a graph, or measure one way to group it."""
    if way == "plant":
        nodes, edges, seed = map(int, further)
        np.savez(graph, **asdict(plant(nodes, edges, seed)))
        return
    result, *seed_of_drops = further
    found = stability(load(graph), int(seed_of_drops[0])) if seed_of_drops else None
    written = json.dumps(asdict(found or measure(way, load(graph))))
    Path(result).write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
