"""Split gain: the numbers that one can work out on paper."""

import pytest

from seasons.formulas import REFERRED_POINTS, Curve, CurveKind, Formula, Pool
from seasons.split_gain import SplitGain, split_gains, warnings

LINEAR = Curve(CurveKind.LINEAR)


def gains(**pool) -> dict[int, SplitGain]:
    whole = Pool(
        **{"name": "x", "share_bps": 10_000, "measure": "fees_usd", "curve": LINEAR} | pool
    )
    return {gain.accounts: gain for gain in split_gains(Formula((whole,)))}


def test_a_linear_pool_pays_nothing_for_splitting() -> None:
    assert [(gain.typical_bps, gain.worst_bps) for gain in gains().values()] == [(0, 0)] * 3


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_power_curve_pays_k_to_what_it_leaves_out(tenths: int) -> None:
    for accounts, gain in gains(curve=Curve(CurveKind.POWER, tenths)).items():
        expected = 10_000 * (accounts ** (1 - tenths / 10) - 1)
        assert gain.typical_bps == pytest.approx(expected, abs=expected / 1000 + 1)


def test_ten_accounts_gain_a_quarter_under_power_nine_tenths() -> None:
    assert gains(curve=Curve(CurveKind.POWER, 9))[10].typical_bps == 2589


def test_a_logarithm_pays_most_of_the_full_price_of_every_account() -> None:
    gain = gains(curve=Curve(CurveKind.LOG))[10]
    assert gain.typical_bps > 50_000
    assert gain.worst_bps < 90_000


def test_a_measure_that_every_account_gets_whole_pays_for_each() -> None:
    gain = gains(measure="trading_days")
    assert {accounts: gain[accounts].typical_bps for accounts in gain} == {
        2: 10_000,
        10: 90_000,
        100: 990_000,
    }


def test_falling_tiers_pay_at_the_bend_and_not_below_it() -> None:
    falling = Curve(CurveKind.TIERS, tiers=((0, 1_000_000), (1_000_000_000, 100_000)))
    gain = gains(curve=falling)[2]
    assert gain.typical_bps < 10  # most sizes lie far from the bend
    # at twice the bend: 1000 + 100 with one account, 1000 + 1000 with two
    place = gain.pools[0]
    assert gain.worst_bps >= round(10_000 * (2000 / 1100 - 1))
    assert place.worst_size >= 2_000_000_000


def test_rising_tiers_and_minima_make_splitting_lose() -> None:
    rising = Curve(CurveKind.TIERS, tiers=((0, 0), (10_000_000_000, 1_000_000)))
    assert gains(curve=rising)[10].worst_bps <= 0
    assert gains(minimum_millionths=1_000_000)[10].worst_bps == 0


def test_a_cap_pays_for_splitting_as_far_as_it_binds() -> None:
    gain = gains(cap_bps=200)[10]
    assert gain.typical_bps == 0
    # a quarter of the pool, cut to 2 %: ten accounts take 20 %
    assert (gain.worst_bps, gain.pools[0].worst_share_bps) == (90_000, 2500)


def test_a_formula_is_the_mean_of_its_pools_by_share() -> None:
    formula = Formula(
        (
            Pool("a", 7500, "fees_usd", LINEAR),
            Pool("b", 2500, "fees_usd", Curve(CurveKind.POWER, 9)),
        )
    )
    by_accounts = {gain.accounts: gain for gain in split_gains(formula)}
    assert by_accounts[10].typical_bps == round(2589 / 4)
    assert [pool.pool for pool in by_accounts[10].pools] == ["a", "b"]
    (warning,) = warnings(formula, split_gains(formula))
    assert "'b'" in warning
    assert "+25.89 %" in warning


def test_a_referral_pool_is_warned_about() -> None:
    formula = Formula(
        (Pool("a", 9000, "fees_usd", LINEAR), Pool("r", 1000, REFERRED_POINTS, LINEAR))
    )
    (warning,) = warnings(formula, split_gains(formula))
    assert "'r' pays referrers" in warning
