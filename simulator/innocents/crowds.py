"""Strangers whom a post, an offer or a guide brought, all within hours or days."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, opening, per_group, there_before
from simulator.season import DAY, HOUR, USD


@dataclass(frozen=True)
class Audience(Pattern):
    """An influencer (seat 0) and followers; half of them do the least that the offer asks for.

    Farm signals they share: dozens or hundreds of sign-ups by one invitation, most within hours;
    half with the same small sum, a few trades, and gone with the money within days.
    """

    name: ClassVar[str] = "influencer_audience"
    share_bps: ClassVar[int] = 250

    fewest: int = 90
    most: int = 500
    least_pace: int = 300
    least_deposit: int = 50 * USD

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Sign up after a post: half of them within an hour and a half, nearly all on the day."""
        groups, count = members["group"].n_unique(), len(members)
        post = site.plan.start + draws.whole(0, site.plan.days * DAY // 2, groups)
        reads = (HOUR * (draws.heavier(count, 49.0) - 1)).astype(np.int64)
        fan = pl.col("seat") > 0
        lazy = pl.Series(draws.chance(5_000, count)) & fan
        gone = pl.Series(draws.whole(2 * DAY, 9 * DAY, count))
        joined = members.with_columns(opening(site, per_group(members, post) + reads))
        return joined.with_columns(
            *there_before(site, ~fan),
            pl.when(fan).then(0).alias("referrer"),
            pl.when(lazy).then(self.least_pace).otherwise("pace").alias("pace"),
            pl.when(lazy).then(self.least_deposit).otherwise("capital").alias("capital"),
            pl.when(lazy).then(self.least_deposit // 2).otherwise("size").alias("size"),
            pl.when(lazy).then(gone).otherwise("leaves_after").alias("leaves_after"),
            pl.when(lazy).then(95).otherwise("leaves_with").alias("leaves_with"),
        )


@dataclass(frozen=True)
class PromoCrowd(Pattern):
    """Customers of another exchange who follow its offer on one day.

    Farm signals they share: the same sum from one wallet on one day. The wallet is a hub.
    """

    name: ClassVar[str] = "promo_crowd"
    share_bps: ClassVar[int] = 120

    fewest: int = 20
    most: int = 200
    deposit: int = 500 * USD

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Come on one day with one sum from one hot wallet."""
        groups, count = members["group"].n_unique(), len(members)
        wallet = draws.whole(0, len(site.hot_wallets), groups)[members["group"].to_numpy()]
        day = site.plan.start + draws.whole(0, max(1, site.plan.days // 2), groups) * DAY
        signs_up = per_group(members, day) + draws.whole(8 * HOUR, 20 * HOUR, count)
        return members.with_columns(
            *opening(site, signs_up),
            pl.Series("funder", site.hot_wallets[wallet].tolist(), pl.String),
            seeder=pl.lit(None, pl.String),
            capital=pl.lit(self.deposit, pl.Int64),
            deposits=pl.lit(1, pl.Int64),
        )


@dataclass(frozen=True)
class GuideReader(Pattern):
    """Readers of an airdrop guide, or guests of a hackathon: everybody follows the steps, once.

    Farm signals they share: the same trades in the same order, half of them in the very sizes that
    the guide names, by accounts that are days old. Afterwards they go, or trade what they like.
    """

    name: ClassVar[str] = "guide_crowd"
    share_bps: ClassVar[int] = 150

    fewest: int = 15
    most: int = 250
    named_size: int = 50 * USD
    aside_bps: int = 3_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Sign up within two weeks of the guide, most of them in its first days."""
        groups, count = members["group"].n_unique(), len(members)
        out = site.plan.start + draws.whole(0, site.plan.days * DAY // 2, groups)
        weeks = draws.unit(count) * draws.unit(count) * min(14, site.plan.days // 2)
        obeys = pl.Series(draws.chance(5_000, count))
        joined = members.with_columns(
            opening(site, per_group(members, out) + (weeks * DAY).astype(np.int64))
        )
        return joined.with_columns(
            pl.when(obeys).then(self.named_size).otherwise("size").alias("size"),
            pl.when(obeys).then(4 * self.named_size).otherwise("capital").alias("capital"),
            style=pl.lit("guide"),
            aside_bps=pl.lit(self.aside_bps),
        )
