"""The tape: who took the other side, at which price, with which fees; and what was busted.

All amounts are integers of micro-USD, all sizes whole lots, all prices whole ticks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws, Ints
from simulator.markets import MARKETS, column, is_perp
from simulator.positions import Book, Positions, average_cost
from simulator.season import MINUTE, SeasonPlan, Span
from simulator.styles.trips import ANYONE, NEVER

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
SIDES: Final = {1: "buy", -1: "sell"}
RATE: Final = 100_000  # fees are in hundred-thousandths of the notional


@dataclass(frozen=True)
class Venue:
    """How the exchange matches and what it charges.

    Attributes:
        maker_quoted_bps: Part of the trades of which a market maker is the other side.
        taker_rate: Perp, then everything else, in 10^-5 of the notional.
        maker_rate: The same for makers.
        rebate: What a market maker gets instead, in 10^-5.
        referral_bps: Part of a positive taker fee that goes to the taker's referrer.
        busts_in_million: Fills at a wrong price that are cancelled within two hours.
    """

    maker_quoted_bps: int = 7_500
    taker_rate: tuple[int, int] = (50, 95)
    maker_rate: tuple[int, int] = (20, 80)
    rebate: int = 5
    referral_bps: int = 1_000
    busts_in_million: int = 60


@dataclass(frozen=True)
class Carried:
    """What one week of trading leaves to the next.

    Attributes:
        legs: `LEGS` of trips that are under way.
        positions: Of every account and market: row · number of markets + market.
    """

    legs: pl.DataFrame
    positions: Positions

    @classmethod
    def nothing(cls, accounts: int) -> "Carried":
        """Return what there is before the first week."""
        return cls(pl.DataFrame(schema=LEGS), Positions.none(accounts * len(MARKETS)))


@dataclass(frozen=True)
class Tape:
    """What was traded in a week, in the order of time.

    Attributes:
        fills: One row a fill: ts, market, maker, taker (row numbers), side, ticks, lots,
            notional, maker_fee, taker_fee, referral_paid, in whole units.
        book: Two entries a fill, the maker's at 2·i and the taker's at 2·i+1.
        before: Positions at the week's start.
    """

    fills: pl.DataFrame
    book: Book
    before: Positions

    @property
    def series(self) -> Ints:
        """Account and market of each entry of the book: row · number of markets + market."""
        return series_of(self.fills)


@dataclass(frozen=True)
class Trading:
    """Where trades are matched: the same all season.

    Attributes:
        plan: The season.
        paths: Prices, as from `price_paths`.
        venue: Rules of the exchange.
    """

    plan: SeasonPlan
    paths: Ints
    venue: Venue


def series_of(fills: pl.DataFrame) -> Ints:
    """Return account and market of both sides of each fill, the maker's first."""
    sides = fills.select("maker", "taker").to_numpy().reshape(-1)
    codes: Ints = sides * len(MARKETS) + np.repeat(fills["market"].to_numpy(), 2)
    return codes


def record(
    trading: Trading, span: Span, people: pl.DataFrame, trips: pl.DataFrame, before: Carried
) -> tuple[Tape, Carried]:
    """Match what is due in a week and follow everybody's position.

    Args:
        trading: The exchange.
        span: The week.
        people: As from `draw_people`.
        trips: As from `plan_trips`, those that begin in this week.
        before: What the week before left.

    Returns:
        The week's tape, and what it leaves to the next one.
    """
    plan, venue = trading.plan, trading.venue
    draws = Draws(plan.seed, f"tape {span.number}")
    legs = _legs(trips, _lots(plan, trips, trading.paths))
    legs = pl.concat([before.legs, legs]).sort("ts", maintain_order=True)
    later, due = legs.filter(pl.col("ts") >= span.end), legs.filter(pl.col("ts") < span.end)
    due = due.with_columns(
        pl.Series("maker", _makers(draws, people, due, venue)),
        pl.Series("ticks", _price(draws, plan, due, trading.paths)),
    )
    unit = pl.Series(column("unit")[due["market"].to_numpy()])
    fills = due.with_columns((pl.col("ticks") * pl.col("lots") * unit).alias("notional"))
    fills = fills.with_columns(_fees(people, fills, venue))
    book, after = _follow(fills, before.positions)
    return Tape(fills, book, before.positions), Carried(later, after)


