"""People behind one address: families, offices, mobile networks."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, per_group, shared, shared_homes


@dataclass(frozen=True)
class Household(Pattern):
    """A family behind one router, some with a tablet or a purse in common."""

    name: ClassVar[str] = "household"
    share_bps: ClassVar[int] = 400

    fewest: int = 2
    most: int = 5
    tablet_bps: int = 4_000  # of families have a tablet that all use
    purse_bps: int = 2_000  # of families withdraw to one address

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share a home."""
        del site
        groups, count = members["group"].n_unique(), len(members)
        tablet = per_group(members, draws.chance(self.tablet_bps, groups).astype(np.int64)) == 1
        purse = per_group(members, draws.chance(self.purse_bps, groups).astype(np.int64)) == 1
        table = shared(draws, members, count, "dev-")
        wallet = shared(draws, members, count, "0x")
        return members.with_columns(
            shared_homes(draws, members, count).alias("ip"),
            pl.when(tablet).then(table).otherwise("other_device").alias("other_device"),
            pl.when(purse).then(wallet).otherwise("sink").alias("sink"),
            shares_purse=pl.lit(value=True),
        )


@dataclass(frozen=True)
class Office(Pattern):
    """Colleagues or students behind one to three addresses."""

    name: ClassVar[str] = "office"
    share_bps: ClassVar[int] = 300

    fewest: int = 20
    most: int = 150
    accounts_per_address: int = 60

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share an address."""
        del site
        return members.with_columns(
            shared_homes(draws, members, self.accounts_per_address).alias("ip")
        )


@dataclass(frozen=True)
class MobileUser(Pattern):
    """People who come from the address of their carrier alone."""

    name: ClassVar[str] = "mobile"
    share_bps: ClassVar[int] = 500

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Be one of thousands behind an exit."""
        exits = site.exits(draws, "carrier", len(members))
        return members.with_columns(
            pl.Series("ip", exits.tolist(), pl.String), roams=pl.lit("carrier")
        )
