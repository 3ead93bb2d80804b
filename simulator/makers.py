"""Who takes the other side: a market maker, or another trader whose order rests in the book."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws, Ints, RowDraws
from simulator.markets import is_perp
from simulator.money import Purses
from simulator.season import DAY, MINUTE, SeasonPlan
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


LEG_KEYS: Final = ("ts", "taker", "market", "side")
RESTS: Final = 4  # how readily one's orders rest, from 0 to one less than this
CALLED: Final = ("retail", "institution")


@dataclass(frozen=True)
class Floor:
    """Who may answer in a week.

    Attributes:
        plan: The season.
        people: As from `draw_people`.
        purses: What everybody has in the week.
        quoted_bps: Part of the legs that a market maker answers, whoever else might.
    """

    plan: SeasonPlan
    people: pl.DataFrame
    purses: Purses
    quoted_bps: int

    def draws(self, theme: str, legs: pl.DataFrame) -> RowDraws:
        """Return draws that belong to the legs, in parts or whole."""
        keys = (*LEG_KEYS, "part") if "part" in legs.columns else LEG_KEYS
        return RowDraws(self.plan.seed, theme, *(legs[name].to_numpy() for name in keys))


def answer(floor: Floor, legs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Choose who answers where nobody is named.

    Args:
        floor: Who may answer.
        legs: `LEGS` and part: what takers send in the week.

    Returns:
        The legs with a maker each; and what the traders among the makers do later to get out of
        it again: `LEGS` and part, of which the instants are in no order.
    """
    firm = firms(floor, legs).to_numpy()
    traders, answers = _resting(floor, legs)
    # Nobody can sell what they may not have: outside of perps a resting order only buys.
    answers &= is_perp()[legs["market"].to_numpy()] | (legs["side"] < 0).to_numpy()
    answers &= (legs["maker"] == ANYONE).to_numpy()
    chosen = pl.Series(np.where(answers, traders, firm))
    matched = legs.with_columns(
        pl.when(pl.col("maker") == ANYONE).then(chosen).otherwise("maker").alias("maker")
    )
    theirs = matched.filter(pl.Series(answers))
    longest = LONGEST_HOLD / SHORTEST_HOLD
    times = floor.draws("unwound", theirs).heavier(len(theirs), longest)
    unwound = theirs.with_columns(
        pl.col("ts") + pl.Series((SHORTEST_HOLD * times).astype(np.int64)),
        taker="maker",
        maker=pl.lit(ANYONE, pl.Int64),
    )
    return matched, unwound.select(*LEGS.names(), "part")


def firms(floor: Floor, legs: pl.DataFrame) -> pl.Series:
    """Return one of the market makers for each leg, as the column `maker`."""
    quoting = np.flatnonzero((floor.people["kind"] == "market_maker").to_numpy())
    chosen = floor.draws("firms", legs).whole(0, len(quoting), len(legs))
    return pl.Series("maker", quoting[chosen])


def _resting(floor: Floor, legs: pl.DataFrame) -> tuple[Ints, Bools]:
    """Pick whose order might rest in the book for each leg, and say whether it does.

    It is a habit of some people, whatever else they do and whoever they are: the more they trade
    the likelier. Their orders rest in the weeks in which they trade, while they have money.
    """
    people, draws, count = floor.people, floor.draws("resting", legs), len(legs)
    # Drawn anew every week from the season's own stream, so that a habit never changes.
    habit = Draws(floor.plan.seed, "orders rest").whole(0, RESTS, len(people))
    called = people["kind"].is_in(list(CALLED)).to_numpy()
    traders = draws.weighted(people["pace"].to_numpy() * habit * called, count)
    taker, ts = legs["taker"].to_numpy(), legs["ts"].to_numpy()
    trades = np.zeros(len(people), dtype=np.bool_)
    trades[taker] = True
    rests = ~draws.chance(floor.quoted_bps, count) & (traders != taker) & trades[traders]
    starts, stops = people["starts"].to_numpy()[traders], people["stops"].to_numpy()[traders]
    rests &= (starts <= ts) & (stops > ts)
    rests[rests] = floor.purses.suffices(traders[rests], ts[rests])
    return traders, rests
