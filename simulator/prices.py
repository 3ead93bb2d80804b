"""Prices and funding of a whole season, drawn once.

Every asset has one path. Its steps have a part in common with all others, calm and wild times of
hours to days, the rhythm of the day, and now and then a jump; a perp strays from its asset's price
by a basis that comes and goes, and its funding follows the basis.

Only products, sums and square roots are used, each in a fixed order (a sum of many numbers is a
running one), so that every machine draws the same prices.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.draws import Draws, Floats, Ints
from simulator.markets import ASSETS, MARKETS, Asset
from simulator.season import DAY, HOUR, MINUTE, SATURDAY, SeasonPlan

FUNDING_EVERY: Final = 8 * HOUR
INTEREST: Final = 100  # usual funding of eight hours, in 10^-6 of the notional
BAND: Final = 500  # premium that moves no funding, in 10^-6
MOST_FUNDING: Final = 3_000
# How much each hour of the day (UTC) moves, in percent: everything, and what is listed in New York.
EARLY: Final = (80, 85, 80, 75, 70, 70, 75, 90, 100, 100, 95, 95)
LATE: Final = (105, 130, 150, 145, 135, 125, 115, 110, 105, 95, 90, 85)
RHYTHM: Final = (*EARLY, *LATE)
SESSION: Final = (25,) * 13 + (180, 260, 200, 170, 160, 170, 230, 80) + (25,) * 3
WEEKEND: Final = (70, 15)  # percent of that at weekends: everything, and what is listed
MOODS: Final = (0.6, 1.0, 1.8, 3.5)  # how wild a time is
MOOD_WEIGHTS: Final = (4, 5, 2, 1)
SHORTEST_MOOD: Final = 360  # minutes
DAYS_A_JUMP: Final = 4
JUMP: Final = 25.0  # usual minutes in one
SWAYS: Final = ((480, 0.0004), (4_320, 0.0008))  # minutes over which a basis turns, and its size


@dataclass(frozen=True)
class Prices:
    """What everything costs.

    Attributes:
        mid: Ticks, one row a market, one column a minute of the season.
        funding: What a lot held long since the season's start has paid, in 10^-9 USD; one row a
            market, one column for each instant of funding, the season's start first.
    """

    mid: Ints
    funding: Ints


def draw_prices(plan: SeasonPlan) -> Prices:
    """Draw the prices of a season."""
    draws = Draws(plan.seed, "prices")
    minutes = plan.days * DAY // MINUTE
    moods = _moods(draws, minutes)
    common = draws.bell(minutes) * moods
    jumps = _jumps(draws, minutes)
    paths = {asset.name: _path(draws, plan, asset, common, jumps) for asset in ASSETS}
    mid, funding = [], []
    for market in MARKETS:
        basis = _basis(draws, moods) if market.product == "perp" else np.zeros(minutes)
        price = np.floor(paths[market.asset] * (1.0 + basis) * market.opening)
        mid.append(np.maximum(price.astype(np.int64), market.opening // 20))
        funding.append(_funding(basis, mid[-1] * market.unit, market.product))
    return Prices(np.stack(mid), np.stack(funding))


def _path(draws: Draws, plan: SeasonPlan, asset: Asset, common: Floats, jumps: Floats) -> Floats:
    """Return an asset's price over its opening price, by minute."""
    minutes = len(common)
    shared = asset.follows / 100.0
    own = draws.bell(minutes) * _moods(draws, minutes)
    step = shared * common + np.sqrt(1.0 - shared * shared) * own
    moves = step * _rhythm(plan, minutes, listed=asset.listed)
    leaps = (shared * jumps + _jumps(draws, minutes)) * JUMP
    return np.cumprod(1.0 + (moves + leaps) * (asset.swing / 100_000.0))


def _moods(draws: Draws, minutes: int) -> Floats:
    """Return how wild each minute is: times of six hours to days, each of one mood."""
    count = minutes // SHORTEST_MOOD + 1
    lasts = (SHORTEST_MOOD * draws.heavy(count, 16.0)).astype(np.int64)
    kind = draws.weighted(np.array(MOOD_WEIGHTS, dtype=np.int64), count)
    return np.repeat(np.array(MOODS)[kind], lasts)[:minutes]


def _jumps(draws: Draws, minutes: int) -> Floats:
    count = max(1, minutes * MINUTE // (DAYS_A_JUMP * DAY))
    jumps = np.zeros(minutes)
    jumps[draws.whole(0, minutes, count)] = draws.bell(count)
    return jumps


def _rhythm(plan: SeasonPlan, minutes: int, *, listed: bool) -> Floats:
    """Return how much each minute moves beside an even one."""
    hours = np.array(SESSION if listed else RHYTHM, dtype=np.float64)
    weekend = np.array([plan.day(day).weekday() >= SATURDAY for day in range(plan.days)])
    part = np.where(weekend, WEEKEND[listed] / 100.0, 1.0)
    minute = np.arange(minutes)
    rhythm: Floats = hours[minute // 60 % 24] * part[minute // (60 * 24)] / 100.0
    return rhythm


def _basis(draws: Draws, moods: Floats) -> Floats:
    """Return by how much a perp is dearer than its asset: running means of noise."""
    minutes = len(moods)
    basis = np.zeros(minutes)
    for window, size in SWAYS:
        run = np.cumsum(draws.bell(minutes + window))
        basis += (run[window:] - run[:-window]) * (size / np.sqrt(float(window)))
    return basis * np.sqrt(moods)


def _funding(basis: Floats, value: Ints, product: str) -> Ints:
    """Return what a lot held long has paid by each instant of funding, in 10^-9 USD.

    The rate is the mean premium over a fixed interest; inside of `BAND` it is the interest alone,
    as perp venues state it.
    """
    every = FUNDING_EVERY // MINUTE
    periods = len(basis) // every
    if product != "perp":
        return np.zeros(periods + 1, dtype=np.int64)
    premium = np.floor(basis * 1_000_000).astype(np.int64).reshape(periods, every)
    mean = premium.sum(axis=1) // every
    rate = mean + np.clip(INTEREST - mean, -BAND, BAND)
    rate = np.clip(rate, -MOST_FUNDING, MOST_FUNDING)
    closing = value.reshape(periods, every)[:, -1]
    paid: Ints = np.append(0, np.cumsum(closing * rate // 1_000))
    return paid
