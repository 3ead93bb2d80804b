import pytest

from rehearsal.scoring.proportions import proportion
from rehearsal.wording import (
    cell_name,
    interval,
    pattern_name,
    percent,
    rate,
    round_number,
    short,
    short_points,
    size_name,
)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, "–"),
        (0, "0 %"),
        (0.0001, "< 0.1 %"),
        (0.0421, "4.2 %"),
        (0.0996, "10 %"),
        (0.371, "37 %"),
        (0.996, "99.6 %"),
        (0.9999, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_never_shows_as_nothing_or_all_when_it_is_not(
    share: float | None, words: str
) -> None:
    assert percent(share) == words


def test_the_ends_of_an_interval_are_in_percent() -> None:
    assert interval(proportion(5, 10)) == "24–76"
    assert interval(proportion(0, 0)) == "–"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (None, "–"),
        (0, "0"),
        (0.0789, "0.0789"),
        (1.234, "1.23"),
        (45.64, "45.6"),
        (999.4, "999"),
        (999.6, "1.00 k"),
        (1_234_000, "1.23 M"),
    ],
)
def test_a_number_is_written_in_three_digits(number: float | None, words: str) -> None:
    assert short(number) == words


def test_names_and_amounts_are_written_as_people_say_them() -> None:
    assert short_points(1_500_000) == "1.50"
    assert [round_number(number) for number in (0.1, 50, 1500, 2e6)] == [
        "0.1",
        "50",
        "1.5 k",
        "2 M",
    ]
    assert [cell_name("A2", "L1"), cell_name("A2", ""), cell_name("", "")] == [
        "A2 L1",
        "A2",
        "all farms",
    ]
    assert [pattern_name("A1"), pattern_name("Z9")] == ["A1 naive farm", "Z9"]
    assert [size_name(2, 2), size_name(5, 9), size_name(100, None)] == ["2", "5–9", "100 and more"]
    assert [rate(None, there=True), rate(None, there=False)] == ["no cost", "–"]
