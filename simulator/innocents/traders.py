"""Honest traders who move when others move: because they heard, saw or answered the same."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, there_before
from simulator.season import USD


@dataclass(frozen=True)
class CopyTrader(Pattern):
    """A leader (seat 0) and followers whose accounts copy the leader's trades seconds later.

    Farm signals they share: the same side of the same market within seconds on both legs, and a
    leader who invited four of ten. Money, devices and homes are their own.
    """

    name: ClassVar[str] = "copy_traders"
    share_bps: ClassVar[int] = 150

    fewest: int = 8
    most: int = 80
    invited_bps: int = 4_000
    aside_bps: int = 1_500

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Lead, or copy."""
        leads = pl.col("seat") == 0
        invited = pl.Series(draws.chance(self.invited_bps, len(members)))
        return members.with_columns(
            *there_before(site, leads),
            pl.when(leads).then(pl.lit("lead")).otherwise(pl.lit("copy")).alias("style"),
            pl.when(leads).then(4_000).otherwise("pace").alias("pace"),
            pl.when(~leads & invited).then(0).alias("referrer"),
            aside_bps=pl.lit(self.aside_bps),
        )


@dataclass(frozen=True)
class SignalTrader(Pattern):
    """Subscribers of a channel that calls trades: four of ten follow a call within minutes.

    Farm signal they share: the same side of the same market soon after one another. Each gets out
    when it likes, and most of what they trade they find themselves.
    """

    name: ClassVar[str] = "signal_group"
    share_bps: ClassVar[int] = 120

    fewest: int = 10
    most: int = 120
    aside_bps: int = 4_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Listen to one channel, which calls twice or thrice a day."""
        del site
        calls = draws.whole(1_500, 3_500, members["group"].n_unique())
        return members.with_columns(
            pl.Series("pace", calls[members["group"].to_numpy()]),
            style=pl.lit("follow_signal"),
            aside_bps=pl.lit(self.aside_bps),
        )


@dataclass(frozen=True)
class Arbitrageur(Pattern):
    """Rivals who trade the gap between this exchange and another one, each against its own.

    Farm signal they share: opposite sides of one market within seconds, closed again soon after
    one another, as hedged accounts do. Which side one takes depends on the venue that it hedges
    at, so the same two are as often on one side.
    """

    name: ClassVar[str] = "arbitrageur"
    share_bps: ClassVar[int] = 60

    fewest: int = 4
    most: int = 15

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Watch the same gaps, with much money."""
        count = len(members)
        size = (150 * USD * draws.heavier(count, 50.0)).astype(np.int64)
        return members.with_columns(
            *there_before(site, pl.lit(value=True)),
            pl.Series("size", size),
            pl.Series("capital", size * draws.whole(10, 40, count)),
            style=pl.lit("arbitrage"),
            keeps_hours=False,
            pace=pl.lit(5_000),
            kyc_level=pl.lit(2),
        )


@dataclass(frozen=True)
class OppositeTrader(Pattern):
    """One who quotes a thin market nearly alone (seat 0), and one or two who trade it.

    Farm signals they share: the same two accounts are each other's counterparty again and again,
    on the markets where wash rings trade. The taker has a view, pays the spread and keeps the risk;
    the quoter answers.
    """

    name: ClassVar[str] = "thin_pair"
    share_bps: ClassVar[int] = 80

    fewest: int = 2
    most: int = 3
    aside_bps: int = 3_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Quote, or take."""
        del draws
        return members.with_columns(
            *there_before(site, pl.col("seat") == 0),
            pl.max_horizontal("pace", pl.lit(1_500)).alias("pace"),
            style=pl.lit("take_quotes"),
            aside_bps=pl.lit(self.aside_bps),
        )
