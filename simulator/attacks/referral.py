"""A6: referral farms."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import DAY, USD


@dataclass(frozen=True)
class ReferralFarm(Attack):
    """A parent (seat 0) and the invited, who do the minimum and withdraw within days."""

    name: ClassVar[str] = "A6"
    share_bps: ClassVar[int] = 150
    levels: ClassVar[tuple[str, ...]] = ("six accounts a device and a sink",)

    fewest: int = 8
    most: int = 80
    accounts_per_device: int = 6

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Invite oneself."""
        invited = pl.col("seat") > 0
        return members.with_columns(
            *burst(draws, site, members, 8 * DAY),
            shared(draws, members, self.accounts_per_device, "dev-").alias("device"),
            shared(draws, members, self.accounts_per_device, "0x").alias("sink"),
            pl.when(invited).then(0).alias("referrer"),
            pl.when(invited).then(400).otherwise("pace").alias("pace"),
            pl.when(invited).then(120 * USD).otherwise("capital").alias("capital"),
            style=pl.lit("wander"),
        )
