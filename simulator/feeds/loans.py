"""Loans: what a member lends or borrows, stated at the start, every midnight, and at the end."""

import numpy as np
import polars as pl

from simulator.feeds.week import Week
from simulator.season import DAY, HOUR, USD

ASSETS = ("USDC", "SOL", "BTC")


def loan_rows(week: Week) -> pl.DataFrame:
    """Return a week's statements of loans: ts, row, kind, asset, amount_usd.

    Between a twentieth and a half of the capital is lent or borrowed.
    """
    plan, span = week.trading.plan, week.span
    draws, count = week.season_draws("loans"), len(week.people)
    people = week.people.with_columns(
        (pl.col("starts") + pl.Series(draws.whole(HOUR, 10 * DAY, count))).alias("begin"),
        pl.Series("lasts", draws.whole(6 * HOUR, 20 * DAY, count)),
        pl.Series("asset", ASSETS).gather(draws.whole(0, len(ASSETS), count)),
        (pl.col("capital") // pl.Series(draws.whole(2, 20, count)) // USD * USD).alias("amount"),
    ).with_row_index("row")
    loans = people.filter(
        pl.col("lends").is_not_null() & (pl.col("begin") < span.end)
    ).with_columns(pl.min_horizontal(pl.col("begin") + pl.col("lasts"), plan.end).alias("finish"))
    midnights = pl.DataFrame({"midnight": span.start + np.arange(span.days) * DAY})
    nightly = loans.join(midnights, how="cross").filter(
        (pl.col("midnight") > pl.col("begin")) & (pl.col("midnight") < pl.col("finish"))
    )
    stated = [
        loans.with_columns(ts="begin"),
        nightly.with_columns(ts="midnight").drop("midnight"),
        loans.with_columns(pl.lit(0, pl.Int64).alias("amount"), ts="finish"),
    ]
    rows = pl.concat(stated).filter(span.covers("ts"))
    return rows.select(
        "ts",
        pl.col("row").cast(pl.Int64),
        pl.col("lends").alias("kind"),
        "asset",
        pl.col("amount").alias("amount_usd"),
    )
