"""Accounts: each one's first version, and what changes later."""

import numpy as np
import polars as pl

from simulator.feeds.week import Week

CHANGES_BPS = 300
MOVES_BPS = 3_000  # of those that change
COLUMNS = "account_id opened_at changed_at owner_id kind country kyc_level declared_group"


def account_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the accounts files.

    Who was there before the season is stated anew at its opening, so that the first file holds
    everybody. A few then rise a KYC level or move; who changes hands may change country.
    """
    plan, people = week.trading.plan, week.people
    first = people.with_columns(
        opened_at="opened", changed_at=pl.max_horizontal("opened", pl.lit(plan.start))
    )
    draws = week.season_draws("account changes")
    count = len(people)
    changes = draws.chance(CHANGES_BPS, count)
    after = draws.whole(1, plan.end - plan.start, count)
    when = np.minimum(first["changed_at"].to_numpy() + after, plan.end - 1)
    moves = pl.Series(draws.chance(MOVES_BPS, count))
    later = first.with_columns(
        pl.Series("changed_at", when),
        pl.min_horizontal(pl.col("kyc_level") + 1, pl.lit(2)).alias("kyc_level"),
        pl.when(moves).then(pl.lit("PT")).otherwise("country").alias("country"),
    ).filter(pl.Series(changes) & (people["kind"] == "retail"))
    switched = first.filter(
        pl.col("next_country").is_not_null() & (pl.col("switch_at") > pl.col("changed_at"))
    ).with_columns(changed_at="switch_at", country="next_country")
    rows = pl.concat([first, later, switched]).select(COLUMNS.split())
    rows = rows.filter(week.span.covers("changed_at"))
    rows = rows.unique(["account_id", "changed_at"], keep="first", maintain_order=True)
    return rows.sort("changed_at", "account_id")
