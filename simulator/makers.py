"""Who takes the other side: a market maker, or an honest trader whose order rests in the book."""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws, Ints
from simulator.markets import is_perp
from simulator.season import DAY, MINUTE
from simulator.styles.trips import ANYONE

LEGS: Final = pl.Schema(
    {
        "ts": pl.Int64,
        "market": pl.Int64,
        "maker": pl.Int64,  # row number, or ANYONE
        "taker": pl.Int64,  # row number
        "side": pl.Int64,  # 1 buys, -1 sells
        "lots": pl.Int64,
    }
)
SHORTEST_HOLD: Final = 5 * MINUTE
LONGEST_HOLD: Final = 3 * DAY


def answer(
    draws: Draws, people: pl.DataFrame, quoted_bps: int, legs: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Choose who answers where nobody is named.

    Args:
        draws: The week's stream.
        people: As from `draw_people`.
        quoted_bps: Part of the legs that a market maker answers, whoever else might.
        legs: `LEGS`, and more.

    Returns:
        The legs with a maker each; and what the honest traders among the makers do later to get
        out of it again: `LEGS`, of which the instants are in no order.
    """
    count, taker = len(legs), legs["taker"].to_numpy()
    firm = firms(draws, people, count).to_numpy()
    traders = draws.weighted(_resting(people), count)
    answers = ~draws.chance(quoted_bps, count) & (traders != taker)
    answers &= _there(people, traders, legs["ts"].to_numpy())
    # Nobody can sell what they may not have: outside of perps a resting order only buys.
    answers &= is_perp()[legs["market"].to_numpy()] | (legs["side"] < 0).to_numpy()
    answers &= (legs["maker"] == ANYONE).to_numpy()
    chosen = pl.Series(np.where(answers, traders, firm))
    matched = legs.with_columns(
        pl.when(pl.col("maker") == ANYONE).then(chosen).otherwise("maker").alias("maker")
    )
    theirs = matched.filter(pl.Series(answers))
    longest = LONGEST_HOLD / SHORTEST_HOLD
    held = (SHORTEST_HOLD * draws.heavier(len(theirs), longest)).astype(np.int64)
    unwound = theirs.with_columns(
        pl.col("ts") + pl.Series(held), taker="maker", maker=pl.lit(ANYONE, pl.Int64)
    )
    return matched, unwound.select(LEGS.names())


def firms(draws: Draws, people: pl.DataFrame, count: int) -> pl.Series:
    """Return `count` times one of the market makers, as the column `maker`."""
    quoting = np.flatnonzero((people["kind"] == "market_maker").to_numpy())
    return pl.Series("maker", quoting[draws.whole(0, len(quoting), count)])


def _resting(people: pl.DataFrame) -> Ints:
    """Weigh who may have an order in the book: honest people by how much they trade."""
    rests = ~people["farm"] & (people["style"] == "wander") & (people["kind"] == "retail")
    weights: Ints = (people["pace"] * rests.cast(pl.Int64)).to_numpy()
    return weights


def _there(people: pl.DataFrame, rows: Ints, ts: Ints) -> Bools:
    starts, stops = people["starts"].to_numpy()[rows], people["stops"].to_numpy()[rows]
    there: Bools = (starts <= ts) & (stops > ts)
    return there
