"""Strangers whom an offer or an influencer brought."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, opening, per_group
from simulator.season import DAY, HOUR, USD


@dataclass(frozen=True)
class PromoCrowd(Pattern):
    """Strangers who follow one offer of an exchange on one day, all with the same sum."""

    name: ClassVar[str] = "promo_crowd"
    share_bps: ClassVar[int] = 400

    fewest: int = 20
    most: int = 120
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
class Audience(Pattern):
    """An influencer (seat 0) and followers; half of them do the least that the offer asks for."""

    name: ClassVar[str] = "audience"
    share_bps: ClassVar[int] = 300

    fewest: int = 15
    most: int = 150
    least_pace: int = 300

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Sign up within two days of a post."""
        groups, count = members["group"].n_unique(), len(members)
        post = site.plan.start + draws.whole(0, site.plan.days * DAY // 2, groups)
        lazy = pl.Series(draws.chance(5_000, count))
        fan = pl.col("seat") > 0
        return members.with_columns(
            *opening(site, per_group(members, post) + draws.whole(0, 2 * DAY, count)),
            pl.when(fan).then(0).alias("referrer"),
            pl.when(fan & lazy).then(self.least_pace).otherwise("pace").alias("pace"),
        )
