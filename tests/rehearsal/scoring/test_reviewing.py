from rehearsal.scoring import score
from rehearsal.scoring.reviewing import CaseCount
from tests.rehearsal.seasons_by_hand import Person, SeasonByHand, case, farm

PEOPLE = (*farm("mill", 3), Person("ann"), Person("bob"))


def test_precision_counts_the_cases_within_the_budget() -> None:
    season = SeasonByHand(PEOPLE, review_budget=2).with_rows(
        # week, rank, case, right verdict, verdict
        reviews=(
            (1, 1, "C-1", "confirm", "confirm"),
            (1, 2, "C-2", "dismiss", "confirm"),
            (2, 1, "C-3", "confirm", "dismiss"),
            (2, 3, "C-4", "dismiss", "dismiss"),
        )
    )
    reviews = score([season.played()]).reviews
    assert (reviews.precision.part, reviews.precision.whole) == (2, 3)
    weeks = [(one.week, one.precision.part, one.precision.whole) for one in reviews.by_week]
    assert weeks == [(1, 1, 2), (2, 1, 1)]
    assert (reviews.right.part, reviews.right.whole) == (2, 4)


def test_cases_are_counted_by_what_was_right_and_what_was_decided() -> None:
    season = SeasonByHand(PEOPLE).with_rows(
        cases=(
            case("C-1", "confirm", "confirm", ("mill-1", "mill-2")),
            case("C-2", "dismiss", "confirm", ("ann", "bob")),
            case("C-3", "confirm", None, ("mill-3",)),
        ),
        appeals=(("C-2", "ann", True), ("C-1", "mill-1", False)),
    )
    reviews = score([season.played()]).reviews
    assert reviews.cases == (
        CaseCount("confirm", "confirm", 1, 2),
        CaseCount("confirm", "dismiss", 0, 0),
        CaseCount("confirm", "", 1, 1),
        CaseCount("dismiss", "confirm", 1, 2),
        CaseCount("dismiss", "dismiss", 0, 0),
        CaseCount("dismiss", "", 0, 0),
    )
    assert (reviews.appeals.part, reviews.appeals.whole) == (1, 2)


def test_a_case_that_came_in_two_ways_counts_in_both() -> None:
    season = SeasonByHand(PEOPLE).with_rows(
        cases=(
            case("C-1", "confirm", "confirm", ("mill-1", "mill-2")),
            case("C-2", "dismiss", "confirm", ("ann", "bob")),
        ),
        routes=(("C-1", "graph"), ("C-1", "model"), ("C-2", "graph")),
    )
    found = score([season.played()]).reviews.by_route
    counts = [(one.route, one.precision.part, one.precision.whole) for one in found]
    assert counts == [("graph", 1, 2), ("model", 1, 1)]
