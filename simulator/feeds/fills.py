"""Fills: what was traded, and now and then at a wrong price that is busted."""

import numpy as np
import polars as pl

from simulator.feeds.week import Week
from simulator.markets import MARKETS, column
from simulator.season import HOUR, MINUTE
from simulator.tape import SIDES


def fill_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the fills files, busted fills and their busts among them.

    Amounts are micro-USD, price and quantity 10^-8 units.
    """
    people, tape = week.people, week.tape
    names = people["account_id"]
    market = tape.fills["market"].to_numpy()
    realised = tape.book.realised.reshape(-1, 2)
    rows = tape.fills.select(
        "ts",
        pl.Series("market", [item.name for item in MARKETS]).gather(market),
        pl.Series("product", [item.product for item in MARKETS]).gather(market),
        names.gather(tape.fills["maker"]).alias("maker_id"),
        names.gather(tape.fills["taker"]).alias("taker_id"),
        pl.col("side").replace_strict(SIDES, return_dtype=pl.String).alias("taker_side"),
        (pl.col("ticks") * pl.Series(column("tick")[market]) * 100).alias("price"),
        (pl.col("lots") * pl.Series(column("lot")[market])).alias("quantity"),
        pl.col("notional").alias("notional_usd"),
        pl.col("maker_fee").alias("maker_fee_usd"),
        pl.col("taker_fee").alias("taker_fee_usd"),
        pl.col("referral_paid").alias("referral_paid_usd"),
        pl.Series("realised_pnl_maker_usd", realised[:, 0]),
        pl.Series("realised_pnl_taker_usd", realised[:, 1]),
        wrong=pl.lit(None, pl.Int64),
        bust=pl.lit(False),
    )
    return _numbered(week, pl.concat([rows, *_mistakes(week, rows)]))


def _mistakes(week: Week, rows: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Draw fills at three times the price of a real one, and the busts that cancel them.

    They touch no position, for they did not stand.
    """
    draws, ends = week.draws("busts"), week.span.end
    count = len(rows) * week.trading.venue.busts_in_million // 1_000_000
    count = min(len(rows), max(1, count))
    picked = rows[np.sort(draws.whole(0, len(rows), count))]
    pnl = [pl.lit(None, pl.Int64).alias(f"realised_pnl_{side}_usd") for side in ("maker", "taker")]
    wrong = picked.with_columns(
        pl.col("price", "notional_usd", "maker_fee_usd", "taker_fee_usd", "referral_paid_usd") * 3,
        pl.Series("ts", picked["ts"].to_numpy() + draws.whole(1, MINUTE, count)),
        *pnl,
        wrong=pl.Series(np.arange(count)),
    )
    found = np.minimum(wrong["ts"].to_numpy() + draws.whole(MINUTE, 2 * HOUR, count), ends - 1)
    bust = wrong.with_columns(pl.Series("ts", found), bust=pl.lit(True))
    return tuple(part.filter(wrong["ts"] < ends - 1) for part in (wrong, bust))


def _numbered(week: Week, rows: pl.DataFrame) -> pl.DataFrame:
    """Name the fills in the order of time and let each bust name what it cancels."""
    rows = rows.sort("ts", maintain_order=True).with_columns(week.numbered("F", "fill_id"))
    cancelled = rows.filter(pl.col("wrong").is_not_null() & ~pl.col("bust")).select(
        "wrong", bust=pl.lit(True), busts="fill_id"
    )
    return rows.join(cancelled, on=["wrong", "bust"], how="left", maintain_order="left")
