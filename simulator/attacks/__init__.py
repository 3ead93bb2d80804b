"""Farms: many accounts of one operator. What they share is what a detector can find."""

from typing import Final

from simulator.attacks.antidetect import AntidetectFarm
from simulator.attacks.funding import FundedFarm
from simulator.attacks.hedged import HedgedGroup
from simulator.attacks.naive import NaiveFarm
from simulator.attacks.referral import ReferralFarm
from simulator.attacks.rings import WashRing
from simulator.attacks.subaccounts import UndeclaredSubs
from simulator.patterns import Patterns

ATTACKS: Final[Patterns] = (
    NaiveFarm(),
    AntidetectFarm(),
    FundedFarm(),
    HedgedGroup(),
    WashRing(),
    ReferralFarm(),
    UndeclaredSubs(),
)
