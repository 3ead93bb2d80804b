"""A13: the late surge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.operators import at_instants
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import DAY, HOUR, MINUTE


@dataclass(frozen=True)
class LateSurge(Attack):
    """Accounts that slept until just before the season ends, too late for many to look at them.

    What pays a season's last week as much as the others invites it; accounts were opened long
    before, so that tenure speaks for them.
    """

    name: ClassVar[str] = "A13"
    share_bps: ClassVar[int] = 40
    levels: ClassVar[tuple[str, ...]] = (
        "wake on one day of the last week, six accounts a device, one sink",
        "wake over the last two weeks, a device each, a sink for each three",
        "trade a little on their own all season, and surge in the last week; nothing is shared",
    )

    fewest: int = 3
    most: int = 30

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Sleep, then hurry."""
        plan, count = site.plan, len(members)
        last = plan.span(plan.weeks).start
        early = max(plan.start, last - 7 * DAY)
        spread = by_level(members, DAY, last + 4 * DAY - early, 1)
        first = by_level(members, last, early, plan.start)
        wakes = first + (draws.unit(count) * spread).astype(np.int64)
        sixes = shared(draws, members, 6, "dev-")
        whole, threes = (shared(draws, members, block, "0x") for block in (count, 3))
        all_season = from_level(3)
        return members.with_columns(
            pl.Series("opened", plan.start - draws.whole(30 * DAY, 400 * DAY, count)),
            pl.Series("starts", wakes),
            at_level(sixes, "device").alias("device"),
            at_level(whole, threes, "sink").alias("sink"),
            pl.Series("jitter", by_level(members, 5 * MINUTE, 2 * HOUR, 12 * HOUR)),
            pl.when(all_season).then(pl.lit("quiet")).otherwise(pl.lit("script")).alias("style"),
            pl.when(all_season).then(3_000).otherwise(0).alias("aside_bps"),
            pl.when(all_season).then(last).alias("switch_at"),
            pl.when(all_season).then(pl.lit("script")).alias("next_style"),
        )

    def leaves(self, draws: Draws, site: Site, members: pl.DataFrame) -> Mapping[str, pl.Expr]:
        """Withdraw from the third day of the last week on, half of them once it is over."""
        last = site.plan.span(site.plan.weeks).start
        gone = last + draws.whole(3 * DAY, 11 * DAY, len(members))
        return at_instants(draws, site, np.maximum(gone, members["starts"].to_numpy() + DAY))
