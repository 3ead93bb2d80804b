"""The one table of moves: where each leads, and who makes it."""

import pytest

from warehouse.moves import (
    ALLOWED_MOVES,
    DECIDED,
    DECISIONS,
    DETECTION_MOVES,
    ENDED,
    STATES,
    UNDECIDED,
    allowed_by_people,
    may_take,
)


def reached_from(state: str) -> set[str]:
    """Return every state that moves can lead to, the first included."""
    reached, waiting = {state}, [state]
    while waiting:
        here = waiting.pop()
        for (of, _), after in ALLOWED_MOVES.items():
            if of == here and after not in reached:
                reached.add(after)
                waiting.append(after)
    return reached


def test_every_state_is_reached_from_an_open_case():
    assert reached_from("open") == set(STATES)


def test_the_table_names_no_state_that_is_not_listed_and_none_is_listed_twice():
    assert {state for state, _ in ALLOWED_MOVES} | set(ALLOWED_MOVES.values()) == set(STATES)
    assert len(set(STATES)) == len(STATES) == len(UNDECIDED) + len(DECIDED) + len(ENDED)


def test_there_is_no_way_out_of_final():
    assert reached_from("final") == {"final"}
    assert allowed_by_people("final") == ("acknowledge",)


def test_every_other_state_can_still_become_final():
    assert all("final" in reached_from(state) for state in STATES)


@pytest.mark.parametrize("state", STATES)
def test_people_neither_make_the_detections_moves_nor_settle(state):
    assert {*DETECTION_MOVES, "settle"}.isdisjoint(allowed_by_people(state))


def test_people_can_do_nothing_to_a_dismissed_case():
    assert allowed_by_people("dismissed") == ()
    assert ALLOWED_MOVES["dismissed", "reopened"] == "open"


@pytest.mark.parametrize("state", [*DECIDED, "final"])
def test_a_decided_case_gains_nothing_and_is_not_decided_again(state):
    assert not any(may_take(state, move) for move in (*DETECTION_MOVES, *DECISIONS, "propose"))


@pytest.mark.parametrize("state", DECIDED)
def test_a_decision_can_be_taken_back_until_it_is_final(state):
    assert ALLOWED_MOVES[state, "withdraw"] == "under_review"


@pytest.mark.parametrize("state", ["confirmed", "partly"])
def test_nobody_appeals_and_nothing_settles_before_the_notice(state):
    assert not may_take(state, "appeal")
    assert not may_take(state, "settle")
    assert ALLOWED_MOVES[state, "notice"] == "noticed"


def test_nothing_settles_while_an_appeal_waits():
    assert not may_take("appealed", "settle")


@pytest.mark.parametrize("state", ["noticed", "upheld", "rejected"])
def test_a_second_person_agrees_wherever_a_case_could_become_final_and_it_stays_there(state):
    assert ALLOWED_MOVES[state, "agree"] == state
    assert may_take(state, "settle")
