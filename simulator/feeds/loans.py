"""Loans: what a member lends or borrows, where it changes, every midnight, and at the end."""

from typing import Final

import numpy as np
import polars as pl

from simulator.feeds.week import Week
from simulator.season import DAY, HOUR, MINUTE, USD

ASSETS: Final = ("USDC", "SOL", "BTC")
TURN: Final = 10 * MINUTE  # from one turn of a loop to the next
# Percent of what was put in that is lent and borrowed after each turn: seven tenths are borrowed
# against what is lent, and lent again.
TURNS: Final = {"lent": (100, 170, 219, 253), "borrowed": (70, 119, 153, 177)}
ONCE: Final = (100,)


def loan_rows(week: Week) -> pl.DataFrame:
    """Return a week's statements of loans: ts, row, kind, asset, amount_usd.

    Between a twentieth and a half of the capital is lent or borrowed; nearly all of it is put into
    a loop.
    """
    span = week.span
    loans = _sides(_loans(week).filter(pl.col("begin") < span.end))
    midnights = pl.DataFrame({"midnight": span.start + np.arange(span.days) * DAY})
    nightly = loans.join(midnights, how="cross").filter(
        (pl.col("midnight") > pl.col("turned")) & (pl.col("midnight") < pl.col("finish"))
    )
    last = pl.col("amount") * pl.col("percent").list.last() // 100
    turns = loans.with_columns(pl.int_ranges(pl.col("percent").list.len()).alias("turn"))
    turns = turns.explode("percent", "turn").with_columns(
        (pl.col("begin") + pl.col("turn") * TURN).alias("ts"),
        (pl.col("amount") * pl.col("percent") // 100).alias("stated"),
    )
    stated = [
        turns.filter(pl.col("ts") < pl.col("finish")),
        nightly.with_columns(last.alias("stated"), ts="midnight"),
        loans.with_columns(pl.lit(0, pl.Int64).alias("stated"), ts="finish"),
    ]
    rows = pl.concat([part.select("ts", "row", "kind", "asset", "stated") for part in stated])
    return rows.filter(span.covers("ts")).rename({"stated": "amount_usd"})


def _loans(week: Week) -> pl.DataFrame:
    """Draw the loan of everybody who has one: row, lends, asset, amount, begin, finish."""
    draws, count = week.season_draws("loans"), len(week.people)
    parts = pl.col("capital") // pl.Series(draws.whole(2, 20, count))
    whole = pl.col("capital") * 9 // 10
    people = week.people.with_columns(
        (pl.col("starts") + pl.Series(draws.whole(HOUR, 10 * DAY, count))).alias("begin"),
        pl.Series("lasts", draws.whole(6 * HOUR, 20 * DAY, count)),
        pl.Series("asset", ASSETS).gather(draws.whole(0, len(ASSETS), count)),
        (pl.when(pl.col("lends") == "loop").then(whole).otherwise(parts) // USD * USD).alias(
            "amount"
        ),
    ).with_row_index("row")
    finish = pl.min_horizontal(pl.col("begin") + pl.col("lasts"), week.trading.plan.end)
    return people.filter(pl.col("lends").is_not_null()).select(
        pl.col("row").cast(pl.Int64), "lends", "asset", "amount", "begin", finish.alias("finish")
    )


def _sides(loans: pl.DataFrame) -> pl.DataFrame:
    """Add kind, percent (after each turn) and turned (when the last one is done)."""
    once = loans.filter(pl.col("lends") != "loop").with_columns(
        pl.col("lends").alias("kind"), pl.lit(list(ONCE), pl.List(pl.Int64)).alias("percent")
    )
    loops = [
        loans.filter(pl.col("lends") == "loop").with_columns(
            pl.lit(kind).alias("kind"), pl.lit(list(percent), pl.List(pl.Int64)).alias("percent")
        )
        for kind, percent in TURNS.items()
    ]
    turned = pl.col("begin") + (pl.col("percent").list.len().cast(pl.Int64) - 1) * TURN
    return pl.concat([once, *loops]).with_columns(turned.alias("turned"))
