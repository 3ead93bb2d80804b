"""The measures: what a pool may pay for, and their exact values (docs/design.md, section 3).

The order is fixed: exact sum of the measure per owner, market and role, then boosts, then one
floor to millionths of the measure's unit. Nothing is rounded before that floor.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

import polars as pl

from seasons.formulas import BPS, Formula, Pool
from seasons.terms import TIERS, Eligibility, QualifiedVolume
from warehouse.errors import AllocationError
from warehouse.frames import MICROSECONDS_PER_HOUR, USD_UNITS, Activity, Scope


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

MILLIONTHS: Final = 10**6
"""Of a measure's unit: what values are floored to."""

_LARGEST: Final = 2**127 - 1
_NOTIONALS: Final = ("spot_notional", "perp_notional", "equity_notional")
_SUM_BY_MEASURE: Final = {
    "spot_notional_usd": "spot_notional",
    "perp_notional_usd": "perp_notional",
    "equity_notional_usd": "equity_notional",
    "fees_usd": "fees",
    "net_fees_usd": "net_fees",
    "realised_pnl_abs_usd": "realised_pnl_abs",
}
_ROLE_BY_MEASURE: Final = {"maker_notional_usd": "maker", "taker_notional_usd": "taker"}
_BALANCE_BY_MEASURE: Final = {
    "open_interest_usd_hours": "position",
    "lent_usd_hours": "lent",
    "borrowed_usd_hours": "borrowed",
    "collateral_usd_hours": "collateral",
}
_PRESENCE_MEASURES: Final = ("trading_days", "markets_traded")
_RAW_UNITS_BY_UNIT: Final = {"USD": USD_UNITS, "USD hours": USD_UNITS * MICROSECONDS_PER_HOUR}


def scope_of(
    formula: Formula, eligibility: Eligibility, qualified: QualifiedVolume | None = None
) -> Scope:
    """Return what has to be told apart when the activity of a week is read.

    Args:
        formula: The week's.
        eligibility: Of the season's terms.
        qualified: Likewise; without it nobody looks for round trips, and all count.
    """
    boosted = {market for pool in formula.pools for market in pool.boosts.market}
    rule = None if qualified is None else qualified.rule
    return Scope(tuple(sorted(eligibility.excluded_kinds)), tuple(sorted(boosted)), rule)


