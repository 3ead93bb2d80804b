"""The measures: what a pool may pay for, and their exact values (docs/design.md, section 3).

The order is fixed: exact sum of the measure per owner, market and role, then boosts, then one
floor to millionths of the measure's unit. Nothing is rounded before that floor.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Splitting(StrEnum):
    """What becomes of a measure when a trader deals through k accounts in equal parts."""

    ADDITIVE = "additive"  # each account has a k-th part of it
    COPIED = "copied"  # each account has all of it


@dataclass(frozen=True)
class Measure:
    """A quantity of activity per owner and week.

    Attributes:
        name: As formulas write it.
        unit: Of one whole x that a curve works on.
        description: One sentence.
        splitting: What dealing through several accounts does to it.
        by_market: Whether it is a sum over markets and roles, so that market and maker boosts
            have a meaning.
    """

    name: str
    unit: str
    description: str
    splitting: Splitting = Splitting.ADDITIVE
    by_market: bool = False


MEASURES: Final = (
    Measure(
        "spot_notional_usd",
        "USD",
        "Notional of counted spot trades, either side.",
        by_market=True,
    ),
    Measure(
        "perp_notional_usd",
        "USD",
        "Notional of counted perpetual trades, either side.",
        by_market=True,
    ),
    Measure(
        "equity_notional_usd",
        "USD",
        "Notional of counted trades in tokenised equities, either side.",
        by_market=True,
    ),
    Measure(
        "maker_notional_usd",
        "USD",
        "Notional of counted trades as maker, all products.",
        by_market=True,
    ),
    Measure(
        "taker_notional_usd",
        "USD",
        "Notional of counted trades as taker, all products.",
        by_market=True,
    ),
    Measure(
        "fees_usd",
        "USD",
        "Fees paid on counted trades; a rebate is no negative fee.",
        by_market=True,
    ),
    Measure(
        "net_fees_usd",
        "USD",
        "What the venue keeps of counted trades after rebates and referral payments, credited to "
        "those who paid a fee, in proportion.",
        by_market=True,
    ),
    Measure(
        "realised_pnl_abs_usd",
        "USD",
        "Sum over counted trades of the absolute realised profit or loss.",
        by_market=True,
    ),
    Measure(
        "open_interest_usd_hours",
        "USD hours",
        "Absolute position, netted across the owner's accounts per asset, times how long it stood.",
    ),
    Measure("lent_usd_hours", "USD hours", "Amounts lent, times how long they were."),
    Measure("borrowed_usd_hours", "USD hours", "Amounts borrowed, times how long they were."),
    Measure(
        "collateral_usd_hours", "USD hours", "Collateral deposited, times how long it lay there."
    ),
    Measure(
        "trading_days",
        "days",
        "UTC days of the window with at least one counted trade.",
        Splitting.COPIED,
    ),
    Measure(
        "markets_traded",
        "markets",
        "Markets with at least one counted trade.",
        Splitting.COPIED,
    ),
    Measure(
        "active_referees",
        "referees",
        "Directly referred eligible owners with at least one counted trade.",
    ),
    Measure(
        "referred_net_fees_usd",
        "USD",
        "Net fees of directly referred eligible owners.",
    ),
    Measure(
        "referred_points",
        "points",
        "Points that directly referred owners earned in the week's other pools.",
    ),
)
MEASURE_BY_NAME: Final[dict[str, Measure]] = {measure.name: measure for measure in MEASURES}
