"""The rule by which groups were left out of Hop's airdrop of 2022. It needs no labels.

Source: `src/getGroups.ts` and `src/recordGroups.ts` of the repository hop-protocol/hop-airdrop.
Connected components of the graph of transfers, entities removed; a group has more than five
addresses and more than three candidates; eight candidates at least for a group to be left out.

Where this departs: entities are found by the number of owners they met and not by Hop's
hand-made list of 112,979 addresses (`graphs`). Hop's people approved each group by hand, 354 of
them, and let the largest go; here a group goes that holds more than a tenth of everybody. Reports
by the community are no rule and are left out.
"""

from typing import Final

import polars as pl

from benchmarks.peers.graphs import components, large_enough, without_entities
from benchmarks.peers.season import Season

LEAST_ADDRESSES: Final = 6
LEAST_OWNERS: Final = 8
LET_GO_SHARE: Final = 0.1


def in_groups(season: Season) -> pl.Series:
    """Return the owners in groups of at least eight."""
    owners = season.owners["owner_id"]
    parted = components(without_entities(season.transfers, owners))
    addresses = parted.filter(pl.len().over("group") >= LEAST_ADDRESSES)
    groups = large_enough(addresses, owners, LEAST_OWNERS)
    return groups.filter(pl.len().over("group") <= LET_GO_SHARE * len(owners))["node"]
