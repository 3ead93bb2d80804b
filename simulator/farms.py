"""Farms: many accounts of one operator. What they share is what a detector can find.

The ids follow the threat model: A1 naive, A2 antidetect browsers, A3 funding chains and stars,
A4 delta-neutral pairs, A5 wash rings, A6 referral farms, A9 undeclared sub-accounts. L1 is easy,
L2 is harder. Sizes are heavy-tailed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.patterns import Pattern, Patterns
from simulator.population import Site, individuals, per_group, shared, shared_homes
from simulator.season import DAY, HOUR, MINUTE, SECOND, USD


@dataclass(frozen=True)
class Naive:
    """A1: few devices, one address block, one funder, one sink, the same minute."""

    fewest: int = 5
    most: int = 200
    accounts_per_device: int = 8
    jitter: int = MINUTE


@dataclass(frozen=True)
class Antidetect:
    """A2: a profile and a residential proxy each, funded by an exchange, a script of tasks."""

    fewest: int = 5
    most: int = 120
    common_sink_bps: int = 8_000
    collision_bps: int = 1_000  # profiles that come from a cheap pool of fingerprints
    jitter: int = 6 * HOUR


@dataclass(frozen=True)
class Funded:
    """A3: nothing shared at the exchange, but wallets filled by a star (L1) or a chain (L2)."""

    fewest: int = 4
    most: int = 60


@dataclass(frozen=True)
class Hedged:
    """A4: one account long, the others short, closed together after a quarter of an hour."""

    fewest: int = 2
    most: int = 5
    jitters: tuple[int, int] = (3 * SECOND, 90 * SECOND)  # L1, L2


@dataclass(frozen=True)
class Rings:
    """A5: members trade with each other in a circle on thin markets."""

    fewest: int = 2
    most: int = 6
    common_sink_bps: int = 5_000


@dataclass(frozen=True)
class Referred:
    """A6: a parent and the invited, who do the minimum and withdraw within days."""

    fewest: int = 8
    most: int = 80
    accounts_per_device: int = 6


@dataclass(frozen=True)
class Undeclared:
    """A9: one trader whose orders are spread over accounts at one host."""

    fewest: int = 3
    most: int = 10
    jitter: int = 20 * SECOND


def naive_farms(draws: Draws, site: Site, count: int, farm: Naive) -> pl.DataFrame:
    """Draw farms of pattern A1."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    return members.with_columns(
        _burst(draws, site, members, 2 * HOUR),
        shared(draws, members, farm.accounts_per_device, "dev-").alias("device"),
        _block_of_addresses(draws, members),
        shared(draws, members, count, "0x").alias("funder"),
        shared(draws, members, count, "0x").alias("sink"),
        seeder=pl.lit(None, pl.String),
        other_device=pl.lit(None, pl.String),
        other_ip=pl.lit(None, pl.String),
        style=pl.lit("script"),
        jitter=pl.lit(farm.jitter),
        level=pl.lit("L1"),
    )


def antidetect_farms(draws: Draws, site: Site, count: int, farm: Antidetect) -> pl.DataFrame:
    """Draw farms of pattern A2: L1 with one sink for most, L2 with one for each three."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    hot = site.hot_wallets[draws.whole(0, len(site.hot_wallets), count)]
    pool = draws.tokens(max(4, count // 20), "dev-")
    collides = pl.Series(draws.chance(farm.collision_bps, count))
    stays = pl.Series(draws.chance(farm.common_sink_bps, count))
    whole, threes = shared(draws, members, count, "0x"), shared(draws, members, 3, "0x")
    hard = members["group"] % 2 == 1
    return members.with_columns(
        _burst(draws, site, members, 10 * DAY),
        pl.when(collides)
        .then(pl.Series(pool[draws.whole(0, len(pool), count)].tolist(), dtype=pl.String))
        .otherwise("device")
        .alias("device"),
        pl.Series("funder", hot.tolist(), pl.String),
        pl.when(hard).then(threes).when(stays).then(whole).otherwise("sink").alias("sink"),
        pl.when(hard).then(pl.lit("L2")).otherwise(pl.lit("L1")).alias("level"),
        seeder=pl.lit(None, pl.String),
        style=pl.lit("script"),
        jitter=pl.lit(farm.jitter),
    )


def funded_farms(draws: Draws, site: Site, count: int, farm: Funded) -> pl.DataFrame:
    """Draw farms of pattern A3: L1 filled from one wallet, L2 each from the one before."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    wallets = pl.Series(draws.tokens(count, "0x", 40).tolist(), dtype=pl.String)
    centre = shared(draws, members, count, "0x")
    chain = members["group"] % 2 == 1
    return members.with_columns(
        _burst(draws, site, members, 5 * DAY),
        wallets.alias("funder"),
        pl.when(chain & (members["seat"] > 0))
        .then(wallets.shift(1))
        .otherwise(centre)
        .alias("seeder"),
        pl.when(chain).then(pl.lit("L2")).otherwise(pl.lit("L1")).alias("level"),
    )


