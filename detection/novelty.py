"""Leads that no model was taught: groups and owners that are unlike what is usual.

A classifier does not see new kinds of farming, so this lane does not pass through it, nor through
the score: it looks at what owners do, never at what links them. A lead is for a moderator's eyes;
nothing is held by it.

1. A cluster is compared with groups of as many owners drawn from everybody: strangers are not alike
   in what they do, however strange each of them is. Comparing it with the other clusters would call
   strange what is rare among those found, and never what they have in common. An owner outside of
   clusters is compared with the others outside.
2. Traits become robust z-scores: the distance from the median of those compared with, in standard
   deviations of their middle half, clipped.
3. An isolation forest of those compared with says how few cuts set a row apart (Liu, Ting and Zhou
   2008). The strangest are named, with the three traits that are farthest from usual.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from sklearn.ensemble import IsolationForest
from threadpoolctl import threadpool_limits

from detection.account_traits import OWN_NAMES, OWN_TRAITS
from detection.bootstrap import Floats
from detection.cluster_traits import CLUSTER_NAMES, CLUSTER_WORDS, alike_traits

CLUSTER, OWNER = "cluster", "owner"
LEADS_SCHEMA: Final = pl.Schema(
    {
        "kind": pl.String(),
        "id": pl.String(),
        "strangeness": pl.Float64(),
        "traits": pl.List(pl.String()),
        "reasons": pl.List(pl.String()),
    }
)
LEAST_ROWS: Final = 30  # of fewer, nothing is usual
TREES: Final = 100
NAMED: Final = 3
_CLIP: Final = 8.0  # beyond that, farther is not stranger
_QUARTILES: Final = 1.349  # of a normal distribution, in standard deviations
SIZES: Final = (2, 3, 5, 9, 17, 33)  # least owners of a class of groups that are compared
DRAWN: Final = 300  # groups of strangers a class
# How owners differ and what they are as one; what they do on the mean is each one's own affair.
ALIKE_NAMES: Final = tuple(
    name
    for name in CLUSTER_NAMES
    if name.startswith(("spread_", "times_")) or name in {"group_pnl_left", "group_bought_left"}
)
_OWNER_WORDS: Final = {f"own_{trait.name}": trait.words for trait in OWN_TRAITS}
_WORDS: Final = {**CLUSTER_WORDS, **_OWNER_WORDS}


@dataclass(frozen=True)
class Budget:
    """How many leads a run may bring.

    Attributes:
        clusters: Most clusters.
        owners: Most owners outside of clusters.
    """

    clusters: int = 5
    owners: int = 5


@dataclass(frozen=True)
class Described:
    """What everybody did, of one instant.

    Attributes:
        own: From `detection.account_traits.own_traits`.
        behaviour: `warehouse.behaviour.BEHAVIOUR_SCHEMA`.
    """

    own: pl.DataFrame
    behaviour: pl.DataFrame


def find_leads(
    members: pl.DataFrame,
    outside: pl.DataFrame,
    described: Described,
    budget: Budget,
    seed: int,
) -> pl.DataFrame:
    """Return the strangest clusters and owners, with what makes them strange.

    Args:
        members: cluster_id, owner_id, of clusters without an open case.
        outside: owner_id, of those in no cluster, without declared market makers, who are unlike
            everybody by trade. Who never traded is left out here.
        described: What everybody did.
        budget: How many at most.
        seed: Of the forests and of the groups of strangers.

    Returns:
        `LEADS_SCHEMA`: clusters, then owners, the strangest first. strangeness is 0 to 1, about
        0.4 for what is usual, and compares rows of one kind alone; no probability. No cluster with
        fewer than `LEAST_ROWS` owners who traded, no owner with fewer of them outside.
    """
    traders = described.own.filter(pl.col("own_fills") > 0)
    alone = traders.join(outside, on="owner_id", how="semi").sort("owner_id")
    clusters = stand_out(members, described, seed)
    owners = _apart(robust_scores(alone, alone, OWN_NAMES), seed, alone["owner_id"])
    return pl.concat(
        [
            _strangest(clusters, CLUSTER, ALIKE_NAMES, budget.clusters),
            _strangest(owners, OWNER, OWN_NAMES, budget.owners),
        ]
    )


@dataclass(frozen=True)
class Strangeness:
    """How strange some rows are.

    Attributes:
        ids: Of the rows.
        scores: Robust z-scores, row by trait.
        strangeness: 0 to 1 by row.
    """

    ids: pl.Series
    scores: Floats
    strangeness: Floats


def stand_out(members: pl.DataFrame, described: Described, seed: int) -> Strangeness:
    """Return how far clusters are from groups of strangers of about their size.

    Args:
        members: cluster_id, owner_id.
        described: What everybody did.
        seed: Of the forest and of the groups.
    """
    traders = described.own.filter(pl.col("own_fills") > 0)["owner_id"].sort()
    found = alike_traits(members, described.own, described.behaviour)
    sizes = (
        members.unique(["cluster_id", "owner_id"]).group_by("cluster_id").len().sort("cluster_id")
    )
    classes = np.digitize(sizes["len"].to_numpy(), SIZES) - 1
    if found.is_empty() or len(traders) < LEAST_ROWS:
        return Strangeness(found["cluster_id"].clear(), np.zeros((0, 0)), np.zeros(0))
    asked = np.zeros((found.height, len(ALIKE_NAMES)))
    usual = []
    for place in np.unique(classes):
        strangers = _strangers(traders, SIZES[place], (seed, int(place)))
        drawn = alike_traits(strangers, described.own, described.behaviour)
        mine = classes == place
        asked[mine] = robust_scores(found.filter(pl.Series(mine)), drawn, ALIKE_NAMES)
        usual.append(robust_scores(drawn, drawn, ALIKE_NAMES))
    return _apart(asked, seed, found["cluster_id"], np.concatenate(usual))


def _strangers(traders: pl.Series, size: int, seed: tuple[int, int]) -> pl.DataFrame:
    """Draw groups of owners; nobody is in a group twice."""
    generator = np.random.default_rng(seed)
    size = min(size, len(traders))
    drawn = np.array([generator.choice(len(traders), size, replace=False) for _ in range(DRAWN)])
    return pl.DataFrame(
        {
            "cluster_id": np.repeat(np.arange(DRAWN), size),
            "owner_id": traders[drawn.ravel()],
        }
    )


def robust_scores(traits: pl.DataFrame, usual: pl.DataFrame, names: tuple[str, ...]) -> Floats:
    """Return each trait's distance from its usual median, in standard deviations.

    Those are of the middle half of what is usual; where that does not differ, of all of it. What is
    missing is 0, and so is a trait that never differs.
    """
    scores = np.zeros((traits.height, len(names)))
    for place, name in enumerate(names):
        there = usual[name].fill_nan(None).drop_nulls().to_numpy()
        if len(there) == 0:
            continue
        low, middle, high = np.quantile(there, (0.25, 0.5, 0.75))
        unit = (high - low) / _QUARTILES or float(there.std())
        if unit > 0:
            scores[:, place] = np.clip((traits[name].to_numpy() - middle) / unit, -_CLIP, _CLIP)
    return np.nan_to_num(scores)


def _apart(scores: Floats, seed: int, ids: pl.Series, usual: Floats | None = None) -> Strangeness:
    """Return how easily each row is set apart from what is usual: from the rows, if not given."""
    compared = scores if usual is None else usual
    if len(compared) < LEAST_ROWS or len(scores) == 0:
        return Strangeness(ids.clear(), scores[:0], np.zeros(0))
    forest = IsolationForest(n_estimators=TREES, random_state=seed, n_jobs=1)
    with threadpool_limits(limits=1):
        strange = -forest.fit(compared).score_samples(scores)
    return Strangeness(ids, scores, np.asarray(strange).round(9))


def _strangest(found: Strangeness, kind: str, names: tuple[str, ...], most: int) -> pl.DataFrame:
    rows = []
    for row in np.argsort(-found.strangeness, kind="stable")[:most]:
        scores = found.scores[row]
        far = [int(place) for place in np.argsort(-np.abs(scores), kind="stable")[:NAMED]]
        told = [place for place in far if scores[place] != 0]
        rows.append(
            (
                kind,
                found.ids[int(row)],
                float(found.strangeness[row]),
                [names[place] for place in told],
                [_reason(names[place], float(scores[place])) for place in told],
            )
        )
    return pl.DataFrame(rows, schema=LEADS_SCHEMA, orient="row")


def _reason(name: str, score: float) -> str:
    far = f"{abs(score):.1f}" if abs(score) < _CLIP else f"{_CLIP:.0f} or more"
    side = "above" if score > 0 else "below"
    return f"{_WORDS[name]}: {far} standard deviations {side} what is usual"
