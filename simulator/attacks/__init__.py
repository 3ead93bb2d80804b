"""Attacks A1 to A15: what farms do, level by level of evasion.

What the accounts of a farm share is what a detector can find.
"""

from typing import Final

from simulator.attacks.adaptive import AdaptiveFarm
from simulator.attacks.antidetect import AntidetectFarm
from simulator.attacks.bought import BoughtAccounts
from simulator.attacks.funding import FundedFarm
from simulator.attacks.hedged import HedgedGroup
from simulator.attacks.loops import LendingLoops
from simulator.attacks.naive import NaiveFarm
from simulator.attacks.playbook import PlaybookGroup
from simulator.attacks.poisoning import Poisoners
from simulator.attacks.referral import ReferralFarm
from simulator.attacks.replay import StaggeredReplay
from simulator.attacks.rings import WashRing
from simulator.attacks.splitting import SplitPot
from simulator.attacks.subaccounts import UndeclaredSubs
from simulator.attacks.surge import LateSurge
from simulator.patterns import Patterns

ATTACKS: Final[Patterns] = (
    NaiveFarm(),
    AntidetectFarm(),
    FundedFarm(),
    HedgedGroup(),
    WashRing(),
    ReferralFarm(),
    StaggeredReplay(),
    BoughtAccounts(),
    UndeclaredSubs(),
    LendingLoops(),
    SplitPot(),
    Poisoners(),
    LateSurge(),
    AdaptiveFarm(),
    PlaybookGroup(),
)
