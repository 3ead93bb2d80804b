"""The package graphspot: anomalous nodes of a graph. One run learns, two do not.

Source: graphspot 0.1.0, with the defaults of its detectors. `XGBGraph` is what its description puts
first: boosted trees on features of a node and of its neighbours, one and two steps away;
`FlatBaseline` the same trees without the graph, which it wants printed beside them; `OddBall` looks
at the shape of a node's neighbourhood alone.

How a season is put to it: a node is an owner or an address; an edge a transfer, a referral or a
login from a device or an IP address; features are counts and sums of what an owner did (`traits`),
all zero for what is no owner. `XGBGraph` and `FlatBaseline` learn from an earlier season all truth
of which is told, more than any exchange has, and score this one, which they have not seen. The
package cuts a ranking at a share that the caller gives; here a tenth, about the share of farms.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from graphspot import Graph
from graphspot.detectors import FlatBaseline, OddBall, XGBGraph
from scipy.sparse import coo_array

from benchmarks.peers.season import Past, Season

CUT_SHARE: Final = 0.1


def learned(season: Season, past: Past) -> pl.Series:
    """Return the owners whom the trees on neighbours put highest."""
    return _highest(XGBGraph(random_state=0), season, past)


def learned_flat(season: Season, past: Past) -> pl.Series:
    """Return the owners whom the trees without the graph put highest."""
    return _highest(FlatBaseline(random_state=0), season, past)


def odd(season: Season) -> pl.Series:
    """Return the owners whose neighbourhoods are shaped most unlike the others'."""
    owners, graph = _graph(season)
    scores = OddBall().fit(graph).decision_scores_
    return _cut(owners, scores)


def traits(season: Season) -> pl.DataFrame:
    """Return owner_id and counts of what an owner did; one row an owner, sorted."""
    deposits = season.transfers.group_by(owner_id="destination").agg(
        pl.len().alias("deposits"), pl.col("usd").sum().alias("deposited")
    )
    withdrawals = season.transfers.group_by(owner_id="source").agg(
        pl.len().alias("withdrawals"), pl.col("usd").sum().alias("withdrawn")
    )
    traded = season.fills.group_by("owner_id").agg(
        pl.len().alias("fills"),
        pl.col("usd").sum().alias("volume"),
        pl.col("usd").std().alias("volume_spread"),
        pl.col("market").n_unique().alias("markets"),
        pl.col("ts").dt.date().n_unique().alias("days_traded"),
    )
    seen = season.logins.group_by("owner_id").agg(
        pl.len().alias("logins"),
        pl.col("device").n_unique().alias("devices"),
        pl.col("ip").n_unique().alias("ips"),
        pl.col("ts").dt.date().n_unique().alias("days_seen"),
    )
    brought = season.referrals.group_by(owner_id="referrer").agg(pl.len().alias("referred"))
    age = (season.begins - pl.col("opened_at")).dt.total_hours()
    known = season.owners.select("owner_id", "kyc_level", age.alias("age_hours"))
    for part in (deposits, withdrawals, traded, seen, brought):
        known = known.join(part, on="owner_id", how="left", maintain_order="left")
    return known.fill_null(0)


def _highest(detector: Any, season: Season, past: Past) -> pl.Series:
    before, seen = _graph(past.season)
    labels = np.full(seen.n_nodes, -1)
    labels[: len(before)] = before.is_in(past.farms.implode()).to_numpy()
    owners, graph = _graph(season)
    return _cut(owners, detector.fit(seen, labels).decision_function(graph))


def _cut(owners: pl.Series, scores: npt.NDArray[np.float64]) -> pl.Series:
    ranked = pl.DataFrame({"owner_id": owners, "score": scores[: len(owners)]})
    least = pl.col("score") > 0
    ordered = ranked.filter(least).sort("score", "owner_id", descending=[True, False])
    return ordered.head(round(CUT_SHARE * len(owners)))["owner_id"]


def _graph(season: Season) -> tuple[pl.Series, Graph]:
    """Return the owners, who are the first nodes, and the graph."""
    features = traits(season)
    owners = features["owner_id"]
    edges = pl.concat(
        [
            season.transfers.select("source", "destination"),
            season.referrals.select(source="referrer", destination="referee"),
            season.logins.select(source="owner_id", destination="device"),
            season.logins.select(source="owner_id", destination="ip"),
        ]
    ).drop_nulls()
    edges = edges.unique().sort("source", "destination")
    others = pl.concat([edges["source"], edges["destination"]]).unique().sort()
    others = others.filter(~others.is_in(owners.implode()))
    nodes = pl.concat([owners.rename("node"), others.rename("node")])
    places = pl.DataFrame({"node": nodes, "place": range(len(nodes))})
    ends = [
        edges.join(places, left_on=end, right_on="node", maintain_order="left")["place"].to_numpy()
        for end in ("source", "destination")
    ]
    size = (len(nodes), len(nodes))
    ones = np.ones(2 * edges.height)
    both = (np.concatenate(ends), np.concatenate(ends[::-1]))
    values = np.zeros((len(nodes), features.width - 1))
    values[: len(owners)] = features.drop("owner_id").to_numpy()
    names = features.columns[1:]
    adjacency = coo_array((ones, both), shape=size).tocsr()
    return owners, Graph(adj=adjacency, x=values, feature_names=names)
