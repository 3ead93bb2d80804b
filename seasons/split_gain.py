"""What a formula pays for splitting: k accounts with equal parts of one trader's activity.

A trader does x of a pool's measure and, with one account, would hold a share s of the pool. With k
accounts each has x/k (or, of a measure that every account gets whole, x). Minimum, curve and cap
apply to each. The gain is what the k earn together, over what the one earns, minus one; computed in
integers and fractions by the curves themselves. Two numbers are given for each pool and k:

- typical: the median over a grid of sizes x, for a trader who is small against the pool (s near 0);
- worst: the largest over that grid and over shares s from near 0 to a quarter of the pool, where
  caps bind. What a cap takes from one account is re-spread over everyone; that small second effect
  is left out.

For the formula as a whole the pools' gains are weighed by their shares, as for a trader who is as
large in every pool.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from seasons.activity import MEASURE_BY_NAME, Splitting
from seasons.curves import MILLION, weigh_one
from seasons.formulas import BPS, REFERRED_POINTS, Formula, Pool

ACCOUNTS: Final = (2, 10, 100)
_SIZES: Final = tuple(
    digit * 10**exponent * MILLION for exponent in range(8) for digit in (1, 2, 5)
)
_COUNTS: Final = tuple(count * MILLION for count in (1, 2, 3, 5, 7))  # of days, of markets
_SHARES: Final = (Fraction(1, 1000), Fraction(1, 100), Fraction(1, 20), Fraction(1, 4))
_SMALL: Final = Fraction(0)


@dataclass(frozen=True)
class PoolGain:
    """What splitting gains in one pool.

    Attributes:
        pool: Its name.
        accounts: k.
        typical_bps: In basis points; 2,589 means that k accounts earn 25.89 % more than one.
        worst_bps: The same at the worst place.
        worst_size: Measure of the trader there, in millionths of the unit.
        worst_share_bps: What of the pool the trader holds there; 0 means next to nothing.
        unit: Of the measure.
    """

    pool: str
    accounts: int
    typical_bps: int
    worst_bps: int
    worst_size: int
    worst_share_bps: int
    unit: str


@dataclass(frozen=True)
class SplitGain:
    """What splitting into k accounts gains in a whole formula.

    Attributes:
        accounts: k.
        typical_bps: Of all pools, weighed by their shares.
        worst_bps: The same of their worst places.
        pools: Each pool apart, in the formula's order.
    """

    accounts: int
    typical_bps: int
    worst_bps: int
    pools: tuple[PoolGain, ...]


def split_gains(formula: Formula) -> tuple[SplitGain, ...]:
    """Return what splitting gains, for each of `ACCOUNTS`."""
    return tuple(_formula_gain(formula, accounts) for accounts in ACCOUNTS)


def warnings(formula: Formula, gains: tuple[SplitGain, ...]) -> tuple[str, ...]:
    """Return what an operator should know before sealing, one sentence each; empty if nothing."""
    found = [
        f"pool {pool.pool!r} pays for splitting: against one account, {pool.accounts} accounts "
        f"earn {_percent(pool.typical_bps)} as a rule and {_percent(pool.worst_bps)} at the worst"
        for gain in gains
        for pool in gain.pools
        if pool.accounts == 10 and pool.worst_bps > 0
    ]
    found += [
        f"pool {pool.name!r} pays referrers: a trader who refers further accounts of their own "
        "earns there what one account alone never would"
        for pool in formula.pools
        if pool.measure == REFERRED_POINTS
    ]
    return tuple(found)


def _percent(bps: int) -> str:
    return f"{bps / 100:+.2f} %"


def _formula_gain(formula: Formula, accounts: int) -> SplitGain:
    pools = tuple(_pool_gain(pool, accounts) for pool in formula.pools)
    shares = [pool.share_bps for pool in formula.pools]
    weighed = list(zip(shares, pools, strict=True))
    return SplitGain(
        accounts,
        round(Fraction(sum(share * gain.typical_bps for share, gain in weighed), BPS)),
        round(Fraction(sum(share * gain.worst_bps for share, gain in weighed), BPS)),
        pools,
    )


def _pool_gain(pool: Pool, accounts: int) -> PoolGain:
    places = list(_places(pool, accounts))
    typical = sorted(gain for gain, _, share in places if share == _SMALL)
    # Of gains that are shown alike the smallest trader is named, who needs least for it.
    worst, size, share = max(places, key=lambda at: (round(BPS * at[0]), -at[1], -at[2]))
    return PoolGain(
        pool=pool.name,
        accounts=accounts,
        typical_bps=round(BPS * typical[(len(typical) - 1) // 2]),
        worst_bps=round(BPS * worst),
        worst_size=size,
        worst_share_bps=round(BPS * share),
        unit=MEASURE_BY_NAME[pool.measure].unit,
    )


def _places(pool: Pool, accounts: int) -> Iterator[tuple[Fraction, int, Fraction]]:
    """Yield (gain, size, share) over the grid, for sizes that earn anything with one account."""
    copied = MEASURE_BY_NAME[pool.measure].splitting is Splitting.COPIED
    grid = _COUNTS if copied else _SIZES
    # The places where a curve bends or begins to pay belong to the grid as well.
    bends = {pool.minimum_millionths, *(start for start, _ in pool.curve.tiers)}
    bends |= {bend * accounts for bend in bends if not copied}
    for size in sorted({*grid, *bends}):
        whole = _weight(pool, size)
        part = _weight(pool, size if copied else size // accounts)
        if whole:
            for share in (_SMALL, *_SHARES):
                yield _gain(pool, share, Fraction(accounts * part, whole), accounts), size, share


def _weight(pool: Pool, value: int) -> int:
    return weigh_one(value, pool.curve) if value >= pool.minimum_millionths else 0


def _gain(pool: Pool, share: Fraction, ratio: Fraction, accounts: int) -> Fraction:
    """Return the gain of a trader who holds `share` of the pool and whose weight grows by `ratio`.

    The others hold 1 - share, so after splitting the trader holds
    ratio · share / (1 - share + ratio · share) before the cap.
    """
    if share == _SMALL:
        return ratio - 1
    cap = Fraction(BPS if pool.cap_bps is None else pool.cap_bps, BPS)
    split = ratio * share / (1 - share + ratio * share)
    return min(split, accounts * cap) / min(share, cap) - 1
