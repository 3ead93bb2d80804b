"""The frames that travel from the event files to the deciding packages, as one frozen record."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from warehouse.records import Week

USD_UNITS: Final = 10**10
"""Integer units of one USD: event files keep ten digits behind the point."""

MICROSECONDS_PER_HOUR: Final = 3_600_000_000


@dataclass(frozen=True)
class Scope:
    """What of the activity is to be told apart when it is read.

    Attributes:
        excluded_kinds: Account kinds whose activity earns nobody anything.
        markets: Markets that some formula boosts. All others are added up under '', which keeps
            the roll-up as small as the number of accounts.
    """

    excluded_kinds: tuple[str, ...]
    markets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Activity:
    """What the owners did in one window: integers, sorted by the columns that identify a row.

    Activity of accounts that are unknown at the close, or of an excluded kind, is in none of the
    sums.

    Attributes:
        week: The week whose window was read.
        scope: How it was read.
        fills: One row per (owner_id, market, role); role is 'maker' or 'taker', market '' stands
            for all that the scope does not keep apart. spot_notional, perp_notional,
            equity_notional, fees, net_fees and realised_pnl_abs in 10⁻¹⁰ USD (Int128).
        presence: One row per owner_id with a counted trade: trading_days, markets_traded (Int64).
        balances: One row per (owner_id, kind): usd_time in 10⁻¹⁰ USD × µs (Int128); kind
            'position' is netted across the owner's accounts per asset.
        accounts: One row per account_id in force at the window's end: owner_id, kind, country,
            kyc_level (Int64), active (whether it had activity in the window).
        unknown: One row per account_id with activity that is unknown at the close.
        referrals: One row per referee_id: referrer_id; owners, each bound to one other, no edge of
            a cycle among them.
    """

    week: Week
    scope: Scope
    fills: pl.DataFrame
    presence: pl.DataFrame
    balances: pl.DataFrame
    accounts: pl.DataFrame
    unknown: pl.DataFrame
    referrals: pl.DataFrame
