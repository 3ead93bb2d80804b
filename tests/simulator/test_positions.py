"""Average cost over all accounts at once, against one account after the other in plain Python."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.positions import Positions, average_cost, part, stable_order

FILL = st.tuples(
    st.integers(0, 4),
    st.integers(-(10**8), 10**8).filter(bool),
    st.integers(1, 10**13),
)


def one_by_one(fills: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Follow each series with Python's integers; return realised, held and cost of each fill."""
    state: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    entries = []
    for series, lots, notional in fills:
        held, cost = state[series]
        sign = 1 if lots > 0 else -1
        closed = min(abs(held), abs(lots)) if held * lots < 0 else 0
        released = abs(cost) * closed // abs(held) * -sign if closed else 0
        traded = notional * closed // abs(lots) * sign
        realised = -(released + traded)
        state[series] = (held + lots, cost + sign * notional + realised)
        entries.append((realised, *state[series]))
    return entries


@given(st.lists(FILL, max_size=40))
def test_it_agrees_with_following_each_series_alone(fills: list[tuple[int, int, int]]) -> None:
    columns = np.array(fills, dtype=np.int64).reshape(-1, 3).T
    book = average_cost(*columns, Positions.none(5))[0]
    found = list(zip(*(a.tolist() for a in (book.realised, book.held, book.cost)), strict=True))
    assert found == one_by_one(fills)


@given(st.lists(FILL, max_size=40))
def test_what_is_realised_is_what_came_in_less_what_is_still_held(fills) -> None:
    columns = np.array(fills, dtype=np.int64).reshape(-1, 3).T
    book = average_cost(*columns, Positions.none(5))[0]
    for series in set(columns[0].tolist()):
        mine = columns[0] == series
        received = -(np.sign(columns[1]) * columns[2])[mine].sum()
        assert book.realised[mine].sum() == received + book.cost[mine][-1]


@given(st.lists(FILL, max_size=40), st.integers(0, 40))
def test_two_weeks_are_one_run_that_was_cut_anywhere(fills, cut: int) -> None:
    columns = np.array(fills, dtype=np.int64).reshape(-1, 3).T
    whole, after = average_cost(*columns, Positions.none(5))
    first, between = average_cost(*columns[:, :cut], Positions.none(5))
    second, end = average_cost(*columns[:, cut:], between)
    for name in ("realised", "held", "cost"):
        joined = np.append(getattr(first, name), getattr(second, name))
        assert joined.tolist() == getattr(whole, name).tolist()
    assert (end.held.tolist(), end.cost.tolist()) == (after.held.tolist(), after.cost.tolist())


@given(st.lists(st.integers(0, 2**40), max_size=60))
def test_equal_keys_keep_their_order(keys: list[int]) -> None:
    found = stable_order(np.array(keys, dtype=np.int64))
    assert found.tolist() == sorted(range(len(keys)), key=keys.__getitem__)


def test_a_long_closed_higher_and_turned_short_realises_the_closed_part_alone() -> None:
    # Buy 10 for 100, sell 15 for 300: 10 of the 15 close, for 200.
    book = average_cost(
        np.array([0, 0]), np.array([10, -15]), np.array([100, 300]), Positions.none(1)
    )[0]
    assert book.realised.tolist() == [0, 100]
    assert (book.held[-1], book.cost[-1]) == (-5, -100)


@given(st.integers(0, 10**17), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_part_is_exact_where_the_product_would_not_fit(
    amount: int, some: int, whole: int
) -> None:
    some = min(some, whole)
    found = part(np.array([amount]), np.array([some]), np.array([whole]))
    assert found.tolist() == [amount * some // whole]
