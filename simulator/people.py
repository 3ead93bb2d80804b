"""Draws everybody: the patterns side by side, the honest majority, and names that tell nothing."""

from typing import Any, Final

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.farms import FARMS
from simulator.lookalikes import HONEST, LOOKALIKES
from simulator.patterns import Pattern, Patterns
from simulator.population import MEMBERS, Site
from simulator.season import DAY, SeasonPlan

PATTERNS: Final[Patterns] = (*FARMS, *LOOKALIKES)


def draw_people(plan: SeasonPlan) -> pl.DataFrame:
    """Draw all accounts of a season.

    Returns:
        One row an account in the order of account_id, with the columns of `MEMBERS` and
        account_id; owner_id (null where the account is its own owner); operator_id and group_id
        (hidden: the first account of the same operator, and the planted group); referrer
        as an account_id. What follows calls an account by its row number here.
    """
    site = Site.of(plan)
    parts = [_members(plan, site, pattern, pattern.count(plan.accounts)) for pattern in PATTERNS]
    rest = plan.accounts - sum(map(len, parts))
    parts.append(_members(plan, site, HONEST, rest))
    members = pl.concat(parts)
    numbers = Draws(plan.seed, "names").shuffled(len(members))
    names = pl.Series("name", numbers + 1).cast(pl.String).str.zfill(7)
    named = members.with_columns(
        (pl.lit("acct-") + names).alias("account_id"),
        pl.min_horizontal("opened", pl.lit(plan.end - DAY)).alias("opened"),
    )
    return _resolved(named).sort("account_id")


def _members(plan: SeasonPlan, site: Site, pattern: Pattern[Any], count: int) -> pl.DataFrame:
    if count == 0:
        return pl.DataFrame(schema=MEMBERS)
    draws = Draws(plan.seed, f"pattern {pattern.name}")
    members = pattern.build(draws, site, count, pattern.parameters)
    return members.with_columns(pattern=pl.lit(pattern.name)).select(MEMBERS.names()).cast(MEMBERS)


def _resolved(members: pl.DataFrame) -> pl.DataFrame:
    """Turn seats into account ids."""
    seats = members.select("pattern", "group", pl.col("seat").alias("key"), name="account_id")
    for seat, name in (
        ("main", "owner_id"),
        ("operator", "operator_id"),
        ("referrer", "referrer_id"),
    ):
        members = members.join(
            seats.rename({"key": seat, "name": name}),
            on=["pattern", "group", seat],
            how="left",
            maintain_order="left",
        )
    group = pl.format("{}-{}", "pattern", pl.col("group") + 1).alias("group_id")
    return members.with_columns(group)


def truth(people: pl.DataFrame) -> pl.DataFrame:
    """Return what nobody may see before scoring: one row an account.

    Returns:
        account_id, operator_id, group_id, pattern, level, farm.
    """
    return people.select("account_id", "operator_id", "group_id", "pattern", "level", "farm")


def account_rows(plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the accounts files: each account's first version and later changes.

    Who was there before the season is stated anew at its opening, so that the first file holds
    everybody. A few then rise a KYC level, move, or become an institution.
    """
    first = people.with_columns(
        opened_at="opened", changed_at=pl.max_horizontal("opened", pl.lit(plan.start))
    )
    draws = Draws(plan.seed, "account changes")
    count = len(people)
    changes = draws.chance(300, count)
    when = np.minimum(
        first["changed_at"].to_numpy() + draws.whole(1, plan.end - plan.start, count), plan.end - 1
    )
    moves = pl.Series(draws.chance(3_000, count))
    later = first.with_columns(
        pl.Series("changed_at", when),
        pl.min_horizontal(pl.col("kyc_level") + 1, pl.lit(2)).alias("kyc_level"),
        pl.when(moves).then(pl.lit("PT")).otherwise("country").alias("country"),
    ).filter(pl.Series(changes) & (people["kind"] == "retail"))
    columns = "account_id opened_at changed_at owner_id kind country kyc_level declared_group"
    return pl.concat([first, later]).select(columns.split()).sort("changed_at", "account_id")
