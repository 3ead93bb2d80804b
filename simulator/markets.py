"""The markets of the synthetic exchange, in whole ticks and lots.

A tick times a lot is a whole number of micro-USD, so that price × quantity is the notional
exactly, without any rounding.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.draws import Bools, Ints


@dataclass(frozen=True)
class Asset:
    """What is traded, on one market or on several.

    Attributes:
        name: Its ticker.
        swing: Size of a usual minute's move of its price, in 10^-5.
        follows: Percent of that which it has in common with all others.
        listed: Whether it moves with an exchange that closes at night and at weekends.
    """

    name: str
    swing: int
    follows: int
    listed: bool = False


@dataclass(frozen=True)
class Market:
    """One market.

    Attributes:
        asset: Ticker of what is traded.
        product: spot, perp or equity.
        tick: Smallest step of the price, in micro-USD.
        lot: Smallest step of the quantity, in 10^-8 units.
        opening: Price at the season's start, in ticks.
        weight: How much of the trading it attracts.
    """

    asset: str
    product: str
    tick: int
    lot: int
    opening: int
    weight: int

    @property
    def name(self) -> str:
        """As in the fills."""
        return f"{self.asset}-{'PERP' if self.product == 'perp' else 'USDC'}"

    @property
    def unit(self) -> int:
        """Notional of one lot at one tick, in micro-USD."""
        return self.tick * self.lot // 10**8


ASSETS: Final = (
    Asset("BTC", 50, 90),
    Asset("ETH", 65, 85),
    Asset("SOL", 80, 80),
    Asset("SUI", 100, 70),
    Asset("WIF", 140, 50),
    Asset("JTO", 120, 50),
    Asset("PYTH", 120, 55),
    Asset("KMNO", 130, 40),
    Asset("TSLAX", 45, 30, listed=True),
    Asset("NVDAX", 40, 30, listed=True),
    Asset("SPYX", 15, 35, listed=True),
)
MARKETS: Final = (
    Market("BTC", "perp", 100_000, 1_000, 840_000, 300),
    Market("ETH", "perp", 10_000, 10_000, 200_000, 200),
    Market("SOL", "perp", 10_000, 1_000_000, 12_800, 200),
    Market("SUI", "perp", 100, 10_000_000, 23_000, 40),
    Market("WIF", "perp", 100, 100_000_000, 5_000, 10),
    Market("JTO", "perp", 100, 10_000_000, 22_000, 7),
    Market("PYTH", "perp", 10, 1_000_000_000, 14_500, 6),
    Market("KMNO", "perp", 10, 1_000_000_000, 6_500, 5),
    Market("BTC", "spot", 10_000, 10_000, 8_400_000, 60),
    Market("ETH", "spot", 10_000, 10_000, 200_000, 35),
    Market("SOL", "spot", 10_000, 1_000_000, 12_800, 80),
    Market("TSLAX", "equity", 10_000, 100_000, 24_000, 25),
    Market("NVDAX", "equity", 10_000, 100_000, 11_800, 20),
    Market("SPYX", "equity", 10_000, 100_000, 56_000, 12),
)
LIQUID: Final = (0, 1, 2)  # where hedged pairs go
THIN: Final = (4, 5, 6, 7)  # where wash rings go, since few others trade there


def column(name: str) -> Ints:
    """Return one whole-number attribute of every market, in their order."""
    return np.array([getattr(market, name) for market in MARKETS], dtype=np.int64)


def is_perp() -> Bools:
    """Return, for each market, whether one may go short there."""
    return np.array([market.product == "perp" for market in MARKETS])
