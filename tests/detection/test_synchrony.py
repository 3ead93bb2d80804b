"""Accounts that start together, against chance."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import poisson

from detection.synchrony import (
    Window,
    find_synchrony,
    linked_surprise,
    pair_links,
    surprise,
    within,
)

HOUR = Window(3_600, 0.01)
YEAR = 365 * 86_400


def crowd(seed: int, accounts: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Strangers: any time of a year, any volume of three magnitudes."""
    draw = np.random.default_rng(seed)
    return draw.uniform(0, YEAR, accounts), draw.uniform(np.log(1e3), np.log(1e6), accounts)


def test_strangers_are_not_synchronous() -> None:
    assert find_synchrony(*crowd(1), HOUR).synchronous.sum() == 0


def test_a_script_over_ten_accounts_is() -> None:
    times, volumes = crowd(2)
    times[:10], volumes[:10] = times[0] + 60 * np.arange(10), volumes[0] + 1e-4 * np.arange(10)
    found = find_synchrony(times, volumes, HOUR)
    assert found.synchronous[:10].all()
    assert found.synchronous.sum() == 10
    assert (found.partners[:10] >= 9).all()


def test_a_busy_hour_and_a_common_volume_surprise_nobody() -> None:
    times, volumes = crowd(3)
    times[:400] = times[0]  # a campaign opens
    volumes[200:600] = volumes[200]  # a guide names a sum; half of the crowd read it
    found = find_synchrony(times, volumes, HOUR)
    shared = np.arange(200, 400)
    assert found.partners[shared].min() >= 199
    # 200 of 4,000 are in both where 40 would be by chance: that is a campaign, and it shows.
    assert found.synchronous[shared].all()
    assert not found.synchronous[:200].any()
    assert not found.synchronous[400:].any()


def test_one_partner_is_never_enough() -> None:
    times, volumes = crowd(4)
    times[0], volumes[0] = 10 * YEAR, np.log(1e9)
    times[1], volumes[1] = times[0] + 5, volumes[0]
    found = find_synchrony(times, volumes, HOUR)
    assert found.partners[0] == 1
    assert not found.synchronous[:2].any()


def test_pairs_are_those_of_two_loops() -> None:
    times, volumes = crowd(5, 60)
    window = Window(YEAR / 5, 1.0)
    listed = [
        (a, b)
        for a in range(60)
        for b in range(a + 1, 60)
        if abs(times[a] - times[b]) <= window.seconds
        and abs(volumes[a] - volumes[b]) <= window.log_volume
    ]
    found = find_synchrony(times, volumes, window)
    assert found.pairs.tolist() == [list(pair) for pair in listed]
    links = pair_links(found.pairs, 60).toarray()
    assert (links == links.T).all()
    assert links.sum(axis=1).tolist() == found.partners.tolist()


def test_the_surprise_is_that_of_the_poisson_distribution() -> None:
    bits = surprise(np.array([0, 1, 5]), np.array([2.0, 2.0, 0.1]))
    assert bits[0] == 0
    assert bits[1] == pytest.approx(-math.log10(poisson.sf(0, 2.0)))
    assert bits[2] == pytest.approx(-math.log10(poisson.sf(4, 0.1)))
    assert np.isfinite(surprise(np.array([10_000]), np.array([1e-6]))).all()


def test_nobody_is_no_trouble() -> None:
    nothing = find_synchrony(np.zeros(0), np.zeros(0), HOUR)
    assert (len(nothing.pairs), len(nothing.surprise), nothing.synchronous.sum()) == (0, 0, 0)


def test_others_are_counted_and_oneself_is_not() -> None:
    assert within(np.array([0.0, 1.0, 1.0, 5.0]), 1.0).tolist() == [2, 2, 2, 0]


def test_among_few_neighbours_fewer_partners_surprise() -> None:
    times, volumes = crowd(6)
    times[1:3], volumes[1:3] = times[0] + 600, volumes[0]
    ends = (np.array([0, 0, 0]), np.array([1, 2, 3]))
    links = csr_array((np.ones(3), ends), shape=(len(times), len(times)))
    bits = linked_surprise(links, times, volumes, HOUR)
    assert bits[0] > find_synchrony(times, volumes, HOUR).surprise[0]
    assert bits[1:].max() == 0  # the links go one way
