"""The rows of the six kinds of event files, each made from a week as it happened."""

from collections.abc import Callable
from typing import Final

import polars as pl

from simulator.feeds.accounts import account_rows
from simulator.feeds.balances import balance_rows
from simulator.feeds.fills import fill_rows
from simulator.feeds.logins import login_rows
from simulator.feeds.referrals import referral_rows
from simulator.feeds.transfers import transfer_rows
from simulator.feeds.week import Week
from warehouse.schemas import ACCOUNTS, BALANCES, FILLS, LOGINS, REFERRALS, TRANSFERS, EventKind

# Which function makes the rows of a kind, in the order of its instant and in whole units.
ROWS: Final[tuple[tuple[EventKind, Callable[[Week], pl.DataFrame]], ...]] = (
    (ACCOUNTS, account_rows),
    (REFERRALS, referral_rows),
    (FILLS, fill_rows),
    (BALANCES, balance_rows),
    (TRANSFERS, transfer_rows),
    (LOGINS, login_rows),
)
ID_PREFIX: Final = {
    "fills": "F",
    "referrals": "R",
    "balances": "B",
    "transfers": "T",
    "logins": "L",
}
