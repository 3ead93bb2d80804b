"""What a formula is: pools that share a week's emission (docs/design.md, section 3, Formula)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BPS = 10_000
REFERRED_POINTS = "referred_points"
"""The measure of the referral pool, which is split last, on what referees earned in the others."""


class CurveKind(StrEnum):
    """How a weight grows with a measure."""

    LINEAR = "linear"
    POWER = "power"
    LOG = "log"
    TIERS = "tiers"


@dataclass(frozen=True)
class Curve:
    """weight = floor(10⁶ · f(x)), x in whole units of the measure.

    Attributes:
        kind: Which f.
        tenths: Of a power curve, n in x^(n/10), 1 to 9.
        tiers: Of a tiers curve, (from, rate) in millionths, marginal, `from` ascending from 0.
    """

    kind: CurveKind
    tenths: int = 10
    tiers: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Boosts:
    """Factors in basis points, 10,000 being none; they multiply.

    Attributes:
        maker_bps: For what an owner did as maker.
        market: By market.
        tier: By the owner's tier before this week.
    """

    maker_bps: int = BPS
    market: Mapping[str, int] = field(default_factory=dict)
    tier: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """A share of the emission, split by one measure and one curve.

    Attributes:
        name: Unique in its formula.
        share_bps: Of the emission; a formula's pools add up to 10,000.
        measure: One of `seasons.activity.MEASURES`.
        curve: From measure to weight.
        minimum_millionths: Least value of the measure, after boosts, that qualifies.
        cap_bps: Most of the pool that one owner may get; None means no cap.
        boosts: Applied to the exact sums before the one floor.
    """

    name: str
    share_bps: int
    measure: str
    curve: Curve
    minimum_millionths: int = 0
    cap_bps: int | None = None
    boosts: Boosts = field(default_factory=Boosts)


@dataclass(frozen=True)
class Formula:
    """A week's set of pools, in the order of its file."""

    pools: tuple[Pool, ...]
