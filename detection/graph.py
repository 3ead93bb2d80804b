"""Groups of owners: connected components, and communities inside them.

Components alone join strangers over one bridge; modularity merges small groups as a graph grows and
reshuffles them from week to week. CPM (Potts) has neither fault: its resolution is a weight per
pair, whatever else is in the graph.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sknetwork.clustering import Louvain

Labels = npt.NDArray[np.int64]

# Weights enter in eighths of a bit. scikit-network calculates in 32-bit floats, which hold integers
# up to 2^24 exactly; coarser units keep the sums below that.
_MILLIBITS_PER_UNIT = 125


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

    The library divides weights by their sum and gives each node the weight 1/n, so that a group
    would depend, by rounding, on what else is in the graph. Both are therefore padded to powers of
    two with nodes that touch nothing: every quotient is then exact, and a community depends on its
    own component alone.

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
    units = np.maximum(1, weights // _MILLIBITS_PER_UNIT)
    total = 2 * int(units.sum())
    padded_total = 1 << total.bit_length()
    padded_nodes = 1 << (nodes + 1).bit_length()
    ends = (np.append(left, nodes), np.append(right, nodes + 1))
    data = np.append(units, (padded_total - total) // 2).astype(np.float64)
    upper = sparse.coo_matrix((data, ends), shape=(padded_nodes, padded_nodes))
    louvain = Louvain(
        resolution=_in_units(resolution_millibits) * padded_nodes**2 / padded_total,
        modularity="potts",
        tol_optimization=1 / padded_total,  # half of the least possible gain
        tol_aggregation=1 / padded_total,
        shuffle_nodes=False,
        return_probs=False,
        return_aggregate=False,
        random_state=0,
    )
    labels = louvain.fit_predict((upper + upper.T).tocsr())
    return np.asarray(labels[:nodes], dtype=np.int64)


def _in_units(millibits: int) -> float:
    return millibits / _MILLIBITS_PER_UNIT
