"""The innocent: people who share something, as honest people do, and those who share nothing.

Each pattern carries a signal that a farm carries too. What tells them apart is the rest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern, Patterns
from simulator.population import Site, individuals, per_group, shared, shared_homes
from simulator.season import DAY, HOUR, USD


@dataclass(frozen=True)
class Alone:
    """People who share nothing but hubs."""


@dataclass(frozen=True)
class Sized:
    """Groups of `fewest` to `most`."""

    fewest: int
    most: int


@dataclass(frozen=True)
class Households:
    """Families behind one router."""

    fewest: int = 2
    most: int = 5
    tablet_bps: int = 4_000  # of families have a tablet that all use
    purse_bps: int = 2_000  # of families withdraw to one address


@dataclass(frozen=True)
class Offices:
    """Colleagues or students behind one to three addresses."""

    fewest: int = 20
    most: int = 150
    accounts_per_address: int = 60


@dataclass(frozen=True)
class Crowd:
    """Strangers who follow one offer of an exchange on one day, all with the same sum."""

    fewest: int = 20
    most: int = 120
    deposit: int = 500 * USD


@dataclass(frozen=True)
class Audience:
    """An influencer's followers; half of them do the least that the offer asks for."""

    fewest: int = 15
    most: int = 150
    least_pace: int = 300


def honest(draws: Draws, site: Site, count: int, _: Alone) -> pl.DataFrame:
    """Draw people who share nothing but hubs."""
    members = individuals(draws, site, np.ones(count, dtype=np.int64))
    return members.with_columns(level=pl.lit(""))


def households(draws: Draws, site: Site, count: int, home: Households) -> pl.DataFrame:
    """Draw families on one address, some with a tablet or a purse in common."""
    members = individuals(draws, site, draws.group_sizes(count, home.fewest, home.most))
    groups = members["group"].n_unique()
    tablet = per_group(members, draws.chance(home.tablet_bps, groups).astype(np.int64)) == 1
    purse = per_group(members, draws.chance(home.purse_bps, groups).astype(np.int64)) == 1
    return members.with_columns(
        shared_homes(draws, members, count).alias("ip"),
        pl.when(tablet)
        .then(shared(draws, members, count, "dev-"))
        .otherwise("other_device")
        .alias("other_device"),
        pl.when(purse).then(shared(draws, members, count, "0x")).otherwise("sink").alias("sink"),
        level=pl.lit(""),
    )


def offices(draws: Draws, site: Site, count: int, office: Offices) -> pl.DataFrame:
    """Draw offices and universities."""
    members = individuals(draws, site, draws.group_sizes(count, office.fewest, office.most))
    return members.with_columns(
        shared_homes(draws, members, office.accounts_per_address).alias("ip"), level=pl.lit("")
    )


def mobile_users(draws: Draws, site: Site, count: int, _: Alone) -> pl.DataFrame:
    """Draw people who come from the address of their carrier alone."""
    members = individuals(draws, site, np.ones(count, dtype=np.int64))
    exits = site.exits[draws.whole(0, len(site.exits), count)]
    return members.with_columns(pl.Series("ip", exits.tolist(), pl.String), level=pl.lit(""))


