"""Prices of the synthetic markets: whole, positive, related as real ones are, the same again."""

import numpy as np
import pytest

from simulator.markets import ASSETS, LIQUID, MARKETS, THIN
from simulator.prices import INTEREST, MOST_FUNDING, Prices, draw_prices
from simulator.season import SeasonPlan

PLAN = SeasonPlan(2, weeks=10)


@pytest.fixture(scope="module")
def prices() -> Prices:
    return draw_prices(PLAN)


def path(prices: Prices, name: str) -> np.ndarray:
    row = [market.name for market in MARKETS].index(name)
    return prices.mid[row] / prices.mid[row, 0]


def test_every_minute_has_a_positive_price_in_whole_ticks(prices) -> None:
    assert prices.mid.dtype == np.int64
    assert prices.mid.shape == (len(MARKETS), PLAN.days * 24 * 60)
    assert (prices.mid > 0).all()


def test_notional_is_a_whole_number_of_micro_usd() -> None:
    assert all(market.tick * market.lot % 10**8 == 0 for market in MARKETS)
    assert {market.asset for market in MARKETS} == {asset.name for asset in ASSETS}
    assert len(THIN) >= 4
    assert not set(THIN) & set(LIQUID)


def test_another_season_of_the_seed_has_the_same_prices_and_another_seed_others(prices) -> None:
    assert (draw_prices(PLAN).mid == prices.mid).all()
    assert (draw_prices(SeasonPlan(3, weeks=10)).mid != prices.mid).any()


def test_a_perp_stays_near_its_asset(prices) -> None:
    for asset in ("BTC", "ETH", "SOL"):
        basis = path(prices, f"{asset}-PERP") / path(prices, f"{asset}-USDC") - 1
        assert 0 < np.abs(basis).mean() < 0.005
        assert np.abs(basis).max() < 0.02


def test_assets_move_together_in_part(prices) -> None:
    hours = [np.diff(path(prices, name)[::60]) for name in ("BTC-PERP", "ETH-PERP", "KMNO-PERP")]
    near, far = np.corrcoef(hours)[0, 1:]
    assert 0.5 < near < 0.95
    assert 0.1 < far < near


def test_wild_times_follow_calm_ones(prices) -> None:
    """A day's size of moves differs from day to day much more than an even walk's would."""
    moves = np.diff(path(prices, "SOL-PERP")[:: 60 * 24])
    hourly = np.abs(np.diff(path(prices, "SOL-PERP")[::60]))[: 24 * 68].reshape(68, 24).mean(axis=1)
    assert 0.005 < moves.std() < 0.2
    assert hourly.max() > 2.5 * np.median(hourly)


def test_funding_is_paid_on_perps_alone_and_stays_within_bounds(prices) -> None:
    for market, mid, funding in zip(MARKETS, prices.mid, prices.funding, strict=True):
        if market.product != "perp":
            assert not funding.any()
            continue
        rate = np.diff(funding) * 1_000 / (mid[479::480] * market.unit)
        assert np.abs(rate).max() <= MOST_FUNDING + 1
        assert abs(np.median(rate) - INTEREST) < 200