def hedged_pairs(draws: Draws, site: Site, count: int, farm: Hedged) -> pl.DataFrame:
    """Draw groups of pattern A4: L1 in step, L2 a minute or two apart."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    easy, hard = (pl.lit(jitter) for jitter in farm.jitters)
    loose = members["group"] % 2 == 1
    return members.with_columns(
        pl.when(loose).then(hard).otherwise(easy).alias("jitter"),
        pl.when(loose).then(pl.lit("L2")).otherwise(pl.lit("L1")).alias("level"),
        style=pl.lit("hedge"),
    )


def wash_rings(draws: Draws, site: Site, count: int, farm: Rings) -> pl.DataFrame:
    """Draw groups of pattern A5."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    groups = members["group"].n_unique()
    together = per_group(members, draws.chance(farm.common_sink_bps, groups).astype(np.int64)) == 1
    return members.with_columns(
        pl.when(together).then(shared(draws, members, count, "0x")).otherwise("sink").alias("sink"),
        style=pl.lit("ring"),
        level=pl.lit("L1"),
    )


def referral_farms(draws: Draws, site: Site, count: int, farm: Referred) -> pl.DataFrame:
    """Draw farms of pattern A6: the parent has seat 0."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    invited = pl.col("seat") > 0
    return members.with_columns(
        _burst(draws, site, members, 8 * DAY),
        shared(draws, members, farm.accounts_per_device, "dev-").alias("device"),
        shared(draws, members, farm.accounts_per_device, "0x").alias("sink"),
        pl.when(invited).then(0).alias("referrer"),
        pl.when(invited).then(400).otherwise("pace").alias("pace"),
        pl.when(invited).then(120 * USD).otherwise("capital").alias("capital"),
        style=pl.lit("wander"),
        level=pl.lit("L1"),
    )


def undeclared_subs(draws: Draws, site: Site, count: int, farm: Undeclared) -> pl.DataFrame:
    """Draw groups of pattern A9."""
    members = _operated(draws, site, draws.group_sizes(count, farm.fewest, farm.most))
    return members.with_columns(
        shared(draws, members, 2, "dev-").alias("device"),
        shared_homes(draws, members, count).alias("ip"),
        other_ip=pl.lit(None, pl.String),
        style=pl.lit("script"),
        jitter=pl.lit(farm.jitter),
        level=pl.lit("L1"),
    )


def _operated(draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
    """Individuals of one operator a group: alike in size, pace and papers, within a fifth."""
    members = individuals(draws, site, sizes)
    groups, count = len(sizes), len(members)
    size = (60 * USD * draws.heavy(groups, 20.0)).astype(np.int64)
    pace = (2_500 * draws.heavy(groups, 4.0)).astype(np.int64)
    spread = draws.whole(900, 1_100, count)
    return members.with_columns(
        (per_group(members, size) * spread // 1_000).alias("size"),
        (per_group(members, size) * spread // 100).alias("capital"),
        per_group(members, pace).alias("pace"),
        operator=pl.lit(0, pl.Int64),
        farm=True,
        kyc_level=pl.lit(1, pl.Int64),
    )


def _burst(draws: Draws, site: Site, members: pl.DataFrame, width: int) -> pl.Series:
    """Sign-ups of a group within `width` microseconds, in the first half of the season."""
    groups = members["group"].n_unique()
    first = site.plan.start - 2 * DAY + draws.whole(0, site.plan.days * DAY // 2, groups)
    return (per_group(members, first) + draws.whole(0, width, len(members))).alias("opened")


def _block_of_addresses(draws: Draws, members: pl.DataFrame) -> pl.Series:
    """Addresses of one /24 a group, one for each two members."""
    nets = draws.whole(0, 2**20, members["group"].n_unique())[members["group"].to_numpy()]
    seats = members["seat"].to_numpy() // 2 % 250 + 1
    names = [
        f"{240 + net % 15}.{net >> 12}.{net >> 4 & 255}.{seat}"
        for net, seat in zip(nets.tolist(), seats.tolist(), strict=True)
    ]
    return pl.Series("ip", names, pl.String)


FARMS: Final[Patterns] = (
    Pattern("A1", 200, naive_farms, Naive()),
    Pattern("A2", 200, antidetect_farms, Antidetect()),
    Pattern("A3", 150, funded_farms, Funded()),
    Pattern("A4", 150, hedged_pairs, Hedged()),
    Pattern("A5", 100, wash_rings, Rings()),
    Pattern("A6", 150, referral_farms, Referred()),
    Pattern("A9", 60, undeclared_subs, Undeclared()),
)
