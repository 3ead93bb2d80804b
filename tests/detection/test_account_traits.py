"""What is measured of single owners and of those they are linked with."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from detection.account_traits import OWN_NAMES, OWN_TRAITS, account_traits, own_traits
from tests.detection.people import AS_OF, UNTIL, behaviour, names, pairs


def test_who_did_nothing_has_no_shares_and_no_numbers_but_zero():
    never = pl.lit(None, dtype=pl.Datetime("us"))
    nothing = behaviour(1).with_columns(pl.col(pl.Int64) * 0, first_trade=never, last_trade=never)
    (row,) = own_traits(nothing, AS_OF).rows(named=True)
    assert row["own_fills"] == 0
    for share in ("own_taker_share", "own_flat", "own_round", "own_waited", "own_idle", "own_size"):
        assert np.isnan(row[share])


def test_traits_say_what_an_owner_did():
    one = behaviour(1).with_columns(
        takes=pl.lit(4),
        # four orders of e^5 and e^7 USD, two each
        size_millis=pl.lit(24_000),
        square_size_micros=pl.lit(2 * 25_000_000 + 2 * 49_000_000),
        round_takes=pl.lit(1),
        trade_east_millis=pl.lit(4_000),
        trade_north_millis=pl.lit(0),
        opened_at=pl.lit(UNTIL - timedelta(days=10)),
        first_trade=pl.lit(UNTIL - timedelta(days=8)),
        last_trade=pl.lit(UNTIL - timedelta(days=1)),
    )
    (row,) = own_traits(one, AS_OF).rows(named=True)
    assert row["own_size"] == pytest.approx(6)
    assert row["own_size_spread"] == pytest.approx(1)
    assert row["own_round"] == 0.25
    assert row["own_trade_hours"] == 1
    assert (row["own_waited"], row["own_idle"], row["own_active"]) == (2, 1, 7)


def test_neighbours_are_averaged_by_weight_and_two_steps_leave_oneself_out():
    own = own_traits(behaviour(4), AS_OF)
    a, b, c, d = names(range(4))
    found = account_traits(own, pairs([(a, b, 1_000), (b, c, 3_000)]))
    fills = dict(zip(own["owner_id"], own["own_fills"], strict=True))
    one, two = (
        dict(zip(found["owner_id"], found[f"near_{n}_own_fills"], strict=True)) for n in (1, 2)
    )
    assert one[b] == pytest.approx((fills[a] + 3 * fills[c]) / 4)
    assert one[a] == pytest.approx(fills[b])
    assert two[a] == pytest.approx(fills[c])
    assert np.isnan(two[b])  # every way of two steps leads back to b
    assert np.isnan(one[d])
    assert dict(zip(found["owner_id"], found["links_strength"], strict=True))[b] == 4


def test_flat_traits_do_not_know_of_links_and_nothing_depends_on_the_order_of_rows():
    people = behaviour(50)
    own = own_traits(people, AS_OF)
    links = [(*pair, 2_000) for pair in zip(names(range(40)), names(range(5, 45)), strict=True)]
    found = account_traits(own, pairs(links))
    assert_frame_equal(found.select(own.columns), own)
    shuffled = people.sample(fraction=1, shuffle=True, seed=1)
    again = account_traits(own_traits(shuffled, AS_OF), pairs(links[::-1]))
    assert_frame_equal(again, found, check_exact=True)
    assert own.columns == ["owner_id", *OWN_NAMES]
    assert len({trait.words for trait in OWN_TRAITS}) == len(OWN_TRAITS)
