import pytest

from rehearsal.scoring import score
from rehearsal.scoring.report import SYNTHETIC, TUNED, is_tuning
from tests.rehearsal.seasons_by_hand import POINT, Person, SeasonByHand, case, farm

SEASON = SeasonByHand((*farm("mill", 2), Person("ann")))


def test_the_weeks_tell_what_was_issued_held_and_done() -> None:
    season = SEASON.with_rows(
        issued=(("mill-1", 1, 0, 5 * POINT), ("ann", 1, 7 * POINT, 0), ("ann", 2, 0, POINT)),
        flags=(("mill-1", "C-1", 1), ("ann", "C-1", 2), ("mill-1", "C-2", 2)),
        cases=(case("C-1", "confirm", None, ("mill-1",)),),
        reviews=((2, 1, "C-1", "confirm", "confirm"),),
    )
    one, two = score([season.played()]).timeline
    assert (one.issued, one.issued_to_farms) == (12 * POINT, 5 * POINT)
    assert (one.held, one.held_of_farms, two.held) == (5 * POINT, 5 * POINT, POINT)
    assert (one.farms_flagged, one.innocents_flagged) == (1, 0)
    assert (two.farms_flagged, two.innocents_flagged) == (0, 1)
    assert (one.cases_opened, two.cases_opened) == (1, 0)
    assert (one.cases_reviewed, two.cases_reviewed) == (0, 1)


def test_every_report_says_that_it_is_synthetic_and_whether_it_was_tuned() -> None:
    assert score([SEASON.played()]).caveats == (SYNTHETIC, TUNED)
    fresh = SeasonByHand(SEASON.people, seed=100).played()
    assert not score([fresh]).tuning
    assert score([fresh, SEASON.played()]).tuning


def test_seeds_0_to_99_are_for_tuning() -> None:
    assert [is_tuning(seed) for seed in (0, 99, 100)] == [True, True, False]


def test_a_season_without_farms_or_cases_can_be_scored() -> None:
    report = score([SeasonByHand((Person("ann"),)).played()])
    assert report.headline.farms.flagged.share is None
    assert report.reviews.precision.share is None
    assert report.headline.paying_at_the_end == ()


def test_only_seasons_of_one_plan_are_pooled() -> None:
    with pytest.raises(ValueError, match="of seasons of one plan, not of 2"):
        score([SEASON.played(), SeasonByHand(SEASON.people, seed=2, weeks=3).played()])
    with pytest.raises(ValueError, match="a seed is played twice"):
        score([SEASON.played(), SEASON.played()])


def test_an_owner_is_what_its_accounts_are() -> None:
    """The points of an owner with two accounts count once, its accounts twice."""
    desk = tuple(Person(f"d{n}", "desk", group="desk", owner="desk-owner") for n in range(2))
    season = SeasonByHand(desk).with_rows(
        issued=(("desk-owner", 1, POINT, 0),), flags=(("desk-owner", "C-1", 1),)
    )
    (found,) = score([season.played()]).innocents
    assert (found.flagged.part, found.issued) == (2, POINT)
