"""A case as a picture: where its owners stand, and what joins whom.

What two owners have in common is a line between them, and what more of them share is a mark of its
own with a line to each: a device of fifty owners is fifty lines and not 1,225. Of a large case the
strongest evidence is drawn, and it is said how much is left out.

Pure: observations in, places and lines out; `console.picture` writes them down.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import networkx as nx
import numpy as np
from networkx.utils import UnionFind

from detection.explain import Strength
from detection.fusion import FAMILIES
from detection.observations import Observed
from detection.wording import KIND_OF

KINDS: Final = tuple(dict.fromkeys(KIND_OF[family] for family in FAMILIES))
# Together below the 500 marks from which networkx takes a slower way.
MOST_OWNERS: Final = 430
MOST_HUBS: Final = 60
MOST_LINES: Final = 1_500
_SMALL: Final = 60  # so few marks are worth more rounds
_SEED: Final = 1
_ROUNDS: Final = 60
# Least room between two marks, of a picture that is 1 wide and 1 high.
_GAP: Final = 0.02
_HUB_GAP: Final = 0.09


@dataclass(frozen=True)
class Node:
    """An owner.

    Attributes:
        owner_id: Who.
        x: Place from left to right, from 0 to 1.
        y: Place from top to bottom, from 0 to 1.
        share: Its strength in the case as a part of the firmest owner's, from 0 to 1.
        millibits: Its strength.
        linked: To how many owners of the case it is linked.
    """

    owner_id: str
    x: float
    y: float
    share: float
    millibits: int
    linked: int


@dataclass(frozen=True)
class Hub:
    """What three owners or more have in common.

    Attributes:
        x: Place from left to right, from 0 to 1.
        y: Place from top to bottom, from 0 to 1.
        observed: What it is.
    """

    x: float
    y: float
    observed: Observed


@dataclass(frozen=True)
class Line:
    """A line from an owner to another, or to what it shares with several.

    Attributes:
        start: Number of a node.
        end: Number of a node; of a hub where `to_hub`.
        to_hub: Whether it ends at a hub.
        kind: place, money, orders or arrival.
        lane: Which of the lines between the two this is, from 0.
        lanes: How many lines there are between the two.
        millibits: What it weighs for two owners.
        two_sided: Whether any of it took an act or a secret of both.
        sentences: What was observed.
    """

    start: int
    end: int
    to_hub: bool
    kind: str
    lane: int
    lanes: int
    millibits: int
    two_sided: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A case, laid out.

    Attributes:
        nodes: Its owners, by id.
        hubs: What several of them share, what adds most first.
        lines: Between them.
        owners: How many owners the case has.
        observed: How much was observed.
        drawn: How much of it is drawn.
    """

    nodes: tuple[Node, ...]
    hubs: tuple[Hub, ...]
    lines: tuple[Line, ...]
    owners: int
    observed: int
    drawn: int


def lay_out(observed: tuple[Observed, ...], strengths: tuple[Strength, ...]) -> Picture:
    """Lay a case out.

    Args:
        observed: What was observed, what adds most first.
        strengths: One an owner of the case, the firmest first.
    """
    shown = sorted(strengths[:MOST_OWNERS], key=lambda one: one.owner_id)
    number = {one.owner_id: place for place, one in enumerate(shown)}
    drawn = _strongest(observed, number)
    shared = [one for one in drawn if len(one.owners) > 2]
    lines = (*_spokes(shared, number), *_between(drawn, number))
    places = _places(len(shown), len(shared), lines)
    most = max((one.millibits for one in shown), default=0) or 1
    return Picture(
        tuple(
            Node(one.owner_id, *place, one.millibits / most, one.millibits, one.linked)
            for one, place in zip(shown, places[: len(shown)], strict=True)
        ),
        tuple(Hub(*place, one) for one, place in zip(shared, places[len(shown) :], strict=True)),
        lines,
        len(strengths),
        len(observed),
        len(drawn),
    )


