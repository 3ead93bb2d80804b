"""Loans: what a member lends or borrows, where it changes, every midnight, and at the end.

Who loops borrows against what is lent and lends that again: `loop` is a program's work and the same
for all, `loop_by_hand` is done in one's own turns, ratios and time.
"""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Ints
from simulator.feeds.week import Week
from simulator.season import DAY, HOUR, MINUTE, USD

ASSETS: Final = ("USDC", "SOL", "BTC")
LOOPS: Final = ("loop", "loop_by_hand")
SIDES: Final = ("lent", "borrowed")
MOST_TURNS: Final = 6
PROGRAM_TURNS: Final = 4
PROGRAM_GAP: Final = 10 * MINUTE  # from one turn to the next
PROGRAM_RATIO: Final = 70  # percent of what a turn lends that is borrowed against it


def loan_rows(week: Week) -> pl.DataFrame:
    """Return a week's statements of loans: ts, row, kind, asset, amount_usd.

    Between a twentieth and a half of the capital is lent or borrowed; nearly all of it is put into
    a program's loop, and any part of it into one that is made by hand.
    """
    span = week.span
    turns = _turns(week, _loans(week).filter(pl.col("begin") < span.end))
    turns = turns.with_columns((pl.col("begin") + pl.col("after")).alias("ts"))
    turns = turns.filter(pl.col("ts") < pl.col("finish"))
    final = turns.sort("row", "kind", "ts").unique(["row", "kind"], keep="last")
    midnights = pl.DataFrame({"midnight": span.start + np.arange(span.days) * DAY})
    nightly = final.join(midnights, how="cross").filter(
        (pl.col("midnight") > pl.col("ts")) & (pl.col("midnight") < pl.col("finish"))
    )
    stated = [
        turns,
        nightly.with_columns(ts="midnight"),
        final.with_columns(pl.lit(0, pl.Int64).alias("amount_usd"), ts="finish"),
    ]
    rows = pl.concat([part.select("ts", "row", "kind", "asset", "amount_usd") for part in stated])
    return rows.filter(span.covers("ts"))


def _loans(week: Week) -> pl.DataFrame:
    """Draw the loan of everybody who has one: row, lends, asset, amount, begin, finish."""
    draws, count = week.season_draws("loans"), len(week.people)
    parts = pl.col("capital") // pl.Series(draws.whole(2, 20, count))
    begins, lasts = draws.whole(HOUR, 10 * DAY, count), draws.whole(6 * HOUR, 20 * DAY, count)
    asset = pl.Series(ASSETS).gather(draws.whole(0, len(ASSETS), count))
    any_part = pl.col("capital") * pl.Series(draws.whole(20, 96, count)) // 100
    amount = (
        pl.when(pl.col("lends") == "loop")
        .then(pl.col("capital") * 9 // 10)
        .when(pl.col("lends") == "loop_by_hand")
        .then(any_part)
        .otherwise(parts)
    )
    people = week.people.with_columns(
        (pl.col("starts") + pl.Series(begins)).alias("begin"),
        asset.alias("asset"),
        (amount // USD * USD).alias("amount"),
        pl.Series("lasts", lasts),
    ).with_row_index("row")
    finish = pl.min_horizontal(pl.col("begin") + pl.col("lasts"), week.trading.plan.end)
    return people.filter(pl.col("lends").is_not_null()).select(
        pl.col("row").cast(pl.Int64), "lends", "asset", "amount", "begin", finish.alias("finish")
    )


def _turns(week: Week, loans: pl.DataFrame) -> pl.DataFrame:
    """Add kind, after (from the beginning) and amount_usd: one row a side and turn of each loan."""
    once = loans.filter(~pl.col("lends").is_in(list(LOOPS))).select(
        pl.all(), kind="lends", after=pl.lit(0, pl.Int64), amount_usd="amount"
    )
    loops = loans.filter(pl.col("lends").is_in(list(LOOPS)))
    row, by_hand = loops["row"].to_numpy(), (loops["lends"] == "loop_by_hand").to_numpy()
    count, gap, ratio = _by_hand(week)
    count = np.where(by_hand, count[row], PROGRAM_TURNS)
    gap = np.where(by_hand[:, None], gap[row], PROGRAM_GAP)
    ratio = np.where(by_hand[:, None], ratio[row], PROGRAM_RATIO)
    after = np.cumsum(gap, axis=1) - gap[:, :1]
    puts = np.repeat(loops["amount"].to_numpy()[:, None], MOST_TURNS, axis=1)
    for last in range(MOST_TURNS - 1):
        puts[:, last + 1] = puts[:, last] * ratio[:, last] // 100
    place, turn = np.nonzero(np.arange(MOST_TURNS) < count[:, None])
    sides = dict(zip(SIDES, (puts, puts * ratio // 100), strict=True))
    made = [
        loops[place].select(
            pl.all(),
            pl.lit(kind).alias("kind"),
            pl.Series("after", after[place, turn]),
            pl.Series("amount_usd", np.cumsum(amounts, axis=1)[place, turn]),
        )
        for kind, amounts in sides.items()
    ]
    return pl.concat([once, *made])


def _by_hand(week: Week) -> tuple[Ints, Ints, Ints]:
    """Draw for everybody the number of turns; and gaps and ratios, a column a turn."""
    draws, count = week.season_draws("loops by hand"), len(week.people)
    shape = (count, MOST_TURNS)
    turns = draws.whole(1, MOST_TURNS + 1, count)
    gaps = (5 * MINUTE * draws.heavier(count * MOST_TURNS, 600.0)).astype(np.int64)
    usual = draws.whole(30, 76, count)[:, None]
    return turns, gaps.reshape(shape), usual + draws.whole(0, 10, count * MOST_TURNS).reshape(shape)
