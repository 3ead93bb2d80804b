"""The innocent: people who share something, as honest people do, and those who share nothing.

Each pattern carries a signal that a farm carries too. What tells them apart is the rest. The hot
wallets of exchanges are no pattern: two of three honest accounts have their money from one.
"""

from typing import Final

from simulator.innocents.bots import GridBot, ScheduledBuyer
from simulator.innocents.crowds import Audience, GuideReader, PromoCrowd
from simulator.innocents.devices import RepairShop, ResoldPhone
from simulator.innocents.firms import Desk, Fund, HouseAccount, MarketMaker
from simulator.innocents.homes import Couple, Household
from simulator.innocents.hubs import BridgeUser, ProcessorCustomer
from simulator.innocents.money import MerchantCustomer, Payroll
from simulator.innocents.movers import MigratedAccount
from simulator.innocents.networks import MobileUser, RecycledAddress, VpnUser
from simulator.innocents.premises import Dorm, InternetCafe, Office
from simulator.innocents.stakers import LeveragedStaker
from simulator.innocents.strangers import Stranger
from simulator.innocents.traders import Arbitrageur, CopyTrader, OppositeTrader, SignalTrader
from simulator.patterns import Pattern, Patterns

MAKERS: Final[Pattern] = MarketMaker()
INNOCENTS: Final[Patterns] = (
    Household(),
    Couple(),
    Office(),
    Dorm(),
    InternetCafe(),
    MobileUser(),
    VpnUser(),
    RecycledAddress(),
    BridgeUser(),
    ProcessorCustomer(),
    MerchantCustomer(),
    Payroll(),
    CopyTrader(),
    SignalTrader(),
    Arbitrageur(),
    OppositeTrader(),
    GridBot(),
    ScheduledBuyer(),
    LeveragedStaker(),
    Audience(),
    PromoCrowd(),
    GuideReader(),
    ResoldPhone(),
    RepairShop(),
    MigratedAccount(),
    Desk(),
    Fund(),
    MAKERS,
)
SYSTEM: Final[Pattern] = HouseAccount()
HONEST: Final[Pattern] = Stranger()
