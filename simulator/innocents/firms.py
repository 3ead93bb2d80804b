"""Those who say openly that their accounts belong together, and the exchange itself."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, shared, shared_homes
from simulator.season import DAY, USD


@dataclass(frozen=True)
class Desk(Pattern):
    """A trading desk: declared sub-accounts of one owner, one machine room."""

    name: ClassVar[str] = "desk"
    share_bps: ClassVar[int] = 60

    fewest: int = 2
    most: int = 5

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Declare what is shared."""
        del site
        return _declared(draws, members).with_columns(kind=pl.lit("institution"))


@dataclass(frozen=True)
class MarketMaker(Pattern):
    """A market maker: a declared group of sub-accounts, on nearly every trade's other side."""

    name: ClassVar[str] = "market_maker"
    share_bps: ClassVar[int] = 4
    at_least: ClassVar[int] = 8

    fewest: int = 4
    most: int = 6

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Quote, and declare it."""
        return _declared(draws, members).with_columns(
            pl.format("mm-{}", pl.col("group") + 1).alias("declared_group"),
            kind=pl.lit("market_maker"),
            opened=pl.lit(site.plan.start - 200 * DAY),
            starts=pl.lit(site.plan.start),
            stops=pl.lit(site.plan.end),
            capital=pl.lit(5_000_000 * USD),
            style=pl.lit("quiet"),
            lends=pl.lit(None, pl.String),
        )


@dataclass(frozen=True)
class HouseAccount(Pattern):
    """The exchange's own accounts (insurance fund, liquidations)."""

    name: ClassVar[str] = "system"
    share_bps: ClassVar[int] = 1
    at_least: ClassVar[int] = 2

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Do nothing."""
        del draws
        return members.with_columns(
            kind=pl.lit("system"),
            opened=pl.lit(site.plan.start - 300 * DAY),
            style=pl.lit("quiet"),
            lends=pl.lit(None, pl.String),
        )


def _declared(draws: Draws, members: pl.DataFrame) -> pl.DataFrame:
    count = len(members)
    return members.with_columns(
        shared_homes(draws, members, count).alias("ip"),
        shared(draws, members, 3, "dev-").alias("device"),
        shared(draws, members, count, "0x").alias("funder"),
        shared(draws, members, count, "0x").alias("sink"),
        operator=pl.lit(0, pl.Int64),
        main=pl.lit(0, pl.Int64),
        kyc_level=pl.lit(2, pl.Int64),
        shares_purse=pl.lit(value=True),
    )
