"""Groups of owners: connected components, and communities inside them.

Components alone join strangers over one bridge; modularity merges small groups as a graph grows and
reshuffles them from week to week. CPM (Potts) has neither fault: its resolution is a weight per
pair, whatever else is in the graph.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sknetwork.clustering.louvain_core import optimize_core

Labels = npt.NDArray[np.int64]
_Nodes = npt.NDArray[np.int32]
_Sizes = npt.NDArray[np.float32]

# Weights enter in eighths of a bit. The library calculates in 32-bit floats, which hold integers up
# to 2^24 exactly; coarser units keep the sums below that.
_MILLIBITS_PER_UNIT = 125

# Every move is a gain, so passes end by themselves; save where sums above 2^24 round a loss to one.
_MOST_PASSES = 200


def components(nodes: int, left: Labels, right: Labels) -> Labels:
    """Return a label for each node, the same for nodes that are connected.

    Args:
        nodes: Number of nodes.
        left: One end of each edge, from 0.
        right: Its other end.
    """
    if nodes == 0:
        return np.zeros(0, dtype=np.int64)
    ones = np.ones(len(left), dtype=np.int8)
    matrix = sparse.coo_matrix((ones, (left, right)), shape=(nodes, nodes))
    _, labels = connected_components(matrix, directed=False)
    return np.asarray(labels, dtype=np.int64)


def communities(
    nodes: int, left: Labels, right: Labels, weights: Labels, resolution_millibits: int
) -> Labels:
    """Return a label for each node, the same for nodes of one community (CPM/Potts, Louvain).

    A community is connected, and depends on its own component alone: weights are whole numbers, not
    parts of all that is in the graph, and no step ends because the rest of the graph gains little.

    Args:
        nodes: Number of nodes.
        left: One end of each edge, each pair once, in a fixed order.
        right: Its other end.
        weights: Millibits, positive.
        resolution_millibits: Least mean weight over all pairs of two groups that are joined; 0
            returns the components.
    """
    if len(left) == 0:
        return np.arange(nodes, dtype=np.int64)
    if resolution_millibits == 0:
        return components(nodes, left, right)
    units = np.maximum(1, weights // _MILLIBITS_PER_UNIT).astype(np.float32)
    upper = sparse.coo_matrix((units, (left, right)), shape=(nodes, nodes)).tocsr()
    graph, sizes = upper + upper.T, np.ones(nodes, dtype=np.float32)
    labels = np.arange(nodes)
    while True:
        _, groups = np.unique(_moved(graph, sizes, resolution_millibits), return_inverse=True)
        labels = groups[labels]
        if groups.max() + 1 == len(sizes):
            break
        graph, sizes = _as_nodes(graph, sizes, groups)
    inside = labels[left] == labels[right]
    return components(nodes, left[inside], right[inside])


def _moved(graph: sparse.csr_matrix, sizes: _Sizes, resolution_millibits: int) -> _Nodes:
    """Move each node to the neighbouring group where it gains most, until none gains.

    After the first pass only the neighbours of nodes that moved are looked at again; the others
    have no edges in what the library sees, which it skips.

    Args:
        graph: Symmetric, in units; the weight inside a node on the diagonal.
        sizes: Nodes of the original graph in each.
        resolution_millibits: As of `communities`.

    Returns:
        The group of each node: the number of one of the nodes.
    """
    nodes = len(sizes)
    starts, ends, weights = graph.indptr, graph.indices, graph.data
    labels = np.arange(nodes, dtype=np.int32)
    of_groups = (sizes.copy(), sizes.copy(), np.zeros(nodes, dtype=np.float32))
    inner = graph.diagonal()
    resolution = resolution_millibits / _MILLIBITS_PER_UNIT
    seen = (ends, starts, weights)
    for _ in range(_MOST_PASSES):
        before = labels.copy()
        # With an endless tolerance it makes one pass.
        optimize_core(labels, *seen, sizes, sizes, *of_groups, inner, resolution, np.inf)
        moved = np.flatnonzero(labels != before)
        if len(moved) == 0:
            break
        edges, degrees = _edges_of(moved, starts)
        neighbours = ends[edges][labels[ends[edges]] != np.repeat(labels[moved], degrees)]
        again = np.flatnonzero(np.bincount(neighbours, minlength=nodes))
        edges, degrees = _edges_of(again, starts)
        rows = np.zeros(nodes + 1, dtype=np.int32)
        rows[again + 1] = degrees
        seen = (ends[edges], np.cumsum(rows, dtype=np.int32), weights[edges])
    return labels


def _edges_of(nodes: Labels, starts: _Nodes) -> tuple[Labels, Labels]:
    """Return the places of the edges of some nodes, one node after the other, and their numbers."""
    degrees = (starts[nodes + 1] - starts[nodes]).astype(np.int64)
    skipped = starts[nodes] - np.cumsum(degrees) + degrees
    return np.repeat(skipped, degrees) + np.arange(degrees.sum()), degrees


def _as_nodes(
    graph: sparse.csr_matrix, sizes: _Sizes, groups: Labels
) -> tuple[sparse.csr_matrix, _Sizes]:
    """Return the graph whose nodes are the groups, numbered from 0, and their sizes."""
    ones = np.ones(len(groups), dtype=np.float32)
    belongs = sparse.coo_matrix((ones, (np.arange(len(groups)), groups))).tocsr()
    return belongs.T.tocsr() @ graph @ belongs, (belongs.T @ sizes)
