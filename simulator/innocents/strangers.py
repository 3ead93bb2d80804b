"""The honest majority."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import PLANTED_TRANSFERS, Pattern, Planted
from simulator.population import Site
from simulator.season import USD


@dataclass(frozen=True)
class Stranger(Pattern):
    """People who share nothing but hubs; whoever follows no other pattern.

    A few of them pay another one once, for a meal or a bet: funds between two accounts tie honest
    people too.
    """

    name: ClassVar[str] = "honest"
    share_bps: ClassVar[int] = 0

    payments_bps: int = 300

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Change nothing."""
        del draws, site
        return members

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Pay somebody once."""
        own = people.filter(pl.col("pattern") == self.name)
        payers = own.filter(pl.Series(draws.chance(self.payments_bps, len(own)), dtype=pl.Boolean))
        count = len(payers)
        paid = own[draws.whole(0, max(1, len(own)), count)]
        since = np.maximum(payers["starts"].to_numpy(), paid["starts"].to_numpy())
        until = np.minimum(payers["stops"].to_numpy(), paid["stops"].to_numpy())
        until = np.minimum(until, site.plan.end)
        sums = pl.DataFrame(
            {
                "ts": since + (draws.unit(count) * (until - since)).astype(np.int64),
                "source": payers["account_id"],
                "destination": paid["account_id"],
                "amount_usd": (5 * USD * draws.heavier(count, 100.0)).astype(np.int64),
                "kind": pl.repeat("internal", count, eager=True),
            }
        )
        met = pl.Series(until > since) & (sums["source"] != sums["destination"])
        return Planted(transfers=sums.filter(met).cast(PLANTED_TRANSFERS))
