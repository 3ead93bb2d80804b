from rehearsal.scoring import score
from rehearsal.scoring.fairness import InnocentScore
from tests.rehearsal.seasons_by_hand import DAY, POINT, Person, SeasonByHand, farm


def by_name(season: SeasonByHand) -> dict[str, InnocentScore]:
    return {one.name: one for one in score([season.played()]).innocents}


def test_a_household_that_is_released_after_three_days_waited_for_its_points() -> None:
    home = tuple(Person(name, "households", group="home 1") for name in ("ann", "bob"))
    season = SeasonByHand(home).with_rows(
        flags=(("ann", "C-1", 1), ("bob", "C-1", 1)),
        issued=(("ann", 1, 0, 40 * POINT), ("bob", 1, 5 * POINT, 10 * POINT)),
        holds=(
            ("ann", 1, "held", 40 * POINT, 7 * DAY, 10 * DAY),
            ("bob", 1, "held", 10 * POINT, 7 * DAY, 8 * DAY),
            ("bob", 1, "escrow", 10 * POINT, 8 * DAY, 10 * DAY + DAY // 2),
        ),
    )
    found = by_name(season)["households"]
    assert found.micropoint_days_held == (40 * 3 + 10 * 1 + 25) * POINT
    assert (found.flagged.part, found.flagged.whole) == (2, 2)
    assert (found.groups.part, found.groups.whole) == (1, 1)
    assert found.issued == 55 * POINT
    assert found.confirmed.part == 0


def test_points_of_a_season_times_a_season_fit() -> None:
    season = SeasonByHand((Person("ann"),)).with_rows(
        holds=(("ann", 1, "held", 10**13, 0, 100 * DAY),)
    )
    assert by_name(season)["honest"].micropoint_days_held == 100 * 10**13


def test_farms_are_no_innocents() -> None:
    season = SeasonByHand((*farm("mill", 3), Person("ann"))).with_rows(
        flags=(("mill-1", "C-1", 1),), holds=(("mill-1", 1, "held", POINT, 0, DAY),)
    )
    found = by_name(season)
    assert list(found) == ["honest"]
    assert found["honest"].flagged.part == 0
    assert found["honest"].micropoint_days_held == 0


def test_the_exchanges_own_accounts_are_nobody() -> None:
    assert list(by_name(SeasonByHand((Person("fund", "system"), Person("ann"))))) == ["honest"]


def test_whom_an_attacker_targets_is_counted_apart() -> None:
    people = (Person("ann", targeted=True), Person("bob", "office", targeted=True), Person("cy"))
    assert {name: one.flagged.whole for name, one in by_name(SeasonByHand(people)).items()} == {
        "targeted by an attacker": 2,
        "honest": 1,
    }


def test_the_line_of_one_percent_is_passed_or_not_or_open() -> None:
    crowd = tuple(Person(f"p{n}", "campus", group="campus") for n in range(400))
    nobody = by_name(SeasonByHand(crowd))["campus"]
    assert nobody.line == "under"
    many = SeasonByHand(crowd).with_rows(flags=tuple((f"p{n}", "C-1", 1) for n in range(40)))
    assert by_name(many)["campus"].line == "over"
    few = SeasonByHand(crowd[:20])
    assert by_name(few)["campus"].line == "open"


def worst_of(season: SeasonByHand) -> str | None:
    worst = score([season.played()]).headline.worst_innocents
    return worst.name if worst else None


def test_the_worst_class_is_the_one_whose_rate_may_be_highest() -> None:
    large = tuple(Person(f"p{n}", "campus", group="campus") for n in range(400))
    small = tuple(Person(f"h{n}", "households", group=f"home {n}") for n in range(100))
    season = SeasonByHand((*large, *small)).with_rows(flags=(("p1", "C-1", 1), ("p2", "C-1", 1)))
    assert worst_of(season) == "households"


def test_a_class_too_small_to_say_anything_is_not_called_the_worst() -> None:
    large = tuple(Person(f"p{n}", "campus", group="campus") for n in range(100))
    few = tuple(Person(f"h{n}", "households", group="home") for n in range(4))
    assert worst_of(SeasonByHand((*large, *few))) == "campus"
    assert worst_of(SeasonByHand(few)) == "households"
    assert worst_of(SeasonByHand(farm("mill", 3))) is None


def test_a_small_class_that_is_surely_over_the_line_may_be_the_worst() -> None:
    large = tuple(Person(f"p{n}", "campus", group="campus") for n in range(400))
    few = tuple(Person(f"f{n}", "fund", group="fund") for n in range(9))
    season = SeasonByHand((*large, *few)).with_rows(
        flags=tuple((f"f{n}", "C-1", 1) for n in range(9))
    )
    assert worst_of(season) == "fund"
