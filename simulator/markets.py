"""The markets of the synthetic exchange and their prices, in whole ticks and lots.

A tick times a lot is a whole number of micro-USD, so that price × quantity is the notional
exactly, without any rounding.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.draws import Draws, Ints
from simulator.season import DAY, MINUTE, SeasonPlan


@dataclass(frozen=True)
class Market:
    """One market.

    Attributes:
        name: As in the fills.
        product: spot, perp or equity.
        tick: Smallest step of the price, in micro-USD.
        lot: Smallest step of the quantity, in 10^-8 units.
        opening: Price at the season's start, in ticks.
        weight: How much of the trading it attracts.
        swing: Size of a minute's price step, in 10^-5 of the opening price.
        follows: Position of the market of the same asset whose price this one tracks.
    """

    name: str
    product: str
    tick: int
    lot: int
    opening: int
    weight: int
    swing: int
    follows: int | None = None

    @property
    def unit(self) -> int:
        """Notional of one lot at one tick, in micro-USD."""
        return self.tick * self.lot // 10**8


MARKETS: Final = (
    Market("BTC-PERP", "perp", 100_000, 1_000, 840_000, 300, 40),
    Market("ETH-PERP", "perp", 10_000, 10_000, 200_000, 220, 50),
    Market("SOL-PERP", "perp", 10_000, 1_000_000, 12_800, 220, 60),
    Market("SUI-PERP", "perp", 100, 10_000_000, 23_000, 30, 80),
    Market("WIF-PERP", "perp", 100, 100_000_000, 5_000, 15, 100),
    Market("BTC-USDC", "spot", 10_000, 10_000, 8_400_000, 70, 40, follows=0),
    Market("SOL-USDC", "spot", 10_000, 1_000_000, 12_800, 80, 60, follows=2),
    Market("TSLAX-USDC", "equity", 10_000, 100_000, 24_000, 35, 30),
    Market("NVDAX-USDC", "equity", 10_000, 100_000, 11_800, 30, 30),
)
THIN: Final = (3, 4)  # where wash rings go, since few others trade there
LIQUID: Final = (0, 1, 2)  # where hedged pairs go


def column(name: str) -> Ints:
    """Return one whole-number attribute of every market, in their order."""
    return np.array([getattr(market, name) for market in MARKETS], dtype=np.int64)


def is_perp() -> np.ndarray:
    """Return, for each market, whether one may go short there."""
    return np.array([market.product == "perp" for market in MARKETS])


def price_paths(plan: SeasonPlan) -> Ints:
    """Return the mid price in ticks, one row a market, one column a minute.

    A random walk in whole ticks; half of each step is common to all, as in real markets.
    """
    draws = Draws(plan.seed, "prices")
    minutes = plan.days * DAY // MINUTE
    common = draws.bell(minutes)
    rows: list[Ints] = []
    for market in MARKETS:
        step = market.opening * market.swing / 100_000
        moves = np.floor((common + draws.bell(minutes)) * step + 0.5).astype(np.int64)
        path = np.maximum(market.opening + np.cumsum(moves), market.opening // 4)
        if market.follows is not None:
            basis = np.floor(draws.bell(minutes) * step / 4).astype(np.int64)
            path = rows[market.follows] * market.opening // MARKETS[market.follows].opening + basis
        rows.append(path)
    return np.stack(rows)
