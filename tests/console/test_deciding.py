"""`winnow cases decide` and what comes after it: sentences for people, strings for machines."""

import pytest

from tests.conftest import PAIR, copy_home, moderators_of

ONE, OTHER = PAIR
WHO = ("--by", "ana", "--reason", "looked")


@pytest.fixture
def people(two_weeks, tmp_path):
    """The home that `winnow` speaks of: C-1, a pair, and C-2, of four, are open."""
    return moderators_of(copy_home(two_weeks, tmp_path))


def test_a_preview_says_what_it_would_do_rule_by_rule_and_does_nothing(winnow, people):
    before = people.home.warehouse.read_bytes()
    shown = winnow("cases", "decide", "C-1", "--confirm", "--preview", *WHO)
    assert (shown.code, shown.err) == (0, "")
    assert "Case C-1 would be confirmed" in shown.out
    assert "seized into escrow" in shown.out
    assert "25 %" in shown.out
    document = winnow("cases", "decide", "C-1", "--confirm", "--preview", *WHO, "--json").json
    assert document["preview"] is True
    assert document["verdicts"][0]["rule"] == "pair"
    assert people.home.warehouse.read_bytes() == before


def test_a_decision_tells_amounts_as_strings_of_micropoints(winnow, people):
    done = winnow("cases", "decide", "C-1", "--confirm", *WHO, "--json").json
    assert (done["state"], done["move"], done["policy"]) == ("confirmed", "confirm", "two-rules")
    seized = sum(people.points(owner)[2] for owner in ("trader-0", *PAIR))
    assert done["seized_micropoints"] == str(seized)


def test_one_of_two_people_is_told_that_a_second_has_to_decide_the_same(winnow, people):
    said = winnow("cases", "decide", "C-2", "--confirm", *WHO)
    assert "Case C-2 is under review" in said.out
    assert "moves nothing until somebody else decides the same" in said.out
    again = winnow("cases", "decide", "C-2", "--confirm", *WHO)
    assert (again.code, again.out) == (1, "")
    assert "rule 'two people'" in again.err
    other = winnow("cases", "decide", "C-2", "--confirm", "--by", "ben", "--reason", "looked too")
    assert "Case C-2 is confirmed" in other.out


def test_some_accounts_are_cleared_by_name(winnow, people):
    done = winnow("cases", "decide", "C-1", "--confirm", "--clear", OTHER, *WHO, "--json").json
    assert done["state"] == "partly"
    assert {line["account_id"]: line["verdict"] for line in done["verdicts"]} == {
        ONE: "confirmed",
        OTHER: "cleared",
    }


def test_reaching_back_names_a_week_and_is_refused_with_the_rule(winnow, people):
    refused = winnow("cases", "decide", "C-2", "--confirm", "--reach-back", "S1W01", *WHO)
    assert refused.code == 1
    assert "rule 'reach back': policy 'two-rules' reaches back at most 2 weeks" in refused.err
    assert refused.err.count("\n") == 1


def test_an_appeal_is_taken_down_answered_and_taken_back(winnow, people):
    people.confirm("C-1")
    early = winnow("cases", "appeal", "C-1", "--owner", ONE, *WHO)
    assert (early.code, "'appeal' is not allowed" in early.err) == (1, True)
    people.notice("C-1")
    late = winnow("cases", "appeal", "C-1", "--owner", ONE, *WHO)  # the real clock is years later
    assert (late.code, "rule 'appeal window'" in late.err) == (1, True)
    people.appeal("C-1", ONE)
    same = winnow("cases", "answer", "C-1", "--owner", ONE, "--uphold", *WHO)
    assert (same.code, "rule 'another pair of eyes'" in same.err) == (1, True)
    by_eve = ("--by", "eve", "--reason", "verified")
    answer = ("cases", "answer", "C-1", "--owner", ONE, "--uphold", "--keep-bps", "5000")
    upheld = winnow(*answer, *by_eve, "--json").json
    assert upheld["state"] == "upheld"
    assert int(upheld["restored_micropoints"]) == int(upheld["released_micropoints"]) > 0
    withdrawn = winnow("cases", "withdraw", "C-1", *by_eve)
    assert "Case C-1 is under review" in withdrawn.out
    assert people.points(ONE)[2] == 0


def test_a_case_is_taken_up(winnow, people):
    assert "Case C-1 is under review" in winnow("cases", "review", "C-1", "--by", "ana").out
    listed = winnow("cases", "list", "--state", "under_review", "--json").json
    assert [case["case_id"] for case in listed] == ["C-1"]


def test_a_second_person_agrees_to_what_one_decided_alone(winnow, people):
    people.confirm("C-1")
    people.notice("C-1")
    refused = winnow("cases", "agree", "C-1", *WHO)
    assert (refused.code, "rule 'another pair of eyes'" in refused.err) == (1, True)
    agreed = winnow("cases", "agree", "C-1", "--by", "ben", "--reason", "looked too")
    assert "Case C-1 is noticed" in agreed.out
    assert [move.move for move in people.case("C-1").moves][-2:] == ["notice", "agree"]