def promo_crowds(draws: Draws, site: Site, count: int, crowd: Crowd) -> pl.DataFrame:
    """Draw crowds funded by one exchange's hot wallet on one day with one sum."""
    members = individuals(draws, site, draws.group_sizes(count, crowd.fewest, crowd.most))
    groups = members["group"].n_unique()
    wallet = draws.whole(0, len(site.hot_wallets), groups)[members["group"].to_numpy()]
    day = site.plan.start + draws.whole(0, max(1, site.plan.days // 2), groups) * DAY
    return members.with_columns(
        pl.Series("funder", site.hot_wallets[wallet].tolist(), pl.String),
        (per_group(members, day) + draws.whole(8 * HOUR, 20 * HOUR, count)).alias("opened"),
        seeder=pl.lit(None, pl.String),
        capital=pl.lit(crowd.deposit, pl.Int64),
        level=pl.lit(""),
    )


def customers(draws: Draws, site: Site, count: int, merchant: Sized) -> pl.DataFrame:
    """Draw a peer-to-peer merchant (seat 0) and those whose deposits come from its wallet."""
    members = individuals(draws, site, draws.group_sizes(count, merchant.fewest, merchant.most))
    return members.with_columns(
        shared(draws, members, count, "0x").alias("funder"),
        pl.when(pl.col("seat") == 0).then(30).otherwise(1).mul(pl.col("capital")).alias("capital"),
        seeder=pl.lit(None, pl.String),
        level=pl.lit(""),
    )


def copy_traders(draws: Draws, site: Site, count: int, group: Sized) -> pl.DataFrame:
    """Draw a leader (seat 0) and followers who trade the same seconds later."""
    members = individuals(draws, site, draws.group_sizes(count, group.fewest, group.most))
    leads = pl.col("seat") == 0
    return members.with_columns(
        pl.when(leads).then(pl.lit("lead")).otherwise(pl.lit("copy")).alias("style"),
        pl.when(leads).then(4_000).otherwise("pace").alias("pace"),
        level=pl.lit(""),
    )


def audiences(draws: Draws, site: Site, count: int, fans: Audience) -> pl.DataFrame:
    """Draw an influencer (seat 0) and the audience that signs up within two days."""
    members = individuals(draws, site, draws.group_sizes(count, fans.fewest, fans.most))
    post = draws.whole(0, site.plan.days * DAY // 2, members["group"].n_unique())
    lazy = pl.Series(draws.chance(5_000, count))
    fan = pl.col("seat") > 0
    return members.with_columns(
        (per_group(members, site.plan.start + post) + draws.whole(0, 2 * DAY, count)).alias(
            "opened"
        ),
        pl.when(fan).then(0).alias("referrer"),
        pl.when(fan & lazy).then(fans.least_pace).otherwise("pace").alias("pace"),
        level=pl.lit(""),
    )


def desks(draws: Draws, site: Site, count: int, desk: Sized) -> pl.DataFrame:
    """Draw trading desks: declared sub-accounts of one owner, one machine room."""
    members = individuals(draws, site, draws.group_sizes(count, desk.fewest, desk.most))
    return members.with_columns(
        shared_homes(draws, members, count).alias("ip"),
        shared(draws, members, 3, "dev-").alias("device"),
        shared(draws, members, count, "0x").alias("funder"),
        shared(draws, members, count, "0x").alias("sink"),
        operator=pl.lit(0, pl.Int64),
        main=pl.lit(0, pl.Int64),
        kyc_level=pl.lit(2, pl.Int64),
        kind=pl.lit("institution"),
        level=pl.lit(""),
    )


def market_makers(draws: Draws, site: Site, count: int, firm: Sized) -> pl.DataFrame:
    """Draw market makers: declared groups of sub-accounts, on nearly every trade's other side."""
    members = desks(draws, site, count, firm)
    return members.with_columns(
        pl.format("mm-{}", pl.col("group") + 1).alias("declared_group"),
        kind=pl.lit("market_maker"),
        opened=pl.lit(site.plan.start - 200 * DAY),
        capital=pl.lit(5_000_000 * USD),
        style=pl.lit("quiet"),
    )


def house_accounts(draws: Draws, site: Site, count: int, _: Alone) -> pl.DataFrame:
    """Draw the exchange's own accounts (insurance fund, liquidations)."""
    members = individuals(draws, site, np.ones(count, dtype=np.int64))
    return members.with_columns(
        kind=pl.lit("system"),
        opened=pl.lit(site.plan.start - 300 * DAY),
        style=pl.lit("quiet"),
        level=pl.lit(""),
    )


LOOKALIKES: Final[Patterns] = (
    Pattern("household", 400, households, Households()),
    Pattern("office", 300, offices, Offices()),
    Pattern("mobile", 500, mobile_users, Alone()),
    Pattern("promo_crowd", 400, promo_crowds, Crowd()),
    Pattern("merchant", 300, customers, Sized(60, 600)),
    Pattern("copy_traders", 200, copy_traders, Sized(8, 60)),
    Pattern("audience", 300, audiences, Audience()),
    Pattern("desk", 60, desks, Sized(2, 5)),
    Pattern("market_maker", 4, market_makers, Sized(4, 6), at_least=8),
    Pattern("system", 0, house_accounts, Alone(), at_least=2),
)
HONEST: Final = Pattern("honest", 10_000, honest, Alone())
