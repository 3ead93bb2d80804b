"""From a measure to a weight: weight = floor(10⁶ · f(x)), x in whole units, exact on any machine.

A value v is in millionths of the unit, so x = v / 10⁶. No float decides: a float may propose, and
what it proposes is either checked by integers (power) or taken only where the distance to the next
integer is larger than any error that it can have (log).
"""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from seasons.formulas import Curve, CurveKind
from warehouse.errors import AllocationError

MILLION: Final = 1_000_000
WEIGHT_LIMIT: Final = 10**25  # times 10¹³ micropoints this stays below 2¹²⁷
_INT128_LIMIT: Final = 2**127
_DIGITS_40: Final = Context(prec=40, rounding=ROUND_FLOOR)
_EXACT: Final = Context(prec=100)


def weights(values: pl.DataFrame, curve: Curve) -> pl.DataFrame:
    """Return each owner's weight in a pool.

    Args:
        values: owner_id str, value Int128 (millionths of the measure's unit, not negative).
        curve: From measure to weight.

    Returns:
        owner_id str, weight Int128, one row per row of `values`, in its order.

    Raises:
        AllocationError: A value is negative or missing, or the total weight reaches 10²⁵.
    """
    value = values["value"].cast(pl.Int128)
    least, most = _range(value)
    if least < 0 or value.null_count():
        raise AllocationError("a value of a measure is negative or missing; it cannot be weighed")
    weight = _weigh(value, most, curve)
    check_total(weight)
    return values.select("owner_id").with_columns(weight.alias("weight"))


def check_total(weight: pl.Series) -> int:
    """Return the total of Int128 weights, none of them negative, as long as it is below 10²⁵.

    Raises:
        AllocationError: It is not, so weight times micropoints might leave 128 bits.
    """
    # Polars' Int128 wraps silently, so the largest is looked at before anything is added up.
    _, most = _range(weight)
    if most * len(weight) < _INT128_LIMIT and (total := int(weight.sum())) < WEIGHT_LIMIT:
        return total
    raise AllocationError(
        "the total weight of a pool reaches 10^25, which cannot be split exactly; "
        "use a flatter curve or smaller rates"
    )


def weigh_one(value: int, curve: Curve) -> int:
    """Return the weight of one value, in plain Python: the definition of the curves.

    Args:
        value: Millionths of the unit, not negative.
        curve: From measure to weight.
    """
    match curve.kind:
        case CurveKind.LINEAR:
            return value
        case CurveKind.POWER:
            return _power(value, curve.tenths)
        case CurveKind.LOG:
            return _log_by_decimals(value)
        case CurveKind.TIERS:
            return (
                sum(
                    rate * (min(value, end) - start)
                    for start, end, rate in _segments(curve.tiers, value)
                    if value > start
                )
                // MILLION
            )


def _range(series: pl.Series) -> tuple[int, int]:
    least, most = series.min(), series.max()
    return (least, most) if isinstance(least, int) and isinstance(most, int) else (0, 0)


def _weigh(value: pl.Series, most: int, curve: Curve) -> pl.Series:
    match curve.kind:
        case CurveKind.LINEAR:
            return value  # 10⁶ · x is the value itself
        case CurveKind.POWER:
            return _by_distinct(value, lambda distinct: _powers(distinct, curve.tenths))
        case CurveKind.LOG:
            return _by_distinct(value, _logs)
        case CurveKind.TIERS:
            return _tiers(value, most, curve.tiers)


def _by_distinct(value: pl.Series, weigh: Callable[[list[int]], list[int]]) -> pl.Series:
    distinct = value.unique()
    weighed = pl.Series("weight", weigh(distinct.to_list()), dtype=pl.Int128)
    return value.replace_strict(distinct, weighed, return_dtype=pl.Int128)


# Power: w = floor(10⁶ · (v/10⁶)^(n/10)), that is the largest w with w¹⁰ ≤ vⁿ · 10^(60-6n) ------


def _powers(values: list[int], tenths: int) -> list[int]:
    exponent, scale, factor = tenths / 10, 10.0 ** (6 - 0.6 * tenths), 10 ** (60 - 6 * tenths)
    return [
        _tenth_root(value**tenths * factor, int(float(value) ** exponent * scale))
        for value in values
    ]


def _power(value: int, tenths: int) -> int:
    return _powers([value], tenths)[0]


