"""The tape: who took the other side, at which price, with which fees; and what was busted.

All amounts are integers of micro-USD, all sizes whole lots, all prices whole ticks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws, Ints
from simulator.identifiers import numbered
from simulator.markets import MARKETS, column, is_perp
from simulator.positions import Book, average_cost
from simulator.season import HOUR, MINUTE, SeasonPlan
from simulator.trading import ANYONE, NEVER

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
class Tape:
    """What was traded, in the order of time.

    Attributes:
        fills: One row a fill: ts, market, maker, taker (row numbers), side, ticks, lots,
            notional, maker_fee, taker_fee, referral_paid, in whole units.
        book: Two entries a fill, the maker's at 2·i and the taker's at 2·i+1.
    """

    fills: pl.DataFrame
    book: Book

    @property
    def series(self) -> Ints:
        """Account and market of each entry of the book: row · number of markets + market."""
        sides = self.fills.select("maker", "taker").to_numpy().reshape(-1)
        codes: Ints = sides * len(MARKETS) + np.repeat(self.fills["market"].to_numpy(), 2)
        return codes


def record(
    plan: SeasonPlan, people: pl.DataFrame, trips: pl.DataFrame, paths: Ints, venue: Venue
) -> Tape:
    """Match all trips and follow everybody's position.

    Args:
        plan: The season.
        people: As from `draw_people`.
        trips: As from `plan_trips`.
        paths: As from `price_paths`.
        venue: Rules of the exchange.
    """
    draws = Draws(plan.seed, "tape")
    legs = _legs(trips, _lots(plan, trips, paths)).sort("ts", maintain_order=True)
    legs = legs.with_columns(
        pl.Series("maker", _makers(draws, people, legs, venue)),
        pl.Series("ticks", _price(draws, plan, legs, paths)),
    )
    unit = pl.Series(column("unit")[legs["market"].to_numpy()])
    fills = legs.with_columns((pl.col("ticks") * pl.col("lots") * unit).alias("notional"))
    fills = fills.with_columns(_fees(people, fills, venue))
    return Tape(fills, _follow(fills))


def _lots(plan: SeasonPlan, trips: pl.DataFrame, paths: Ints) -> Ints:
    market = trips["market"].to_numpy()
    mid = paths[market, (trips["opens"].to_numpy() - plan.start) // MINUTE]
    lots: Ints = np.maximum(1, trips["target"].to_numpy() // (mid * column("unit")[market]))
    return lots


def _legs(trips: pl.DataFrame, lots: Ints) -> pl.DataFrame:
    """Unfold each trip into its first fill and, where it is closed, the second."""
    first = trips.with_columns(pl.Series("lots", lots)).rename({"opens": "ts"})
    second = first.filter(pl.col("closes") != NEVER).with_columns(ts="closes", side=-pl.col("side"))
    return pl.concat([first, second]).select("ts", "market", "maker", "taker", "side", "lots")


def _makers(draws: Draws, people: pl.DataFrame, legs: pl.DataFrame, venue: Venue) -> Ints:
    """Choose who answers: a market maker, or in perps now and then an honest trader."""
    count, taker = len(legs), legs["taker"].to_numpy()
    quoting = np.flatnonzero((people["kind"] == "market_maker").to_numpy())
    firms = quoting[draws.whole(0, len(quoting), count)]
    resting = ~people["farm"] & (people["style"] == "wander") & (people["pattern"] != "desk")
    weights = (people["pace"] * resting.cast(pl.Int64)).to_numpy()
    traders = draws.weighted(weights, count)
    quoted = draws.chance(venue.maker_quoted_bps, count)
    here = people["opened"].to_numpy()[traders] <= legs["ts"].to_numpy()
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


def _follow(fills: pl.DataFrame) -> Book:
    signed = fills["side"].to_numpy() * fills["lots"].to_numpy()
    lots = np.stack([-signed, signed], axis=1).reshape(-1)
    series = Tape(fills, Book(signed, signed, signed)).series
    return average_cost(series, lots, np.repeat(fills["notional"].to_numpy(), 2))


def fill_rows(plan: SeasonPlan, people: pl.DataFrame, tape: Tape, venue: Venue) -> pl.DataFrame:
    """Return the rows of the fills files, busted fills and their busts among them.

    Amounts are micro-USD, price and quantity 10^-8 units.
    """
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
    return _numbered(pl.concat([rows, *_mistakes(plan, rows, venue)]))


def _mistakes(plan: SeasonPlan, rows: pl.DataFrame, venue: Venue) -> tuple[pl.DataFrame, ...]:
    """Draw fills at three times the price of a real one, and the busts that cancel them.

    They touch no position, for they did not stand.
    """
    draws = Draws(plan.seed, "busts")
    count = max(3, len(rows) * venue.busts_in_million // 1_000_000)
    picked = rows[np.sort(draws.whole(0, len(rows), count))]
    pnl = [pl.lit(None, pl.Int64).alias(f"realised_pnl_{side}_usd") for side in ("maker", "taker")]
    wrong = picked.with_columns(
        pl.col("price", "notional_usd", "maker_fee_usd", "taker_fee_usd", "referral_paid_usd") * 3,
        pl.Series("ts", picked["ts"].to_numpy() + draws.whole(1, MINUTE, count)),
        *pnl,
        wrong=pl.Series(np.arange(count)),
    )
    found = wrong["ts"].to_numpy() + draws.whole(MINUTE, 2 * HOUR, count)
    bust = wrong.with_columns(pl.Series("ts", found), bust=pl.lit(True))
    return tuple(part.filter(pl.col("ts") < plan.end) for part in (wrong, bust))


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Name the fills in the order of time and let each bust name what it cancels."""
    rows = rows.sort("ts", maintain_order=True).with_columns(numbered("F", "fill_id"))
    cancelled = rows.filter(pl.col("wrong").is_not_null() & ~pl.col("bust")).select(
        "wrong", bust=pl.lit(True), busts="fill_id"
    )
    return rows.join(cancelled, on=["wrong", "bust"], how="left", maintain_order="left")
