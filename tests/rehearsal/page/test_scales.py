import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.page.scales import Scale, factors, parts, powers, round_up, shares, weeks

POSITIVE = st.floats(1e-9, 1e12)  # a micropoint for a thousand USD, and far more than there is


def ascending(scale: Scale) -> bool:
    places = [tick.at for tick in scale.ticks]
    return places == sorted(set(places)) and places[0] >= 0 and places[-1] <= 100


@given(values=st.lists(st.just(0.0) | POSITIVE, max_size=5), open_end=st.booleans())
def test_an_axis_of_powers_has_room_for_everything(values: list[float], open_end: bool) -> None:
    scale = powers(values, open_end=open_end)
    assert ascending(scale)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place < scale.place(None) for place in places)


def test_on_an_axis_of_powers_nothing_stands_apart_from_little() -> None:
    scale = powers([0.0, 1.0, 1000.0], open_end=True)
    assert [tick.label for tick in scale.ticks] == ["0", "1", "10", "100", "1 k", "no cost"]
    assert scale.place(0.0) == 0 < scale.place(1.0)


@given(highest=st.floats(0, 1))
def test_an_axis_of_shares_holds_the_highest_and_shows_one_percent(highest: float) -> None:
    scale = shares(highest)
    assert ascending(scale)
    assert 0 <= scale.place(highest) <= 100
    assert "1 %" in [tick.label for tick in scale.ticks]


@given(values=st.lists(st.floats(0, 1e6), max_size=5))
def test_an_axis_of_factors_has_one_on_it(values: list[float]) -> None:
    scale = factors(values)
    assert ascending(scale)
    assert 0 < scale.place(1.0) <= 100
    assert all(scale.place(value) <= 100 for value in values)


def test_weeks_stand_in_the_middle_of_their_room() -> None:
    assert [tick.at for tick in weeks(2).ticks] == [25.0, 75.0]


def test_parts_are_even() -> None:
    assert [tick.label for tick in parts().ticks] == ["0 %", "25 %", "50 %", "75 %", "100 %"]


@given(value=POSITIVE)
def test_rounding_up_is_up_and_not_far(value: float) -> None:
    top = round_up(value)
    assert value <= top * (1 + 1e-9)
    assert top <= 2.0001 * value


def test_what_is_round_stays() -> None:
    assert [round_up(value) for value in (0, 1, 1.2, 50, 0.3, 700)] == pytest.approx(
        [1, 1, 1.5, 50, 0.3, 1000]
    )
