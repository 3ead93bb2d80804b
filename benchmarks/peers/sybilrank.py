"""SybilRank: trust that a few honest seeds spread along social ties. It needs seeds.

Source: Cao, Sirivianos, Yang, Pregueiro, "Aiding the Detection of Fake Accounts in Large Scale
Social Online Services", NSDI 2012. Trust starts at the seeds, spreads by power iteration that stops
after log2(n) steps, and is divided by the degree; who has least is to be looked at first.

Where this departs: an exchange has no friendships. A tie is here a referral or a transfer, and
addresses outside are nodes too, hot wallets included: between owners alone the largest component of
the synthetic season of seed 4 has 112 of 7,932, and without hot wallets one in six, on either of
which the ranking does worse. It is defined on a connected graph, so only the largest component is
ranked, and nobody outside of it is flagged. The paper picks seeds in every community and has people
look at them; here they are drawn from owners of long standing with the highest level of
verification, and nobody looks. The paper leaves the cut to whoever reviews; it is a stated share of
all owners here, about the share that farms are of this season.
"""

from math import ceil, log2
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from benchmarks.peers.graphs import components
from benchmarks.peers.season import Season

SEEDS: Final = 100
STANDING_DAYS: Final = 180
CUT_SHARE: Final = 0.1


def least_trusted(season: Season) -> pl.Series:
    """Return the owners with the least trust."""
    ties = trust_graph(season)
    nodes, trust = rank(ties, honest_seeds(season))
    cut = round(CUT_SHARE * season.owners.height)
    known = season.owners["owner_id"].implode()
    ranked = (
        pl.DataFrame({"node": nodes, "trust": trust})
        .filter(pl.col("node").is_in(known))
        .sort("trust", "node")
    )
    return ranked.head(cut)["node"]


def trust_graph(season: Season) -> pl.DataFrame:
    """Return the ties of the largest component: source, destination."""
    referrals = season.referrals.select(source="referrer", destination="referee")
    ties = pl.concat([referrals, season.transfers.select("source", "destination")]).filter(
        pl.col("source") != pl.col("destination")
    )
    parted = components(ties)
    largest = parted.group_by("group").len().sort("len", "group")["group"][-1]
    inside = parted.filter(pl.col("group") == largest)["node"].implode()
    return ties.filter(pl.col("source").is_in(inside))


def honest_seeds(season: Season) -> pl.Series:
    """Return owners of long standing who are verified as far as it goes."""
    age = season.begins - pl.col("opened_at")
    return season.owners.filter(
        (pl.col("kyc_level") == pl.col("kyc_level").max()) & (age.dt.total_days() >= STANDING_DAYS)
    )["owner_id"]


def rank(ties: pl.DataFrame, honest: pl.Series) -> tuple[pl.Series, npt.NDArray[np.float64]]:
    """Return the nodes of a connected graph and the trust of each by its degree.

    Args:
        ties: source, destination; which is which does not matter.
        honest: From whom the seeds are drawn, at most `SEEDS` of those in the graph.
    """
    both = pl.concat([ties, ties.select(source="destination", destination="source")]).unique()
    nodes = both["source"].unique().sort()
    places = pl.DataFrame({"node": nodes, "place": range(len(nodes))})
    ends = [
        both.join(places, left_on=end, right_on="node", maintain_order="left")["place"].to_numpy()
        for end in ("source", "destination")
    ]
    graph = csr_array((np.ones(both.height), (ends[0], ends[1])), shape=(len(nodes), len(nodes)))
    degree = graph.sum(axis=1)
    seeds = nodes.is_in(honest.implode()).arg_true()
    if len(seeds) > SEEDS:
        seeds = seeds.sample(SEEDS, seed=1)
    trust = np.zeros(len(nodes))
    trust[seeds.to_numpy()] = len(nodes) / max(len(seeds), 1)
    for _ in range(ceil(log2(len(nodes)))):
        trust = graph.T @ (trust / degree)
    return nodes, trust / degree