def _tenth_root(number: int, near: int) -> int:
    """Return floor(number^(1/10)); `near` is a guess that only saves time."""
    if near**10 <= number < (near + 1) ** 10:
        return near
    if number == 0:
        return 0
    # Newton on integers: one step from anywhere lands on the root or above it (the mean of ten
    # numbers is at least their geometric mean), and from there steps fall until the root.
    root = _newton_step(number, max(near, 1))
    while (lower := _newton_step(number, root)) < root:
        root = lower
    return root


def _newton_step(number: int, root: int) -> int:
    return (9 * root + number // root**9) // 10


# Log: w = floor(10⁶ · ln(1+x)) at 40 digits ----------------------------------------------------

# Decimal.ln takes some 44 µs, nine seconds for 200,000 owners. So doubles propose 10⁶ · ln(1+x),
# and Decimal decides wherever the proposal lies within MARGIN of an integer.
#
# Why MARGIN is enough. Only the four operations of IEEE 754 are used, each within u = 2⁻⁵³ of
# the exact result, and no library's logarithm, whose accuracy nobody promises.
#   y = 1 + v/10⁶ has a relative error of at most 3u, which moves ln y by at most 4u.
#   y = m · 2^e is exact, m in [0.70, 1.42). s = (m-1)/(m+1) has three operations, one of them a
#   difference of doubles within a factor of two of each other and so exact: at most 3u of s.
#   ln m = 2s · (1 + z/3 + z²/5 + ... + z¹³/27), z = s² < 0.0296. What is left out is below
#   2s · z¹⁴/29/(1-z) < 2⁻⁷⁰; the sum is taken by Horner's rule with positive terms, so 14 times two
#   rounded operations and z's own error stay within 60u of |ln m| < 0.35, which is 21u.
#   e · ln 2 with |e| < 108 is below 75 and off by at most 2u of it, 150u; adding ln m costs 75u.
# Together below 300u, times 10⁶ and that product's own rounding of 75 · 10⁶ · u: below 2⁻²⁴.
# MARGIN is 64 times that, and still only one value in 100,000 has to ask Decimal.
_MARGIN: Final = 2.0**-18
_LN2: Final = 0.6931471805599453
_ROOT_HALF: Final = 0.7071067811865476


def _logs(values: list[int]) -> list[int]:
    proposed = _propose_logs(np.array([float(value) for value in values], dtype=np.float64))
    floors = np.floor(proposed)
    certain = (proposed - floors > _MARGIN) & (floors + 1.0 - proposed > _MARGIN)
    return [
        int(floor) if sure else _log_by_decimals(value)
        for value, floor, sure in zip(values, floors.tolist(), certain.tolist(), strict=True)
    ]


def _propose_logs(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mantissa, exponent = np.frexp(1.0 + values / 1e6)
    low = mantissa < _ROOT_HALF
    mantissa = np.where(low, 2.0 * mantissa, mantissa)
    exponent = np.where(low, exponent - 1, exponent)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = np.full_like(z, 1.0 / 27.0)
    for odd in range(25, 0, -2):
        series = series * z + 1.0 / odd
    result: npt.NDArray[np.float64] = 1e6 * (exponent * _LN2 + 2.0 * s * series)
    return result


def _log_by_decimals(value: int) -> int:
    ratio = _EXACT.divide(
        Decimal(MILLION + value), Decimal(MILLION)
    )  # exact, a shift by six digits
    logarithm = _DIGITS_40.ln(ratio)
    return int(_DIGITS_40.multiply(logarithm, Decimal(MILLION)).to_integral_value(ROUND_FLOOR))


# Tiers: w = floor(Σ rate · what of v lies in the tier / 10⁶), rates in millionths --------------


def _tiers(value: pl.Series, most: int, tiers: tuple[tuple[int, int], ...]) -> pl.Series:
    if most * max(rate for _, rate in tiers) >= _INT128_LIMIT:
        raise AllocationError("a value times its tier's rate leaves 128 bits; use smaller rates")
    parts = [
        (pl.col("value").clip(start, end) - start) * pl.lit(rate, dtype=pl.Int128)
        for start, end, rate in _segments(tiers, most)
    ]
    total = pl.sum_horizontal(parts) // pl.lit(MILLION, dtype=pl.Int128)
    return value.to_frame("value").select(total.alias("weight"))["weight"]


def _segments(tiers: tuple[tuple[int, int], ...], most: int) -> list[tuple[int, int, int]]:
    """Return (start, end, rate) of the tiers that values up to `most` reach."""
    ends = [start for start, _ in tiers[1:]] + [max(most, tiers[-1][0])]
    return [
        (start, end, rate) for (start, rate), end in zip(tiers, ends, strict=True) if start <= most
    ]
