"""The tape: what was traded in a week, at which price, with which fees; and what it left open.

All amounts are integers of micro-USD, all sizes whole lots, all prices whole ticks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Ints
from simulator.fees import Venue, fees, volume_after
from simulator.makers import LEGS, Floor, answer, firms
from simulator.markets import MARKETS, column
from simulator.positions import Book, Positions, average_cost, stable_order
from simulator.prices import Prices
from simulator.season import MINUTE, USD, SeasonPlan, Span
from simulator.styles.trips import ANYONE, NEVER

LARGE: Final = 5_000 * USD  # an order that may need two
HUGE: Final = 50_000 * USD  # and one that needs more


@dataclass(frozen=True)
class Carried:
    """What one week of trading leaves to the next.

    Attributes:
        legs: `LEGS` of trips that are under way.
        positions: Of every account and market: row · number of markets + market.
        volume: What every account traded, micro-USD, that which is long ago less and less.
    """

    legs: pl.DataFrame
    positions: Positions
    volume: Ints

    @classmethod
    def nothing(cls, accounts: int) -> "Carried":
        """Return what there is before the first week."""
        legs, volume = pl.DataFrame(schema=LEGS), np.zeros(accounts, dtype=np.int64)
        return cls(legs, Positions.none(accounts * len(MARKETS)), volume)


@dataclass(frozen=True)
class Tape:
    """What was traded in a week, in the order of time.

    Attributes:
        fills: One row a fill: ts, market, maker, taker (row numbers), side, ticks, lots,
            notional, maker_fee, taker_fee, referral_paid, in whole units.
        book: Two entries a fill, the maker's at 2·i and the taker's at 2·i+1.
        series: Account and market of each entry of the book: row · number of markets + market.
        before: Positions at the week's start.
    """

    fills: pl.DataFrame
    book: Book
    series: Ints
    before: Positions


@dataclass(frozen=True)
class Trading:
    """Where trades are matched: the same all season.

    Attributes:
        plan: The season.
        prices: What everything costs, and the funding.
        venue: Rules of the exchange.
    """

    plan: SeasonPlan
    prices: Prices
    venue: Venue

    def mid(self, market: Ints, ts: Ints) -> Ints:
        """Return the mid price in ticks, in the minute of each instant."""
        mid: Ints = self.prices.mid[market, (ts - self.plan.start) // MINUTE]
        return mid


def record(
    trading: Trading, span: Span, floor: Floor, trips: pl.DataFrame, before: Carried
) -> tuple[Tape, Carried]:
    """Match what is due in a week and follow everybody's position.

    Args:
        trading: The exchange.
        span: The week.
        floor: Who may answer.
        trips: As from `plan_trips`, those that begin in this week.
        before: What the week before left.

    Returns:
        The week's tape, and what it leaves to the next one.
    """
    legs = pl.concat([before.legs, _legs(trading, trips)])
    due = _in_parts(floor, trading, legs.filter(pl.col("ts") < span.end))
    matched, unwound = answer(floor, due)
    unwound = unwound.filter(pl.col("ts") < trading.plan.end)
    soon = unwound.filter(pl.col("ts") < span.end)
    soon = soon.with_columns(firms(floor, soon))
    fills = _priced(floor, trading, _by_time(span, pl.concat([matched, soon])))
    fills = fills.with_columns(fees(trading.venue, floor.people, fills, before.volume))
    later = pl.concat([legs, unwound.drop("part")]).filter(pl.col("ts") >= span.end)
    tape, positions = _followed(fills, before.positions)
    return tape, Carried(later, positions, volume_after(trading.venue, fills, before.volume))


def _by_time(span: Span, legs: pl.DataFrame) -> pl.DataFrame:
    return legs[stable_order(legs["ts"].to_numpy() - span.start)]


def _legs(trading: Trading, trips: pl.DataFrame) -> pl.DataFrame:
    """Unfold each trip into its first fill and, where it is closed, the second."""
    market = trips["market"].to_numpy()
    worth = trading.mid(market, trips["opens"].to_numpy()) * column("unit")[market]
    lots = np.maximum(1, trips["target"].to_numpy() // worth)
    first = trips.with_columns(pl.Series("lots", lots)).rename({"opens": "ts"})
    second = first.filter(pl.col("closes") != NEVER).with_columns(ts="closes", side=-pl.col("side"))
    return pl.concat([first, second]).select(LEGS.names()).cast(LEGS)


def _in_parts(floor: Floor, trading: Trading, legs: pl.DataFrame) -> pl.DataFrame:
    """Split what no single resting order fills: the larger an order, the more it meets.

    Returns:
        The legs with `part`, from 0; parts of one leg share its instant, and add up to its lots.
    """
    market, count = legs["market"].to_numpy(), len(legs)
    lots, named = legs["lots"].to_numpy(), legs["maker"].to_numpy() != ANYONE
    size = lots * trading.mid(market, legs["ts"].to_numpy()) * column("unit")[market]
    draws = floor.draws("parts", legs)
    parts = 1 + draws.chance(1_000, count) + (size > LARGE) * draws.whole(0, 2, count)
    parts = parts + (size > HUGE) * draws.whole(1, 4, count)
    parts = np.where(named, 1, np.minimum(parts, lots))
    index = np.repeat(np.arange(count), parts)
    part = np.arange(len(index)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = lots[index] // parts[index] + (part < (lots % parts)[index])
    return legs[index].with_columns(pl.Series("lots", share), pl.Series("part", part))


def _priced(floor: Floor, trading: Trading, legs: pl.DataFrame) -> pl.DataFrame:
    """Add ticks and notional: the minute's mid, half a spread, and one tick a later part."""
    market, side = legs["market"].to_numpy(), legs["side"].to_numpy()
    mid = trading.mid(market, legs["ts"].to_numpy())
    spread = floor.draws("spreads", legs).whole(0, 4, len(legs))
    half = 1 + mid * spread // 20_000 + legs["part"].to_numpy()
    ticks = mid + side * half
    notional = ticks * legs["lots"].to_numpy() * column("unit")[market]
    return legs.drop("part").with_columns(
        pl.Series("ticks", ticks), pl.Series("notional", notional)
    )


def _followed(fills: pl.DataFrame, before: Positions) -> tuple[Tape, Positions]:
    signed = fills["side"].to_numpy() * fills["lots"].to_numpy()
    lots = np.stack([-signed, signed], axis=1).reshape(-1)
    sides = np.stack([fills["maker"].to_numpy(), fills["taker"].to_numpy()], axis=1).reshape(-1)
    series = sides * len(MARKETS) + np.repeat(fills["market"].to_numpy(), 2)
    book, after = average_cost(series, lots, np.repeat(fills["notional"].to_numpy(), 2), before)
    return Tape(fills, book, series, before), after
