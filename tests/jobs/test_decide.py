"""A dismissal gives back what was held, a confirmation takes its part; both once, and on record."""

import pytest

from jobs.decide import Decision, Verdict, decide
from jobs.issue import issue
from jobs.points import points_of
from jobs.verify import verify
from tests.conftest import let_one_person_decide
from warehouse.connection import rows, warehouse
from warehouse.errors import CaseError

CONFIRM, DISMISS = Verdict.CONFIRM, Verdict.DISMISS


@pytest.fixture
def held_home(season_home, season_keys, week, open_case):
    """Two issued weeks in which trader-1 and trader-2 were in one open case."""
    let_one_person_decide(season_home)
    open_case(season_home, "C-1", "trader-1", "trader-2")
    for label in ("S1W01", "S1W02"):
        issue(season_home, season_keys, week(label), week(label).issue_at)
    return season_home


def test_a_dismissal_releases_every_held_week(held_home, season_keys, week):
    before = points_of(held_home, "trader-1").total
    assert before.own_micropoints == 0
    assert before.held_micropoints > 0
    now = week("S1W02").issue_at
    outcome = decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    after = points_of(held_home, "trader-1").total
    assert (after.own_micropoints, after.held_micropoints) == (before.held_micropoints, 0)
    assert [batch.split("/")[:2] for batch in outcome.done.batches] == [
        ["S1W01", "release"],
        ["S1W02", "release"],
    ]
    assert verify(held_home, season_keys).findings == ()


def test_the_referrer_gets_back_what_the_referee_brought(held_home, season_keys, week):
    assert points_of(held_home, "trader-0").total.held_micropoints > 0
    now = week("S1W02").issue_at
    decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    assert points_of(held_home, "trader-0").total.held_micropoints == 0


def test_an_owner_in_another_open_case_stays_held(held_home, season_keys, week, open_case):
    open_case(held_home, "C-2", "trader-1")
    now = week("S1W02").issue_at
    decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    assert points_of(held_home, "trader-1").total.held_micropoints > 0
    assert points_of(held_home, "trader-2").total.held_micropoints == 0
    decide(held_home, season_keys, Decision("C-2", DISMISS, "ben", "a shared tablet"), now)
    assert points_of(held_home, "trader-1").total.held_micropoints == 0
    assert verify(held_home, season_keys).findings == ()


@pytest.mark.parametrize(
    "decision",
    [
        Decision("C-404", DISMISS, "ana", "no such case"),
        Decision("C-1", DISMISS, "", "nobody decided"),
        Decision("C-1", DISMISS, "ana", " "),
    ],
)
def test_a_refused_decision_changes_nothing(held_home, season_keys, week, decision):
    before = held_home.warehouse.read_bytes()
    with pytest.raises(CaseError):
        decide(held_home, season_keys, decision, week("S1W02").issue_at)
    assert held_home.warehouse.read_bytes() == before


def test_a_case_is_decided_once(held_home, season_keys, week):
    now = week("S1W02").issue_at
    decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    with pytest.raises(CaseError):
        decide(held_home, season_keys, Decision("C-1", CONFIRM, "ben", "I differ"), now)
    with warehouse(held_home, read_only=True) as connection:
        moves = rows(connection, "select move, moved_by, reason from case_moves order by seq")
    assert moves[-1] == ("dismiss", "ana", "one family")
