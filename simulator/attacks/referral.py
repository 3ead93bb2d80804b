"""A6: referral farms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.operators import within_days
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import DAY, USD


@dataclass(frozen=True)
class ReferralFarm(Attack):
    """A parent (seat 0) and the invited, who do the least that pays and withdraw within days.

    sybilkit looks for such trees; half of what it flags in a season are the referees of honest
    influencers, so the harder parents have a real audience too: strangers, who are no farm.
    """

    name: ClassVar[str] = "A6"
    share_bps: ClassVar[int] = 90
    levels: ClassVar[tuple[str, ...]] = (
        "six accounts a device and a sink, all within eight days, all the least",
        "a device each, two a sink; the parent has a real audience too",
        "two levels of parents, a slow drip over the season, varied sums, a sink each",
    )

    fewest: int = 6
    most: int = 80
    least_pace: int = 900
    least_capital: int = 120 * USD
    children: int = 6  # of each parent of the second level
    hurries_bps: int = 9_500  # of the invited, who withdraw as soon as they may

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Invite oneself."""
        count, invited = len(members), pl.col("seat") > 0
        width = by_level(members, 8 * DAY, 12 * DAY, site.plan.days * DAY // 3)
        deep = from_level(3) & (pl.col("seat") > self.children)
        parent = pl.when(deep).then((pl.col("seat") - 1) // self.children).otherwise(0)
        audience = pl.when(from_level(2) & ~invited).then(site.plan.accounts // 2)
        sums = by_level(members, 0, 30, 300)
        varied = 100 + (draws.unit(count) * sums).astype(np.int64)
        sixes, pairs = shared(draws, members, 6, "0x"), shared(draws, members, 2, "0x")
        return members.with_columns(
            *burst(draws, site, members, width),
            at_level(shared(draws, members, 6, "dev-"), "device").alias("device"),
            pl.when(from_level(2)).then("other_device").alias("other_device"),
            at_level(sixes, pairs, "sink").alias("sink"),
            pl.when(invited).then(parent).alias("referrer"),
            audience.otherwise("fame").alias("fame"),
            pl.when(invited).then(self.least_pace).otherwise("pace").alias("pace"),
            pl.when(invited)
            .then(self.least_capital * pl.Series(varied) // 100)
            .otherwise("capital")
            .alias("capital"),
            style=pl.lit("wander"),
        )

    def leaves(self, draws: Draws, site: Site, members: pl.DataFrame) -> Mapping[str, pl.Expr]:
        """Let the invited withdraw within days, at level 3 within weeks; parents stay."""
        hurries = pl.Series(draws.chance(self.hurries_bps, len(members))) & (members["seat"] > 0)
        return within_days(draws, site, by_level(members, 9, 9, 30), hurries)
