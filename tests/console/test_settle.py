"""`winnow settle`: what became final, and where each week's points went."""

import pytest

from jobs.reveal import reveal, reveal_at
from jobs.season_files import load_seasons
from tests.conftest import PAIR, copy_home, moderators_of

WHO = ("--by", "eve", "--reason", "found wrong")


@pytest.fixture
def people(two_weeks, tmp_path):
    """The home that `winnow` speaks of; by the real clock all appeals on C-1 are long over."""
    people = moderators_of(copy_home(two_weeks, tmp_path))
    people.confirm("C-1")
    people.notice("C-1")
    return people


def test_a_preview_says_what_would_become_final_and_changes_not_a_byte(winnow, people):
    before = people.home.warehouse.read_bytes()
    shown = winnow("settle", "--preview")
    assert shown.code == 0
    assert "1 case would become final" in shown.out
    assert "S1W01" in shown.out
    assert winnow("settle", "--preview", "--json").json["preview"] is True
    assert people.home.warehouse.read_bytes() == before


def test_what_is_told_adds_up_to_what_was_taken(winnow, people):
    taken = sum(people.points(owner)[2] for owner in ("trader-0", *PAIR))
    settled = winnow("settle", "--json").json
    assert settled["cases"] == ["C-1"]
    assert settled["redistributed_micropoints"] == str(taken)
    assert sum(int(week["to_owners_micropoints"]) for week in settled["weeks"]) == taken
    assert [week["week"] for week in settled["weeks"]] == ["S1W01", "S1W02"]


@pytest.mark.parametrize("more", [(), ("--preview",)], ids=["settle", "preview"])
def test_weeks_that_are_spread_before_their_reveal_are_named_and_it_goes_on(winnow, people, more):
    told = winnow("settle", "--json", *more)
    (line,) = told.err.splitlines()
    assert line.startswith("warning: the formula of S1W01, S1W02 is not revealed yet")
    assert "a referrer's share can be computed" in line
    assert told.json["weeks_not_revealed"] == ["S1W01", "S1W02"]
    assert (told.code, told.json["cases"]) == (0, ["C-1"])


def test_of_a_week_that_is_revealed_nothing_is_said(winnow, people):
    (terms,) = load_seasons(people.home)
    late = reveal_at(terms, terms.calendar.week(2))
    for number in (1, 2):
        reveal(people.home, people.keys, terms, terms.calendar.week(number), late)
        told = winnow("settle", "--preview", "--json")
        assert told.json["weeks_not_revealed"] == ["S1W02"][number - 1 :]
        assert ("S1W01" in told.err, "S1W02" in told.err) == (False, number == 1)


def test_a_second_run_has_nothing_to_do_and_says_so(winnow, people):
    winnow("settle")
    before = people.home.warehouse.read_bytes()
    again = winnow("settle")
    assert (again.code, again.err) == (0, "")
    assert "nothing is due" in again.out
    assert people.home.warehouse.read_bytes() == before


def test_before_the_last_day_nothing_is_due(winnow, people):
    assert "nothing is due" in winnow("settle", "--as-of", people.now.isoformat()).out
    assert people.case("C-1").state == "noticed"


def test_what_is_found_wrong_afterwards_is_owed_and_shown(winnow, people):
    winnow("settle")
    told = winnow("cases", "acknowledge", "C-1", "--owner", PAIR[0], *WHO, "--json").json
    assert int(told["owed_micropoints"]) > 0
    assert told["state"] == "final"
    again = winnow("cases", "acknowledge", "C-1", "--owner", PAIR[0], *WHO)
    assert (again.code, "written down already" in again.err) == (1, True)