def measure_values(activity: Activity, pool: Pool, tiers: pl.DataFrame) -> pl.DataFrame:
    """Return what a pool measures, after boosts and the one floor.

    Args:
        activity: Of eligible owners (`seasons.eligibility.of_eligible`).
        pool: Names the measure and the boosts; not 'referred_points', which is known only when the
            other pools are split.
        tiers: One row per owner: owner_id, tier before this week; who is missing is Bronze.

    Returns:
        One row per owner with a value: owner_id ascending, value in millionths of the measure's
        unit (Int128, positive).

    Raises:
        AllocationError: A value may be beyond 128 bits.
        ValueError: The activity was not read with the markets that the pool boosts.
    """
    measure = MEASURE_BY_NAME[pool.measure]
    boosts = _boosts(activity, pool, measure)
    scale = Fraction(MILLIONTHS, _RAW_UNITS_BY_UNIT.get(measure.unit, 1))
    scale /= math.prod(boost.none for boost in boosts)
    rows = _with_tiers(_amounts(activity, measure).filter(pl.col("amount") > 0), tiers)
    _check_bounds(rows, math.prod(boost.greatest for boost in boosts) * scale.numerator)
    boosted = pl.col("amount")
    for boost in boosts:
        boosted *= boost.numerator()
    exact = boosted.sum() * _int128(scale.numerator)
    values = rows.group_by("owner_id").agg((exact // _int128(scale.denominator)).alias("value"))
    return values.filter(pl.col("value") > 0).sort("owner_id")


def _with_tiers(amounts: pl.DataFrame, tiers: pl.DataFrame) -> pl.DataFrame:
    standing = tiers.select("owner_id", pl.col("tier").cast(pl.String))
    rows = amounts.join(standing, on="owner_id", how="left")
    return rows.with_columns(pl.col("tier").fill_null(TIERS[0]))


@dataclass(frozen=True)
class _Boost:
    """Factors by the value of one column, as numerators over `none`, the factor of no boost."""

    column: str
    numerators: Mapping[str, int]
    none: int

    @property
    def greatest(self) -> int:
        return max((self.none, *self.numerators.values()))

    def numerator(self) -> pl.Expr:
        if not self.numerators:
            return _int128(self.none)
        return pl.col(self.column).replace_strict(
            dict(self.numerators), default=self.none, return_dtype=pl.Int128
        )


def _boost(column: str, bps_by_value: Mapping[str, int]) -> _Boost:
    shared = math.gcd(BPS, *bps_by_value.values())
    reduced = {value: bps // shared for value, bps in bps_by_value.items()}
    return _Boost(column, reduced, BPS // shared)


def _boosts(activity: Activity, pool: Pool, measure: Measure) -> tuple[_Boost, ...]:
    by_tier = _boost("tier", pool.boosts.tier)
    if not measure.by_market:
        return (by_tier,)
    missing = sorted(set(pool.boosts.market) - set(activity.scope.markets))
    if missing:
        raise ValueError(f"the activity was read without keeping {missing!r} apart")
    by_role = _boost("role", {"maker": pool.boosts.maker_bps})
    return (_boost("market", pool.boosts.market), by_role, by_tier)


def _amounts(activity: Activity, measure: Measure) -> pl.DataFrame:
    """Return the exact amounts: owner_id, amount (Int128), and market, role where they matter.

    An owner may have several rows; they are added up when they are boosted.
    """
    if measure.by_market:
        return _amounts_by_market(activity.fills, measure.name)
    if measure.name in _PRESENCE_MEASURES:
        amount = pl.col(measure.name).cast(pl.Int128).alias("amount")
        return activity.presence.select("owner_id", amount)
    if measure.name in _BALANCE_BY_MEASURE:
        rows = activity.balances.filter(pl.col("kind") == _BALANCE_BY_MEASURE[measure.name])
        return rows.select("owner_id", pl.col("usd_time").alias("amount"))
    return _amounts_of_referees(activity, measure.name)


def _amounts_by_market(fills: pl.DataFrame, name: str) -> pl.DataFrame:
    columns = _NOTIONALS if name in _ROLE_BY_MEASURE else (_SUM_BY_MEASURE[name],)
    if name in _ROLE_BY_MEASURE:
        fills = fills.filter(pl.col("role") == _ROLE_BY_MEASURE[name])
    return pl.concat(
        fills.select("owner_id", "market", "role", pl.col(column).alias("amount"))
        for column in columns
    )


def _amounts_of_referees(activity: Activity, name: str) -> pl.DataFrame:
    if name == "active_referees":
        active = activity.presence.select("owner_id", amount=_int128(1))
    elif name == "referred_net_fees_usd":
        active = activity.fills.select("owner_id", pl.col("net_fees").alias("amount"))
    else:
        raise ValueError(f"{name!r} is known only when the other pools are split")
    edges = activity.referrals.join(active, left_on="referee_id", right_on="owner_id")
    return edges.select(pl.col("referrer_id").alias("owner_id"), "amount")


def _int128(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.Int128)


def _check_bounds(rows: pl.DataFrame, factor: int) -> None:
    """Check with Python's integers what Polars would wrap silently; names no pool, it is sealed."""
    if rows.is_empty():
        return
    most_rows: int = rows.group_by("owner_id").len().select(pl.max("len")).item()
    greatest: int = rows.select(pl.max("amount")).item()
    if greatest * most_rows * factor > _LARGEST:
        raise AllocationError(
            "an owner's activity times a pool's boosts may be more than 128 bits hold; "
            "look for absurd amounts in the week's events"
        )