def _lots(plan: SeasonPlan, trips: pl.DataFrame, paths: Ints) -> Ints:
    market = trips["market"].to_numpy()
    mid = paths[market, (trips["opens"].to_numpy() - plan.start) // MINUTE]
    lots: Ints = np.maximum(1, trips["target"].to_numpy() // (mid * column("unit")[market]))
    return lots


def _legs(trips: pl.DataFrame, lots: Ints) -> pl.DataFrame:
    """Unfold each trip into its first fill and, where it is closed, the second."""
    first = trips.with_columns(pl.Series("lots", lots)).rename({"opens": "ts"})
    second = first.filter(pl.col("closes") != NEVER).with_columns(ts="closes", side=-pl.col("side"))
    return pl.concat([first, second]).select(LEGS.names()).cast(LEGS)


def _makers(draws: Draws, people: pl.DataFrame, legs: pl.DataFrame, venue: Venue) -> Ints:
    """Choose who answers: a market maker, or in perps now and then an honest trader."""
    count, taker = len(legs), legs["taker"].to_numpy()
    quoting = np.flatnonzero((people["kind"] == "market_maker").to_numpy())
    firms = quoting[draws.whole(0, len(quoting), count)]
    resting = ~people["farm"] & (people["style"] == "wander") & (people["pattern"] != "desk")
    weights = (people["pace"] * resting.cast(pl.Int64)).to_numpy()
    traders = draws.weighted(weights, count)
    quoted = draws.chance(venue.maker_quoted_bps, count)
    ts = legs["ts"].to_numpy()
    here = people["starts"].to_numpy()[traders] <= ts
    here &= people["stops"].to_numpy()[traders] > ts
    answers = ~quoted & here & (traders != taker) & is_perp()[legs["market"].to_numpy()]
    named = legs["maker"].to_numpy()
    makers: Ints = np.where(named != ANYONE, named, np.where(answers, traders, firms))
    return makers


def _price(draws: Draws, plan: SeasonPlan, legs: pl.DataFrame, paths: Ints) -> Ints:
    """Return the mid of the minute and half a spread against the taker, in ticks."""
    market = legs["market"].to_numpy()
    mid = paths[market, (legs["ts"].to_numpy() - plan.start) // MINUTE]
    half = 1 + mid * draws.whole(0, 4, len(legs)) // 20_000
    ticks: Ints = mid + legs["side"].to_numpy() * half
    return ticks


def _fees(people: pl.DataFrame, fills: pl.DataFrame, venue: Venue) -> list[pl.Series]:
    """Take each fee down to a whole micro-USD; a rebate is a negative fee."""
    perp = is_perp()[fills["market"].to_numpy()]
    notional = fills["notional"].to_numpy()
    firm = (people["kind"] == "market_maker").to_numpy()[fills["maker"].to_numpy()]
    referred = people["referrer_id"].is_not_null().to_numpy()[fills["taker"].to_numpy()]
    maker_rate = np.where(firm, -venue.rebate, _by_product(perp, venue.maker_rate))
    taker_fee = notional * _by_product(perp, venue.taker_rate) // RATE
    return [
        pl.Series("maker_fee", notional * maker_rate // RATE),
        pl.Series("taker_fee", taker_fee),
        pl.Series("referral_paid", np.where(referred, taker_fee * venue.referral_bps // 10_000, 0)),
    ]


def _by_product(perp: Bools, rates: tuple[int, int]) -> Ints:
    return np.where(perp, rates[0], rates[1]).astype(np.int64)


def _follow(fills: pl.DataFrame, before: Positions) -> tuple[Book, Positions]:
    signed = fills["side"].to_numpy() * fills["lots"].to_numpy()
    lots = np.stack([-signed, signed], axis=1).reshape(-1)
    return average_cost(series_of(fills), lots, np.repeat(fills["notional"].to_numpy(), 2), before)
