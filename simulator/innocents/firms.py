"""Those who say openly that their accounts belong together, and the exchange itself."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, per_group, shared, shared_homes
from simulator.season import DAY, SECOND, USD


@dataclass(frozen=True)
class Desk(Pattern):
    """A trading desk: declared sub-accounts of one owner in one machine room.

    Farm signals they share: all of them, one host, funder and sink, and half of the desks have
    one account hedge the others. What they share is declared, so it is one owner.
    """

    name: ClassVar[str] = "desk"
    share_bps: ClassVar[int] = 60

    fewest: int = 2
    most: int = 5
    hedges_bps: int = 5_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Declare what is shared."""
        del site
        hedges = draws.chance(self.hedges_bps, members["group"].n_unique()).astype(np.int64)
        hedged = per_group(members, hedges) == 1
        return _declared(draws, members).with_columns(
            (8 * pl.col("size")).alias("size"),
            (8 * pl.col("capital")).alias("capital"),
            pl.when(hedged).then(pl.lit("hedge")).otherwise("style").alias("style"),
            kind=pl.lit("institution"),
            jitter=pl.lit(5 * SECOND),
        )


@dataclass(frozen=True)
class Fund(Pattern):
    """A manager who trades the accounts of clients in blocks, under a declared group.

    Farm signals they share: one host, the same trades within seconds in and out, one operator.
    Every account has an owner of its own, who brought the money and gets it back.
    """

    name: ClassVar[str] = "fund"
    share_bps: ClassVar[int] = 60

    fewest: int = 3
    most: int = 12

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade for others, and declare it."""
        count = len(members)
        orders = draws.whole(800, 3_000, members["group"].n_unique())
        size = (300 * USD * draws.heavier(count, 50.0)).astype(np.int64)
        return members.with_columns(
            shared_homes(draws, members, count).alias("ip"),
            shared(draws, members, count, "dev-").alias("device"),
            pl.format("fund-{}", pl.col("group") + 1).alias("declared_group"),
            pl.Series("pace", orders[members["group"].to_numpy()]),
            pl.Series("size", size),
            pl.Series("capital", size * draws.whole(10, 40, count)),
            operator=pl.lit(0, pl.Int64),
            kind=pl.lit("institution"),
            kyc_level=pl.lit(2, pl.Int64),
            other_device=pl.lit(None, pl.String),
            other_ip=pl.lit(None, pl.String),
            stops=pl.lit(site.plan.end),
            style=pl.lit("block"),
        )


@dataclass(frozen=True)
class MarketMaker(Pattern):
    """A market maker: a declared group of sub-accounts, on nearly every trade's other side.

    Farm signals they share: one host, funder and sink, and every taker as a counterparty.
    """

    name: ClassVar[str] = "market_maker"
    share_bps: ClassVar[int] = 50
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
            leaves_after=pl.lit(None, pl.Int64),
            lends=pl.lit(None, pl.String),
        )


@dataclass(frozen=True)
class HouseAccount(Pattern):
    """The exchange's own accounts (insurance fund, liquidations); nobody's look-alike."""

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
