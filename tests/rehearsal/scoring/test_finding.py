from rehearsal.scoring import score
from rehearsal.scoring.finding import PatternScore, Weeks
from tests.rehearsal.seasons_by_hand import POINT, Person, SeasonByHand, farm


def by_cell(season: SeasonByHand) -> dict[tuple[str, str], PatternScore]:
    return {(one.pattern, one.level): one for one in score([season.played()]).patterns}


def test_of_a_farm_of_four_three_were_flagged() -> None:
    season = SeasonByHand(farm("mill", 4)).with_rows(
        flags=(("mill-1", "C-1", 1), ("mill-2", "C-1", 1), ("mill-3", "C-1", 2)),
        confirmed=(("mill-1", "C-1"), ("mill-2", "C-1")),
    )
    found = by_cell(season)["A1", "L1"]
    assert (found.flagged.part, found.flagged.whole) == (3, 4)
    assert (found.confirmed.part, found.confirmed.whole) == (2, 4)
    assert (found.operators.part, found.operators.whole) == (1, 1)
    assert found.first_flag == Weeks(1, 1, 2)


def test_an_owner_in_two_cases_counts_once_and_from_the_first() -> None:
    season = SeasonByHand(farm("mill", 2)).with_rows(
        flags=(("mill-1", "C-1", 2), ("mill-1", "C-2", 1)),
        confirmed=(("mill-1", "C-1"), ("mill-1", "C-2")),
    )
    found = by_cell(season)["A1", "L1"]
    assert (found.flagged.part, found.confirmed.part) == (1, 1)
    assert found.first_flag == Weeks(1, 1, 1)


def test_an_operator_is_found_by_half_of_its_accounts() -> None:
    season = SeasonByHand((*farm("mill", 4), *farm("barn", 3))).with_rows(
        flags=(("mill-1", "C-1", 1), ("mill-2", "C-1", 1), ("barn-1", "C-1", 1))
    )
    operators = by_cell(season)["A1", ""].operators
    assert (operators.part, operators.whole) == (1, 2)


def test_strangers_with_one_playbook_are_found_by_the_group() -> None:
    crowd = tuple(Person(f"s{n}", "A15", "L1", group="the channel") for n in range(4))
    season = SeasonByHand(crowd).with_rows(flags=(("s0", "C-1", 1), ("s1", "C-1", 1)))
    operators = by_cell(season)["A15", "L1"].operators
    assert (operators.part, operators.whole) == (1, 1)


def test_strangers_with_one_playbook_are_in_no_total_of_farms() -> None:
    crowd = tuple(Person(f"s{n}", "A15", "L1", group="the channel") for n in range(4))
    season = SeasonByHand((*farm("mill", 2), *crowd)).with_rows(
        flags=(("s0", "C-1", 1), ("mill-1", "C-2", 1)),
        issued=(("s0", 1, 0, 5 * POINT), ("mill-1", 1, 3 * POINT, 0)),
        fees=(("s0", 1, POINT, 0, POINT),),
    )
    report = score([season.played()])
    every = by_cell(season)["", ""]
    assert (every.flagged.part, every.flagged.whole, every.held.whole) == (1, 2, 3 * POINT)
    assert by_cell(season)["A15", "L1"].held.part == 5 * POINT
    assert report.innocents == ()
    (week, _) = report.timeline
    assert (week.held, week.held_of_farms, week.held_of_innocents) == (5 * POINT, 0, 0)
    assert (week.farms_flagged, week.innocents_flagged) == (1, 0)
    assert (report.headline.cells, report.headline.left_out) == (0, 0)
    assert [one.pattern for one in report.profit.farms if one.operators] == ["A15", "A15"]


def test_points_are_counted_as_issued_held_and_taken_for_good() -> None:
    season = SeasonByHand(farm("mill", 2)).with_rows(
        issued=(("mill-1", 1, 60 * POINT, 0), ("mill-2", 1, 10 * POINT, 30 * POINT)),
        # own, held, escrowed, redistributed, seized, restored
        ledger=(("mill-2", 1, 20 * POINT, 0, 5 * POINT, 0, 25 * POINT, 5 * POINT),),
        redistributed=((1, None, 15 * POINT),),
    )
    found = by_cell(season)["A1", "L1"]
    assert (found.held.part, found.held.whole) == (30 * POINT, 100 * POINT)
    assert (found.taken.part, found.taken.share) == (20 * POINT, 0.2)


def test_levels_stand_below_their_pattern_and_a2_before_a10() -> None:
    people = (*farm("x", 1, "A10", "L2"), *farm("y", 1, "A2", "L1"), *farm("z", 1, "A2", "L3"))
    assert list(by_cell(SeasonByHand(people))) == [
        ("", ""),
        ("A2", ""),
        ("A2", "L1"),
        ("A2", "L3"),
        ("A10", ""),
        ("A10", "L2"),
    ]


def test_who_was_never_flagged_has_no_week() -> None:
    assert by_cell(SeasonByHand(farm("mill", 3)))["A1", ""].first_flag is None


def test_seeds_are_added_up_although_names_recur() -> None:
    one = SeasonByHand(farm("mill", 2), seed=1).with_rows(flags=(("mill-1", "C-1", 1),))
    two = SeasonByHand(farm("mill", 2), seed=2)
    found = score([two.played(), one.played()]).patterns[0]
    assert (found.flagged.part, found.flagged.whole) == (1, 4)
    assert (found.operators.part, found.operators.whole) == (1, 2)
