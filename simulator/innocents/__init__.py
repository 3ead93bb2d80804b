"""The innocent: people who share something, as honest people do, and those who share nothing.

Each pattern carries a signal that a farm carries too. What tells them apart is the rest.
"""

from typing import Final

from simulator.innocents.crowds import Audience, PromoCrowd
from simulator.innocents.firms import Desk, HouseAccount, MarketMaker
from simulator.innocents.homes import Household, MobileUser, Office
from simulator.innocents.money import MerchantCustomers
from simulator.innocents.strangers import Stranger
from simulator.innocents.traders import CopyTraders
from simulator.patterns import Pattern, Patterns

INNOCENTS: Final[Patterns] = (
    Household(),
    Office(),
    MobileUser(),
    PromoCrowd(),
    MerchantCustomers(),
    CopyTraders(),
    Audience(),
    Desk(),
    MarketMaker(),
    HouseAccount(),
)
HONEST: Final[Pattern] = Stranger()
