import pytest

from rehearsal.scoring.proportions import part_of, proportion


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),
        (1, 10, 0.01788, 0.40415),
        (5, 10, 0.23659, 0.76341),
        (10, 10, 0.72247, 1.0),
        (0, 500, 0.0, 0.00762),
    ],
)
def test_the_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    """By the formula of 1927 with z = 1.959964, reckoned by hand."""
    found = proportion(part, whole)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.share == part / whole


def test_of_nothing_there_is_no_share() -> None:
    assert proportion(0, 0).share is None
    assert proportion(0, 0).high is None
    assert part_of(0, 0).share is None


def test_an_amount_has_a_share_and_no_interval() -> None:
    assert part_of(3, 4).share == 0.75
