"""Curves: the fast, vectorised ways against plain definitions."""

from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seasons.curves import WEIGHT_LIMIT, check_total, weigh_one, weights
from seasons.formulas import Curve, CurveKind
from warehouse.errors import AllocationError

LINEAR, LOG = Curve(CurveKind.LINEAR), Curve(CurveKind.LOG)
VALUES = st.one_of(
    st.integers(0, 10**6), st.integers(0, 10**13), st.integers(0, 10**20), st.integers(0, 10**24)
)


def weighed(values: list[int], curve: Curve) -> list[int]:
    frame = pl.DataFrame(
        {
            "owner_id": [f"o{number}" for number in range(len(values))],
            "value": pl.Series(values, dtype=pl.Int128),
        }
    )
    result = weights(frame, curve)
    assert result.columns == ["owner_id", "weight"]
    assert result["owner_id"].equals(frame["owner_id"])
    return result["weight"].to_list()


def plain_log(value: int) -> int:
    """floor(10⁶ · ln(1 + v/10⁶)) with more digits than the rule asks for."""
    wide = Context(prec=80)
    logarithm = wide.ln(wide.divide(Decimal(10**6 + value), Decimal(10**6)))
    return int(wide.multiply(logarithm, Decimal(10**6)).to_integral_value(ROUND_FLOOR))


def plain_tiers(value: int, tiers: tuple[tuple[int, int], ...]) -> int:
    total = Fraction(0)
    for place, (start, rate) in enumerate(tiers):
        end = tiers[place + 1][0] if place + 1 < len(tiers) else value
        total += Fraction(rate, 10**6) * max(0, min(value, end) - start)
    return total.__floor__()


def test_a_linear_weight_is_the_value_in_millionths() -> None:
    assert weighed([0, 1, 10**24], LINEAR) == [0, 1, 10**24]


@given(st.lists(VALUES, min_size=1, max_size=30), st.integers(1, 9))
def test_a_power_weight_is_the_exact_integer_root(values: list[int], tenths: int) -> None:
    for value, weight in zip(values, weighed(values, Curve(CurveKind.POWER, tenths)), strict=True):
        # weight ≤ 10⁶ · (v/10⁶)^(n/10) < weight + 1, raised to the tenth power
        number = value**tenths * 10 ** (60 - 6 * tenths)
        assert weight**10 <= number < (weight + 1) ** 10


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_power_weight_is_right_on_both_sides_of_a_whole_root(tenths: int) -> None:
    roots = [10**6 * base**10 for base in (1, 2, 3, 7, 10)]
    values = [value for root in roots for value in (root - 1, root, root + 1)]
    for value, weight in zip(values, weighed(values, Curve(CurveKind.POWER, tenths)), strict=True):
        number = value**tenths * 10 ** (60 - 6 * tenths)
        assert weight**10 <= number < (weight + 1) ** 10


@given(st.lists(VALUES, min_size=1, max_size=30))
@example([0])
@example([1])
@example([10**6])
def test_a_log_weight_is_the_floor_of_the_decimal_logarithm(values: list[int]) -> None:
    assert weighed(values, LOG) == [plain_log(value) for value in values]


@settings(max_examples=50)
@given(st.lists(st.integers(1, 55_000_000), min_size=1, max_size=20))
def test_a_log_weight_is_right_where_the_logarithm_crosses_an_integer(marks: list[int]) -> None:
    wide = Context(prec=80)
    values = []
    for mark in marks:  # the smallest value whose weight is `mark`, and its neighbours
        crossing = wide.multiply(wide.exp(Decimal(mark) / 10**6) - 1, Decimal(10**6))
        value = int(crossing.to_integral_value(ROUND_FLOOR)) + 1
        values += [value - 1, value, value + 1]
    assert weighed(values, LOG) == [plain_log(value) for value in values]


@given(
    st.lists(VALUES, min_size=1, max_size=30),
    st.lists(st.integers(1, 10**13), max_size=4, unique=True),
    st.lists(st.integers(0, 10**7), min_size=5, max_size=5),
)
def test_tiers_are_marginal_and_floored_once(
    values: list[int], starts: list[int], rates: list[int]
) -> None:
    tiers = tuple(zip((0, *sorted(starts)), rates, strict=False))
    expected = [plain_tiers(value, tiers) for value in values]
    if sum(expected) < WEIGHT_LIMIT:
        assert weighed(values, Curve(CurveKind.TIERS, tiers=tiers)) == expected


@given(
    VALUES,
    st.sampled_from([LINEAR, LOG, *(Curve(CurveKind.POWER, tenths) for tenths in range(1, 10))]),
)
def test_one_value_alone_has_the_same_weight_as_in_a_frame(value: int, curve: Curve) -> None:
    assert weighed([value], curve) == [weigh_one(value, curve)]


@given(st.lists(VALUES, min_size=2, max_size=20), st.integers(1, 9))
def test_more_of_a_measure_never_weighs_less(values: list[int], tenths: int) -> None:
    values = sorted(values)
    for curve in (LINEAR, LOG, Curve(CurveKind.POWER, tenths)):
        assert weighed(values, curve) == sorted(weighed(values, curve))


def test_no_owners_have_no_weights() -> None:
    for curve in (LINEAR, LOG, Curve(CurveKind.POWER, 5), Curve(CurveKind.TIERS, tiers=((0, 1),))):
        assert weighed([], curve) == []


def test_a_total_of_ten_to_the_25_is_refused_before_it_can_wrap() -> None:
    assert weighed([WEIGHT_LIMIT - 1], LINEAR) == [WEIGHT_LIMIT - 1]
    for values in ([WEIGHT_LIMIT], [2**126, 2**126, 2**126, 2**126], [2**127 - 1, 2**127 - 1]):
        with pytest.raises(AllocationError, match="reaches 10"):
            weighed(values, LINEAR)
    with pytest.raises(AllocationError, match="leaves 128 bits"):
        weighed([10**34], Curve(CurveKind.TIERS, tiers=((0, 10**6),)))


def test_a_total_is_returned_where_it_is_in_bounds() -> None:
    assert check_total(pl.Series([1, 2, 3], dtype=pl.Int128)) == 6


def test_negative_and_missing_values_are_refused() -> None:
    with pytest.raises(AllocationError, match="negative or missing"):
        weighed([1, -1], LINEAR)
    frame = pl.DataFrame({"owner_id": ["a"], "value": pl.Series([None], dtype=pl.Int128)})
    with pytest.raises(AllocationError, match="negative or missing"):
        weights(frame, LINEAR)
