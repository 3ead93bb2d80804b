"""Trusta's two phases: communities of transfers, refined by behaviour. They need no labels.

Source: "Trusta's AI and Machine Learning Framework for Robust Sybil Resistance in Airdrops"
(ethresear.ch, topic 16828) and the repository TrustaLabs/Airdrop-Sybil-Identification. First, the
graph of all transfers and the graph of the first funding of every account, hubs removed, parted
into components and, where large, into communities that maximise modularity. Second, a procedure
like K-means inside each cluster: the centroid (the mean of counts, the mode of categories), leave
out who is far from it, and again until nobody is.

Where this departs: their product is closed, so this is what they publish and no more. Hubs are
found by the number of owners they met (`graphs`). What an address does on a chain is what an
account does on the exchange: first and last day, days active, deposits, withdrawals, fills by
market, and the market traded most. Their threshold is predefined and not published, but one script
(`kdtree_dist_cluster.py`) calls far what has a Manhattan distance above 0.15 of the sum of the
centroid, plus two, and one query wants ten of a kind. On seed 4 that leaves next to nobody. Of
plain counts and their logarithms, of five and ten, and of 0.15, 0.3, 0.5, 0.7 and 1, what gives the
best F1 there is taken: logarithms, five, 0.5.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.peers.graphs import broken_down, large_enough, without_entities
from benchmarks.peers.season import Season

LEAST: Final = 5
FAR_SHARE: Final = 0.5
FAR: Final = 2.0


def refined_communities(season: Season) -> pl.Series:
    """Return the owners in communities, without those who behave unlike the rest of theirs."""
    owners, transfers = season.owners["owner_id"], season.transfers
    everything = without_entities(transfers, owners)
    first = transfers.unique("destination", keep="first", maintain_order=True).join(
        everything.select("transfer_id"), on="transfer_id", how="semi", maintain_order="left"
    )
    counts = behaviour(season)
    found = [
        alike(counts.join(group.select(owner_id="node"), on="owner_id", how="semi"))
        for graph in (everything, first)
        for group in large_enough(broken_down(graph), owners, LEAST).partition_by("group")
    ]
    return pl.concat([pl.Series("owner_id", [], pl.String), *found]).unique()


def behaviour(season: Season) -> pl.DataFrame:
    """Return owner_id, favourite (market, or empty) and log2(1 + count)s; one row an owner."""
    fills = season.fills.group_by("owner_id", "market").len()
    favourite = (
        fills.sort("len", "market")
        .group_by("owner_id")
        .agg(pl.col("market").last().alias("favourite"))
    )
    markets = fills.sort("market").pivot("market", index="owner_id", values="len")
    acts = pl.concat(
        [
            season.fills.select("owner_id", "ts"),
            season.transfers.select("ts", owner_id="source").select("owner_id", "ts"),
            season.transfers.select("ts", owner_id="destination").select("owner_id", "ts"),
        ]
    ).with_columns(day=(pl.col("ts") - season.begins).dt.total_days())
    days = acts.group_by("owner_id").agg(
        pl.col("day").min().alias("first_day"),
        pl.col("day").max().alias("last_day"),
        pl.col("day").n_unique().alias("days"),
    )
    moved = [
        season.transfers.group_by(owner_id=end).agg(pl.len().alias(name))
        for end, name in (("destination", "deposits"), ("source", "withdrawals"))
    ]
    known = season.owners.select("owner_id")
    for part in (favourite, days, *moved, markets):
        known = known.join(part, on="owner_id", how="left", maintain_order="left")
    counts = pl.exclude("owner_id", "favourite").fill_null(0)
    return known.with_columns(pl.col("favourite").fill_null(""), (counts + 1).log(2))


def alike(members: pl.DataFrame) -> pl.Series:
    """Return who is left of a cluster when nobody left is far from the centroid.

    Args:
        members: owner_id, favourite, counts.
    """
    while members.height >= LEAST:
        near = ~_far(members)
        if near.all():
            return members["owner_id"]
        members = members.filter(pl.Series(near))
    return members.clear()["owner_id"]


def _far(members: pl.DataFrame) -> npt.NDArray[np.bool_]:
    counts = members.drop("owner_id", "favourite").to_numpy().astype(float)
    centroid = counts.mean(axis=0)
    mode = members["favourite"].mode().sort()[0]
    other = (members["favourite"] != mode).to_numpy()
    distance = np.abs(counts - centroid).sum(axis=1) + other
    far: npt.NDArray[np.bool_] = distance > FAR_SHARE * centroid.sum() + FAR
    return far