def _strongest(observed: Iterable[Observed], number: dict[str, int]) -> list[Observed]:
    """Return what is drawn: what holds the owners together goes first, then the strongest."""
    joined: UnionFind[str] = UnionFind(number)
    first, then = [], []
    for one in observed:
        mine = [owner for owner in one.owners if owner in number]
        if len({joined[owner] for owner in mine}) > 1:
            joined.union(*mine)
            first.append(one)
        elif len(mine) > 1:
            then.append(one)
    held, lines, hubs = set(), 0, 0
    for one in (*first, *then):
        is_hub = len(one.owners) > 2
        cost = len(one.owners) if is_hub else 1
        if lines + cost <= MOST_LINES and hubs + is_hub <= MOST_HUBS:
            held.add(one.number)
            lines, hubs = lines + cost, hubs + is_hub
    return [one for one in (*first, *then) if one.number in held]


def _spokes(shared: list[Observed], number: dict[str, int]) -> list[Line]:
    return [
        Line(
            number[owner], hub, True, one.kind, 0, 1, one.millibits, one.two_sided, (one.sentence,)
        )
        for hub, one in enumerate(shared)
        for owner in one.owners
        if owner in number
    ]


def _between(drawn: list[Observed], number: dict[str, int]) -> list[Line]:
    """Return one line a pair and kind."""
    pairs: dict[tuple[int, int], dict[str, list[Observed]]] = {}
    for one in drawn:
        if len(one.owners) == 2:
            a, b = (number[owner] for owner in one.owners)
            pairs.setdefault((a, b), {}).setdefault(one.kind, []).append(one)
    return [
        Line(
            a,
            b,
            False,
            kind,
            lane,
            len(kinds),
            sum(one.millibits for one in kinds[kind]),
            any(one.two_sided for one in kinds[kind]),
            tuple(one.sentence for one in kinds[kind]),
        )
        for (a, b), kinds in pairs.items()
        for lane, kind in enumerate(kind for kind in KINDS if kind in kinds)
    ]


def _places(nodes: int, hubs: int, lines: Iterable[Line]) -> list[tuple[float, float]]:
    """Return a place for each owner, then for each hub."""
    count = nodes + hubs
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from((line.start, line.end + nodes * line.to_hub) for line in lines)
    ring = _ring(graph)
    found = nx.spring_layout(
        graph,
        k=1.8 / math.sqrt(max(1, count)),
        pos=ring,
        iterations=_ROUNDS if count > _SMALL else 5 * _ROUNDS,
        seed=_SEED,
        method="force",
        scale=None,
    )
    placed = np.array([found[node] for node in range(count)]).reshape(count, 2)
    low, high = placed.min(axis=0, initial=0.0), placed.max(axis=0, initial=0.0)
    spread = _apart((placed - low) / np.maximum(high - low, 1e-6), nodes)
    # The last digits are those of a machine.
    return [(round(float(x), 3), round(float(y), 3)) for x, y in spread]


def _ring(graph: "nx.Graph[int]") -> dict[int, np.ndarray]:
    """Return where the springs start: on a ring, who is joined beside one another."""
    order = list(nx.dfs_preorder_nodes(graph)) if graph else []
    order += sorted(set(graph) - set(order))
    turn = 2 * math.pi / max(1, len(order))
    return {
        node: np.array([math.cos(turn * place), math.sin(turn * place)])
        for place, node in enumerate(order)
    }


def _apart(places: np.ndarray, nodes: int) -> np.ndarray:
    """Push marks apart that lie upon one another: hubs of the same owners have the same place."""
    count = len(places)
    wanted = np.full((count, count), _GAP)
    wanted[nodes:, nodes:] = _HUB_GAP
    angles = np.arange(count) * 2.4  # of marks at one place: no two the same way
    nudge = 1e-4 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    moved = places + nudge
    for _ in range(_ROUNDS // 3):
        away = moved[:, None] - moved[None]
        distance = np.maximum(np.sqrt((away**2).sum(axis=2)), 1e-9)
        short = np.clip(wanted - distance, 0.0, None)
        np.fill_diagonal(short, 0.0)
        if not short.any():
            break
        moved = np.clip(moved + (away * (short / distance / 3)[:, :, None]).sum(axis=1), 0.0, 1.0)
    return moved
