"""`winnow status` says in sentences what waits for whom, and in JSON how many."""

import json

import pytest

from tests.conftest import copy_home, moderators_of

QUIET = "nothing waits"


@pytest.fixture
def people(two_weeks, tmp_path):
    """The home that `winnow` speaks of: C-1, a pair, and C-2, of four, are open."""
    return moderators_of(copy_home(two_weeks, tmp_path))


def test_what_waits_is_said_in_the_order_in_which_a_case_goes(winnow, people):
    people.confirm("C-2", "ana")
    said = winnow("status").out
    assert "1 case waits for a decision" in said
    assert "1 proposed decision waits for a second person" in said
    people.confirm("C-2", "ben")
    assert "1 decision waits for notice, which opens the appeals" in winnow("status").out
    assert QUIET not in winnow("status").out


def test_appeals_and_what_is_due_to_be_final_are_said(winnow, people):
    people.confirm("C-1")
    people.notice("C-1")
    people.appeal("C-1", "trader-1")
    assert "1 appeal waits for an answer, in 1 case" in winnow("status").out
    people.reject("C-1", "trader-1")
    told = winnow("status")
    assert "1 case is due to be final; `winnow run` settles" in told.out  # by the real clock
    status = winnow("status", "--json").json
    assert (status["waiting"]["cases_to_settle"], status["waiting"]["undecided_cases"]) == (1, 1)
    assert "settle" in [run["job"] for run in status["due"]]
    assert "trader-" not in json.dumps(status) + told.out


def test_in_an_empty_home_nothing_waits(winnow):
    winnow("init")
    assert QUIET in winnow("status").out
    waiting = winnow("status", "--json").json["waiting"]
    assert waiting.pop("first_appeals_end") is None
    assert set(waiting.values()) == {0}
