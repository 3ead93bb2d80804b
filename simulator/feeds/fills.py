"""Fills: what was traded, and now and then at a wrong price that is busted."""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Ints, RowDraws
from simulator.feeds.week import Week
from simulator.markets import MARKETS, column
from simulator.positions import stable_order
from simulator.season import HOUR, MINUTE

TIMES_WRONG: Final = 3
SIDES: Final = ("sell", "buy")


def fill_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the fills files, busted fills and their busts among them.

    Amounts are micro-USD, price and quantity 10^-8 units.
    """
    names = week.people["account_id"]
    rows = _with_mistakes(week)
    market = rows["market"].to_numpy()
    rows = rows.with_columns(week.numbered("F", "fill_id"))
    return rows.select(
        "ts",
        pl.Series("market", [item.name for item in MARKETS]).gather(market),
        pl.Series("product", [item.product for item in MARKETS]).gather(market),
        names.gather(rows["maker"]).alias("maker_id"),
        names.gather(rows["taker"]).alias("taker_id"),
        pl.Series("taker_side", SIDES).gather((rows["side"] + 1) // 2),
        (pl.col("ticks") * pl.Series(column("tick")[market]) * 100).alias("price"),
        (pl.col("lots") * pl.Series(column("lot")[market])).alias("quantity"),
        pl.col("notional").alias("notional_usd"),
        pl.col("maker_fee").alias("maker_fee_usd"),
        pl.col("taker_fee").alias("taker_fee_usd"),
        pl.col("referral_paid").alias("referral_paid_usd"),
        "realised_pnl_maker_usd",
        "realised_pnl_taker_usd",
        "wrong",
        "bust",
        "fill_id",
        rows["fill_id"].gather(_cancelled(rows)).alias("busts"),
    )


def _with_mistakes(week: Week) -> pl.DataFrame:
    """Return the tape's fills with those at a wrong price and their busts, in the order of time."""
    realised = week.tape.book.realised
    fills = week.tape.fills.with_columns(
        pl.Series("realised_pnl_maker_usd", realised[0::2]),
        pl.Series("realised_pnl_taker_usd", realised[1::2]),
        pl.lit(None, pl.Int64).alias("wrong"),
        pl.lit(value=False).alias("bust"),
    )
    rows = pl.concat([fills, *_mistakes(week, fills)])
    return rows[stable_order(rows["ts"].to_numpy() - week.span.start)]


def _mistakes(week: Week, fills: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Draw fills at three times the price of a real one, and the busts that cancel them.

    They touch no position, for they did not stand.
    """
    ends, keys = week.span.end, (fills[name].to_numpy() for name in ("ts", "taker", "ticks"))
    chance = RowDraws(week.trading.plan.seed, "busts", *keys).whole(0, 1_000_000, len(fills))
    least = max(week.trading.venue.busts_in_million, int(chance.min(initial=1_000_000)) + 1)
    picked = fills.filter(pl.Series(chance < least))
    draws, count = week.draws("busts"), len(picked)
    wrong = picked.with_columns(
        pl.col("ticks", "notional", "maker_fee", "taker_fee", "referral_paid") * TIMES_WRONG,
        pl.lit(None, pl.Int64).alias("realised_pnl_maker_usd"),
        pl.lit(None, pl.Int64).alias("realised_pnl_taker_usd"),
        pl.Series("ts", picked["ts"].to_numpy() + draws.whole(1, MINUTE, count)),
        pl.Series("wrong", np.arange(count)),
    )
    found = np.minimum(wrong["ts"].to_numpy() + draws.whole(MINUTE, 2 * HOUR, count), ends - 1)
    bust = wrong.with_columns(pl.Series("ts", found), pl.lit(value=True).alias("bust"))
    return tuple(part.filter(wrong["ts"] < ends - 1) for part in (wrong, bust))


def _cancelled(rows: pl.DataFrame) -> pl.Series:
    """Return for each bust the position of the fill that it cancels, and null for others."""
    numbered = rows.select("wrong", "bust").with_row_index("place").drop_nulls("wrong")
    fill, bust = numbered.filter(~pl.col("bust")), numbered.filter("bust")
    cancels = bust.select("wrong", at="place").join(fill, on="wrong", maintain_order="left")
    places: Ints = np.full(len(rows), -1, dtype=np.int64)
    places[cancels["at"].to_numpy()] = cancels["place"].to_numpy()
    return pl.Series(places).replace(-1, None)
