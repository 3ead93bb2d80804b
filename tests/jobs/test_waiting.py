"""Every case that is not over waits for one thing, and status counts it there."""

import shutil
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from jobs.adjust import adjust
from jobs.notice import give_notice
from jobs.status import status
from jobs.waiting import Waiting, what_waits
from tests.conftest import FOUR, PAIR, shared_device
from tests.moderators import APPEAL_DAYS, Moderators

ONE, OTHER = PAIR
NOTHING = Waiting(0, 0, 0, 0, 0, 0, 0, 0, None, 0)


def waits(people: Moderators) -> dict[str, object]:
    """Return what waits, without what does not, and check what is said of it."""
    waiting = what_waits(people.home, people.now)
    assert status(people.home, people.now).waiting == waiting
    nothing = asdict(NOTHING)
    return {name: of for name, of in asdict(waiting).items() if of != nothing[name]}


def tell(people: Moderators, case_id: str) -> None:
    give_notice(people.home, people.keys, case_id, by="sue", now=people.now)


def test_where_there_is_no_case_nothing_waits(season_home, week):
    assert what_waits(season_home, week("S1W01").issue_at) == NOTHING


def test_a_case_goes_from_one_thing_that_it_waits_for_to_the_next(after_two):
    assert waits(after_two) == {"undecided_cases": 2}
    after_two.confirm("C-2", "ana")
    assert waits(after_two) == {"undecided_cases": 1, "proposed_decisions": 1}
    after_two.confirm("C-2", "ben")
    assert waits(after_two) == {"undecided_cases": 1, "decisions_without_notice": 1}
    tell(after_two, "C-2")
    told = {"cases_open_to_appeal": 1, "first_appeals_end": after_two.now + APPEAL_DAYS}
    assert waits(after_two) == {"undecided_cases": 1, **told}
    for owner in FOUR[:2]:
        after_two.appeal("C-2", owner)
    appealed = {"undecided_cases": 1, "unanswered_appeals": 2, "cases_to_answer": 1}
    assert waits(after_two) == appealed
    after_two.reject("C-2", FOUR[0])
    assert waits(after_two) == {**appealed, "unanswered_appeals": 1, "other_notices": 1}
    after_two.uphold("C-2", FOUR[1])
    tell(after_two, "C-2")
    assert waits(after_two) == {"undecided_cases": 1, **told}
    later = after_two.later(APPEAL_DAYS)
    assert waits(later) == {"undecided_cases": 1, "cases_to_settle": 1}
    later.settle()
    assert waits(later) == {"undecided_cases": 1}
    later.dismiss("C-1")
    tell(later, "C-1")
    assert waits(later) == {}


def test_the_earliest_of_the_last_days_is_said(after_two):
    after_two.confirm("C-2", "ana")
    after_two.confirm("C-2", "ben")
    tell(after_two, "C-2")
    next_day = after_two.later(timedelta(days=1))
    next_day.confirm("C-1")
    tell(next_day, "C-1")
    assert waits(next_day) == {
        "cases_open_to_appeal": 2,
        "first_appeals_end": after_two.now + APPEAL_DAYS,
    }
    assert waits(after_two.later(APPEAL_DAYS)) == {
        "cases_open_to_appeal": 1,
        "first_appeals_end": next_day.now + APPEAL_DAYS,
        "cases_to_settle": 1,
    }


def test_an_appeal_against_a_decision_that_was_withdrawn_waits_for_nobody(after_two):
    after_two.confirm("C-1")
    tell(after_two, "C-1")
    after_two.appeal("C-1", ONE)
    after_two.withdraw("C-1")
    assert waits(after_two) == {"undecided_cases": 2, "other_notices": 1}
    after_two.confirm("C-1")
    assert waits(after_two)["decisions_without_notice"] == 1


def test_a_proposal_that_lapsed_waits_for_a_first_decision_again(after_two, extend_case):
    after_two.confirm("C-2", "ana")
    after_two.review("C-2")
    assert waits(after_two)["proposed_decisions"] == 1
    extend_case(after_two.home, "C-2", evidence=shared_device(*FOUR[:2], value="tablet"))
    assert waits(after_two) == {"undecided_cases": 2}


def test_points_by_hand_wait_for_their_second_person(after_two, tmp_path):
    file: Path = tmp_path / "late.toml"
    file.write_text(
        'season = 1\nweek = 1\nbudget = "corrections"\nname = "late"\nreason = "late fills"\n'
        'line = [{ owner = "trader-9", points = "10", reason = "late" }]\n'
    )
    for name, waiting in (("anna", {"proposed_by_hand": 1}), ("ben", {})):
        adjust(after_two.home, after_two.keys, file, name, after_two.now)
        assert waits(after_two) == {"undecided_cases": 2, **waiting}


def test_notices_whose_files_were_lost_are_due_again(after_two):
    after_two.confirm("C-1")
    tell(after_two, "C-1")
    shutil.rmtree(after_two.home.notices)
    assert waits(after_two)["other_notices"] == 1
