"""The rules by which addresses were left out of Arbitrum's airdrop of 2023. They need no labels.

Source: the method section of the repository ArbitrumFoundation/sybil-detection. Two graphs, one of
all transfers, one of the first transfer to an account (its funder) and the last from it (its
sweep); entities removed; strongly and weakly connected parts; large ones broken down by Louvain;
clusters that fit a known pattern, such as more than twenty addresses that move funds among
themselves, or one source of funding.

Where this departs: entities are found by the number of owners they met and not by lists (`graphs`);
what is large is not published (`graphs.LARGE`); the patterns were judged by eye and are a least
size here, one run by the twenty that are published, one by five, which a season with small farms
favours. Their data are every transaction of a chain, these are deposits, withdrawals, transfers
between accounts and what a chain shows between addresses.
"""

from typing import Final

import polars as pl

from benchmarks.peers.graphs import broken_down, components, large_enough, without_entities
from benchmarks.peers.season import Season

PUBLISHED: Final = 21
SMALL: Final = 5


def more_than_twenty(season: Season) -> pl.Series:
    """Return the owners in clusters of more than twenty."""
    return _clustered(season, PUBLISHED)


def five_and_more(season: Season) -> pl.Series:
    """Return the owners in clusters of at least five."""
    return _clustered(season, SMALL)


def funders_and_sweeps(transfers: pl.DataFrame) -> pl.DataFrame:
    """Return the first transfer to every node and the last from it; transfers are in time."""
    first = transfers.unique("destination", keep="first", maintain_order=True)
    last = transfers.unique("source", keep="last", maintain_order=True)
    return pl.concat([first, last]).unique(maintain_order=True)


def _clustered(season: Season, least: int) -> pl.Series:
    owners, transfers = season.owners["owner_id"], season.transfers
    everything = without_entities(transfers, owners)
    special = funders_and_sweeps(transfers).join(
        everything.select("transfer_id"), on="transfer_id", how="semi", maintain_order="left"
    )
    parts = (
        components(everything, strong=True),
        *(broken_down(graph) for graph in (everything, special)),
    )
    return pl.concat([large_enough(parted, owners, least)["node"] for parted in parts]).unique()
