"""The stated rule of the moderators, and how they err."""

import polars as pl

from jobs.decide import Verdict
from rehearsal.chance import happens
from rehearsal.moderators import View, right_verdicts, seen


def truth(*people: tuple[str, str, str, str, bool]) -> pl.DataFrame:
    """Return account_id, operator_id, group_id, pattern, farm."""
    names = ["account_id", "operator_id", "group_id", "pattern", "farm"]
    return pl.DataFrame(people, schema=names, orient="row")


def case(*accounts: str) -> pl.DataFrame:
    return pl.DataFrame({"case_id": "C-1", "account_id": accounts, "owner_id": accounts})


FARM = [(f"f{n}", "f1", "A1-1", "A1", True) for n in (1, 2, 3)]
FAMILY = [(f"h{n}", f"h{n}", "household-1", "household", False) for n in (1, 2, 3)]
STRANGERS = [(f"s{n}", f"s{n}", "A15-1", "A15", False) for n in (1, 2)]


def test_half_of_a_case_is_enough_and_the_others_are_cleared():
    views = right_verdicts(case("f1", "f2", "h1", "h2"), truth(*FARM, *FAMILY))
    assert views["C-1"].verdict is Verdict.CONFIRM
    assert views["C-1"].cleared == {"h1", "h2"}


def test_less_than_half_of_a_case_is_dismissed():
    views = right_verdicts(case("f1", "f2", "h1", "h2", "h3"), truth(*FARM, *FAMILY))
    assert views["C-1"].verdict is Verdict.DISMISS
    assert views["C-1"].cleared == frozenset()


def test_one_honest_person_with_two_accounts_is_no_farm():
    moved = [
        ("a", "a", "migrated-1", "migrated", False),
        ("b", "a", "migrated-1", "migrated", False),
    ]
    assert right_verdicts(case("a", "b"), truth(*moved))["C-1"].verdict is Verdict.DISMISS


def test_strangers_with_one_playbook_are_confirmed_as_a_group():
    views = right_verdicts(case("s1", "s2", "h1"), truth(*STRANGERS, *FAMILY))
    assert views["C-1"] == View(Verdict.CONFIRM, views["C-1"].reason, frozenset({"h1"}))


def test_who_errs_sees_the_opposite_and_clears_nobody():
    right = right_verdicts(case("f1", "f2", "h1"), truth(*FARM, *FAMILY))["C-1"]
    assert seen(right, errs=False) is right
    wrong = seen(right, errs=True)
    assert wrong.verdict is Verdict.DISMISS
    assert seen(wrong, errs=True).cleared == frozenset()


def test_chance_follows_the_seed_and_the_name_alone():
    draws = [happens(7, 1_000, "anna", f"C-{n}") for n in range(5_000)]
    assert draws == [happens(7, 1_000, "anna", f"C-{n}") for n in range(5_000)]
    assert 400 < sum(draws) < 600
    assert draws != [happens(8, 1_000, "anna", f"C-{n}") for n in range(5_000)]


def test_never_and_always_are_possible():
    names = [f"C-{n}" for n in range(200)]
    assert not any(happens(1, 0, name) for name in names)
    assert all(happens(1, 10_000, name) for name in names)
