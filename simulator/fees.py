"""What the exchange charges: by product, by side, and less to those who trade much."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Ints
from simulator.markets import is_perp
from simulator.season import USD

RATE: Final = 10_000_000  # a rate in 10^-5 times a percentage


@dataclass(frozen=True)
class Venue:
    """How the exchange matches and what it charges.

    Attributes:
        maker_quoted_bps: Part of the trades of which a market maker is the other side.
        taker_rate: Perp, then everything else, in 10^-5 of the notional.
        maker_rate: The same for makers.
        tiers: From which volume on, in USD, one pays which percent of these rates.
        kept_bps: Part of the volume that counts towards the tier a week later.
        rebate: What a market maker gets instead, in 10^-5.
        referral_bps: Part of a positive taker fee that goes to the taker's referrer.
        busts_in_million: Fills at a wrong price that are cancelled within two hours.
    """

    maker_quoted_bps: int = 6_500
    taker_rate: tuple[int, int] = (50, 95)
    maker_rate: tuple[int, int] = (20, 80)
    tiers: tuple[tuple[int, int], ...] = (
        (0, 100),
        (100_000, 90),
        (1_000_000, 80),
        (10_000_000, 70),
        (100_000_000, 60),
    )
    kept_bps: int = 7_500
    rebate: int = 5
    referral_bps: int = 1_000
    busts_in_million: int = 60


def fees(
    venue: Venue, people: pl.DataFrame, fills: pl.DataFrame, volume: Ints
) -> tuple[pl.Series, ...]:
    """Take each fee down to a whole micro-USD; a rebate is a negative fee.

    Args:
        venue: The rules.
        people: As from `draw_people`, with bound_at.
        fills: ts, maker and taker (row numbers), market, notional.
        volume: What every account traded before, micro-USD: its tier.

    Returns:
        maker_fee, taker_fee and referral_paid, micro-USD.
    """
    maker, taker = fills["maker"].to_numpy(), fills["taker"].to_numpy()
    notional, perp = fills["notional"].to_numpy(), is_perp()[fills["market"].to_numpy()]
    firm = (people["kind"] == "market_maker").to_numpy()[maker]
    referred = people["bound_at"].to_numpy()[taker] <= fills["ts"].to_numpy()
    percent = _percent(venue, volume)
    usual = _by_product(perp, venue.maker_rate) * percent[maker]
    maker_rate = np.where(firm, -100 * venue.rebate, usual)
    taker_fee = notional * (_by_product(perp, venue.taker_rate) * percent[taker]) // RATE
    return (
        pl.Series("maker_fee", notional * maker_rate // RATE),
        pl.Series("taker_fee", taker_fee),
        pl.Series("referral_paid", np.where(referred, taker_fee * venue.referral_bps // 10_000, 0)),
    )


def _by_product(perp: Bools, rates: tuple[int, int]) -> Ints:
    return np.where(perp, rates[0], rates[1]).astype(np.int64)


def _percent(venue: Venue, volume: Ints) -> Ints:
    thresholds, percents = np.array(venue.tiers, dtype=np.int64).T
    tier = np.searchsorted(thresholds * USD, volume, side="right") - 1
    percent: Ints = percents[tier]
    return percent


def volume_after(venue: Venue, fills: pl.DataFrame, before: Ints) -> Ints:
    """Return the volume that counts for the next week's tiers, micro-USD."""
    after = before // 10_000 * venue.kept_bps
    notional = fills["notional"].to_numpy()
    for side in ("maker", "taker"):
        np.add.at(after, fills[side].to_numpy(), notional)
    return after
