"""Referrals: who brought whom, and the attempts that pay nothing."""

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.feeds.week import Week
from simulator.patterns import PLANTED_REFERRALS
from simulator.population import Site
from simulator.season import HOUR, MINUTE, SeasonPlan

UNBOUND = 1 << 62
BROUGHT_BPS = 1_500  # of those whom no group of theirs brought
ATTEMPTS_PER_THOUSAND = 4  # of each kind, per thousand referrals


def with_referrers(site: Site, people: pl.DataFrame) -> pl.DataFrame:
    """Let some be brought by an earlier account, whoever they are; those of fame bring many.

    Returns:
        `people` with more of `referrer_id` filled.
    """
    draws = Draws(site.plan.seed, "invitations")
    count = len(people)
    fame = people["fame"].to_numpy() * (people["kind"] == "retail").to_numpy()
    host = draws.weighted(fame, count)
    opened = people["opened"].to_numpy()
    free = people["referrer_id"].is_null() & (people["kind"] == "retail")
    brought = free.to_numpy() & draws.chance(BROUGHT_BPS, count) & (opened[host] < opened)
    return people.with_columns(
        pl.when(pl.Series(brought))
        .then(people["account_id"].gather(host))
        .otherwise("referrer_id")
        .alias("referrer_id")
    )


def bound(site: Site, people: pl.DataFrame, planted: pl.DataFrame) -> pl.DataFrame:
    """Add bound_at to `people`: the instant of the first link, if any, that an account followed."""
    links = planted.group_by("referee_id").agg(pl.col("ts").min().alias("followed"))
    people = people.with_columns(_both_there(site.plan, people).alias("both"))
    return (
        people.join(links, left_on="account_id", right_on="referee_id", how="left")
        .with_columns(
            pl.when(pl.col("referrer_id").is_not_null())
            .then(pl.col("both") + MINUTE)
            .otherwise(pl.col("followed").fill_null(UNBOUND))
            .alias("bound_at")
        )
        .drop("followed", "both")
        .sort("account_id")
    )


def _both_there(plan: SeasonPlan, people: pl.DataFrame) -> pl.Series:
    """Return from when on both an account and whoever brought it are there, in the season."""
    hosts = people.select(referrer_id="account_id", hosted="opened")
    both = people.join(hosts, on="referrer_id", how="left", maintain_order="left")
    return both.select(pl.max_horizontal("opened", "hosted", pl.lit(plan.start))).to_series()


def referral_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the referrals files, vain attempts among them.

    To oneself, back into a cycle, and a second time for somebody who is bound already.
    """
    plan, people = week.trading.plan, week.people
    draws = week.season_draws("referrals")
    there = people.with_columns(_both_there(plan, people).alias("both"))
    bound = there.filter(pl.col("referrer_id").is_not_null())
    ts = bound["both"].to_numpy() + draws.whole(0, MINUTE, len(bound))
    true = bound.select(
        pl.Series("ts", ts), "referrer_id", pl.col("account_id").alias("referee_id")
    )
    planted = week.planted.referrals.select(PLANTED_REFERRALS.names())
    rows = pl.concat([true, *_attempts(draws, people, true), planted])
    rows = rows.filter(week.span.covers("ts"))
    rows = rows.sort("ts", "referrer_id", "referee_id", maintain_order=True)
    return rows.with_columns(
        week.numbered("R", "referral_id"),
        ("ref-" + pl.col("referrer_id").str.slice(5)).alias("code"),
    )


def _attempts(draws: Draws, people: pl.DataFrame, true: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    if true.is_empty():
        return ()
    many = max(1, len(true) * ATTEMPTS_PER_THOUSAND // 1_000)
    later = true[draws.whole(0, len(true), 3 * many)].with_columns(
        (pl.col("ts") + pl.Series(draws.whole(HOUR, 48 * HOUR, 3 * many))).alias("ts")
    )
    itself, cycle, second = (later[start : start + many] for start in (0, many, 2 * many))
    by_age = people.sort("opened", "account_id")
    older = by_age["opened"].search_sorted(second["ts"]).to_numpy()
    rival = by_age["account_id"].gather((draws.unit(many) * older).astype(np.int64))
    return (
        itself.with_columns(referrer_id="referee_id"),
        cycle.with_columns(referrer_id="referee_id", referee_id="referrer_id"),
        second.with_columns(rival.alias("referrer_id")),
    )
