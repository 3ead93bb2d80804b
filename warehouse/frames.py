"""The frames that travel from the event files to the deciding packages, as one frozen record."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from warehouse.records import Week

USD_UNITS: Final = 10**10
"""Integer units of one USD: event files keep ten digits behind the point."""

MICROSECONDS_PER_HOUR: Final = 3_600_000_000


@dataclass(frozen=True)
class RoundTripRule:
    """What a round trip is, and whether it counts.

    Attributes:
        excluded: Whether trades of round trips count in no measure.
        hours: Lengths of the stretches within which owners are back.
        neutral_bps: Most that may be left over, of what an owner moved with its ring.
        least_taken_bps: Least part of what it moved that an owner has to have taken itself.
        least_fills: Fewest times that one has to have taken from another for a way.
    """

    excluded: bool
    hours: tuple[int, ...]
    neutral_bps: int
    least_taken_bps: int
    least_fills: int


@dataclass(frozen=True)
class Scope:
    """What of the activity is to be told apart when it is read.

    Attributes:
        excluded_kinds: Account kinds whose activity earns nobody anything.
        markets: Markets that some formula boosts. All others are added up under '', which keeps
            the roll-up as small as the number of accounts.
        round_trips: By which rule they are looked for; None is not at all, and all count.
    """

    excluded_kinds: tuple[str, ...]
    markets: tuple[str, ...] = ()
    round_trips: RoundTripRule | None = None


@dataclass(frozen=True)
class Wash:
    """What of a window's volume was traded in rings and came back; amounts in 10⁻¹⁰ USD (Int128).

    Attributes:
        markets: One row per market: notional (all that stood, each trade once) and of it own
            (one owner or one confirmed case on both sides), matched (inside rings), round_trip.
        owners: One row per owner_id who earns and was part of round trips: round_trip, the
            notional of its sides of them.
    """

    markets: pl.DataFrame
    owners: pl.DataFrame


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
        wash: The window's round trips; None where the scope has no rule for them.
    """

    week: Week
    scope: Scope
    fills: pl.DataFrame
    presence: pl.DataFrame
    balances: pl.DataFrame
    accounts: pl.DataFrame
    unknown: pl.DataFrame
    referrals: pl.DataFrame
    wash: Wash | None = None
