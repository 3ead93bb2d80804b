"""A synthetic graph of owners with planted groups, for measuring communities.

Groups have 2 to 200 members, few of them many: the number of groups falls with the square of their
size. An owner is joined to about nine others of its group where that has as many; one edge in five
joins strangers. What an operator's accounts share weighs 10 to 30 bits, which is two or three rare
values; what joins strangers weighs 2 to 8, one value by accident. Nearly everybody hangs together
by some stranger.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]

SIZES: Final = (2, 200)
FALL: Final = 2.07  # so that the mean group has seven members
NOISE: Final = 0.2
GROUP_MILLIBITS: Final = (10_000, 30_000)
NOISE_MILLIBITS: Final = (2_000, 8_000)


@dataclass(frozen=True)
class Planted:
    """A graph, and which group each node was planted in.

    Attributes:
        groups: One label a node.
        left: One end of each edge, each pair once, sorted by both ends.
        right: Its other end, the larger.
        millibits: Its weight.
    """

    groups: Whole
    left: Whole
    right: Whole
    millibits: Whole


def plant(nodes: int, edges: int, seed: int) -> Planted:
    """Return a graph of so many nodes and about so many edges; equal arguments, equal graphs."""
    draw = np.random.default_rng(seed)
    sizes = _sizes(nodes, draw)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    left, right = _inside(sizes, edges - round(edges * NOISE), draw)
    strangers = draw.integers(0, nodes, (round(edges * NOISE), 2))
    ends = np.concatenate([np.stack([left, right], axis=1), strangers])
    named = draw.permutation(nodes)  # so that numbers say nothing of groups
    low, high = np.sort(named[ends], axis=1).T
    millibits = np.concatenate(
        [
            draw.integers(*GROUP_MILLIBITS, len(left), endpoint=True),
            draw.integers(*NOISE_MILLIBITS, len(strangers), endpoint=True),
        ]
    )
    keys, first = np.unique(low * nodes + high, return_index=True)
    first = first[keys // nodes != keys % nodes]
    planted = np.empty(nodes, dtype=np.int64)
    planted[named] = groups
    return Planted(planted, low[first], high[first], millibits[first])


def _sizes(nodes: int, draw: np.random.Generator) -> Whole:
    """Draw sizes until every node has a group; the last may be smaller."""
    offered = np.arange(SIZES[0], SIZES[1] + 1)
    odds = offered**-FALL / (offered**-FALL).sum()
    drawn = draw.choice(offered, size=nodes, p=odds)
    until = np.cumsum(drawn)
    needed = int(np.searchsorted(until, nodes)) + 1
    drawn[needed - 1] -= until[needed - 1] - nodes
    return drawn[:needed].astype(np.int64)


def _inside(sizes: Whole, edges: int, draw: np.random.Generator) -> tuple[Whole, Whole]:
    """Draw pairs of members; the odds of a group are such that members have alike many edges."""
    pairs = sizes * (sizes - 1) // 2
    odds = np.minimum(1.0, _degree(sizes, edges) / np.maximum(1, sizes - 1))
    group = np.repeat(np.arange(len(sizes)), pairs)
    number = np.arange(len(group)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    later = ((1 + np.sqrt(8 * number + 1)) // 2).astype(np.int64)
    earlier = number - later * (later - 1) // 2
    is_edge = draw.random(len(group)) < odds[group]
    first = (np.cumsum(sizes) - sizes)[group[is_edge]]
    return first + earlier[is_edge], first + later[is_edge]


def _degree(sizes: Whole, edges: int) -> float:
    """Return how many edges a member has for all to be so many, by bisection."""
    least, most = 0.0, float(SIZES[1])
    for _ in range(50):
        degree = (least + most) / 2
        found = np.minimum(sizes * (sizes - 1) / 2, sizes * degree / 2).sum()
        least, most = (degree, most) if found < edges else (least, degree)
    return least
