"""Moves are appended, one after the other, and only where the table allows them."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from tests.conftest import FOUND_AT, NOW
from warehouse.cases import (
    Decided,
    evidence_sha256,
    load_case,
    load_decision,
    load_moves,
    settled_cases,
)
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import CaseError
from warehouse.home import Home
from warehouse.instants import from_stored
from warehouse.moves import DECIDED, STATES, UNDECIDED, allowed_by_people
from warehouse.recording import (
    OWED_SCHEMA,
    NewMove,
    record_move,
    record_settlement,
    store_decision,
    store_owed,
)

NOBODY = pl.DataFrame(
    schema={
        "account_id": pl.String,
        "owner_id": pl.String,
        "verdict": pl.String,
        "keep_bps": pl.Int32,
        "rule": pl.String,
    }
)


@pytest.fixture
def case_home(home: Home, open_case) -> Home:
    """A home with one open case of a and b."""
    open_case(home, "C-1", "a", "b")
    return home


def move(home: Home, name: str, by: str = "ana", reason: str = "looked", **more: object):
    with transaction(home) as connection:
        return record_move(connection, NewMove("C-1", name, by, reason, **more), NOW)


def put(home: Home, state: str) -> None:
    with transaction(home) as connection:
        connection.execute("update cases set state = $1", [state])


def everything(home: Home) -> list:
    tables = ("cases", "case_moves", "case_decisions", "case_verdicts", "settlements", "owed")
    with warehouse(home, read_only=True) as connection:
        return [rows(connection, f"from {table} order by all") for table in tables]


def test_a_move_says_who_when_why_on_which_evidence_and_whom_it_concerns(case_home: Home):
    move(case_home, "confirm", policy_sha256="ab")
    until = NOW + timedelta(days=14)
    move(case_home, "notice", until=until)
    made = move(case_home, "appeal", by="support", reason="a bought account", owner_id="a")
    with warehouse(case_home, read_only=True) as connection:
        case = load_case(connection, "C-1")
    _, confirmed, noticed, appealed = case.moves
    assert appealed == made
    assert (made.moved_by, made.moved_at, made.reason) == ("support", NOW, "a bought account")
    assert (made.owner_id, made.seq, made.number, made.state) == ("a", 4, 4, "appealed")
    assert made.evidence_sha256 == evidence_sha256(case.evidence)
    assert (confirmed.policy_sha256, noticed.until) == ("ab", until)
    assert case.state == "appealed"


@pytest.mark.parametrize("state", STATES)
def test_what_people_may_not_do_is_refused_says_what_they_may_and_leaves_no_trace(
    case_home: Home, state: str
):
    put(case_home, state)
    before = everything(case_home)
    everything_there_is = {name for one in STATES for name in allowed_by_people(one)}
    others = {"opened", "gained", "reopened", "settle", "seize"}
    allowed = allowed_by_people(state)
    said = ", ".join(allowed) or "nothing until there is new evidence"
    for name in sorted((everything_there_is | others) - set(allowed)):
        with pytest.raises(CaseError, match=f"which is {state}; allowed: {said}"):
            move(case_home, name)
    assert everything(case_home) == before


@pytest.mark.parametrize(("by", "reason"), [("", "seen"), (" ", "seen"), ("ana", ""), ("ana", " ")])
def test_a_move_needs_a_name_and_a_reason(case_home: Home, by: str, reason: str):
    before = everything(case_home)
    with pytest.raises(CaseError, match="needs a name and a reason"):
        move(case_home, "dismiss", by, reason)
    assert everything(case_home) == before


def test_a_case_that_is_not_there_cannot_be_moved(home: Home):
    with pytest.raises(CaseError, match="there is no case 'C-1'"):
        move(home, "dismiss")


@pytest.mark.parametrize("state", [*DECIDED, "dismissed", "final"])
def test_the_detection_adds_nothing_to_a_case_that_was_decided_meanwhile(
    case_home: Home, extend_case, state: str
):
    put(case_home, state)
    before = everything(case_home)
    with pytest.raises(CaseError, match=f"'C-1' is {state} by now and cannot be gained"):
        extend_case(case_home, "C-1", "c")
    assert everything(case_home) == before
    with warehouse(case_home, read_only=True) as connection:
        assert load_case(connection, "C-1").members["owner_id"].to_list() == ["a", "b"]


@pytest.mark.parametrize("state", UNDECIDED)
def test_an_undecided_case_gains_in_place_and_stays_where_it_is(
    case_home: Home, extend_case, state: str
):
    put(case_home, state)
    extend_case(case_home, "C-1", "c", at=FOUND_AT + timedelta(days=7))
    with warehouse(case_home, read_only=True) as connection:
        case = load_case(connection, "C-1")
    assert (case.state, case.moves[-1].move) == (state, "gained")
    assert dict(case.members.select("owner_id", "since").iter_rows()) == {"a": 1, "b": 1, "c": 2}


@pytest.mark.parametrize("state", sorted(set(STATES) - {"dismissed"}))
def test_only_a_dismissed_case_is_reopened(case_home: Home, reopen_case, state: str):
    put(case_home, state)
    with pytest.raises(CaseError, match=f"'C-1' is {state} by now and cannot be reopened"):
        reopen_case(case_home, "C-1")


def test_a_dismissed_case_is_reopened_by_new_evidence_and_keeps_what_it_was(
    case_home: Home, reopen_case
):
    move(case_home, "dismiss")
    reopen_case(case_home, "C-1", "c")
    with warehouse(case_home, read_only=True) as connection:
        case = load_case(connection, "C-1")
    assert [one.move for one in case.moves] == ["opened", "dismiss", "reopened"]
    assert case.members.height == 3


def test_a_decision_is_stored_with_its_move(case_home: Home):
    said = pl.DataFrame([("a", "a", "confirmed", 0, "few")], schema=NOBODY.schema, orient="row")
    with transaction(case_home) as connection:
        new = NewMove("C-1", "confirm", "ana", "looked")
        made = record_move(connection, new, NOW)
        store_decision(connection, made, Decided("{}", (1, 2), said))
    with warehouse(case_home, read_only=True) as connection:
        stored = load_decision(connection, "C-1", made.seq)
    assert (stored.facts, stored.reach) == ("{}", (1, 2))
    assert stored.verdicts.equals(said)


def test_a_settlement_makes_its_cases_final_and_remembers_the_run(case_home: Home, open_case):
    open_case(case_home, "C-2", "c", "d")
    put(case_home, "noticed")
    with transaction(case_home) as connection:
        made = record_settlement(connection, "settle-1", ["C-2", "C-1"], NOW)
    assert [(one.case_id, one.number, one.moved_by) for one in made] == [
        ("C-1", 3, "settle-1"),
        ("C-2", 4, "settle-1"),
    ]
    with warehouse(case_home, read_only=True) as connection:
        assert settled_cases(connection, "settle-1") == ("C-1", "C-2")
        assert {load_case(connection, one).state for one in ("C-1", "C-2")} == {"final"}
        assert load_moves(connection, "C-2")[-1] == made[1]


@pytest.mark.parametrize("state", sorted(set(STATES) - {"noticed", "upheld", "rejected"}))
def test_a_case_that_moved_while_it_was_planned_is_not_settled(case_home: Home, state: str):
    put(case_home, state)
    before = everything(case_home)
    with (
        pytest.raises(CaseError, match=f"'C-1' is {state} by now and cannot be settled"),
        transaction(case_home) as connection,
    ):
        record_settlement(connection, "settle-1", ["C-1"], NOW)
    assert everything(case_home) == before


def test_what_is_owed_is_written_down_with_its_day(home: Home):
    owed = pl.DataFrame(
        [("a", "to_owner", 1, 2, 5, "C-1/7", "found wrong")], schema=OWED_SCHEMA, orient="row"
    )
    with transaction(home) as connection:
        store_owed(connection, owed, NOW)
    with warehouse(home, read_only=True) as connection:
        ((*line, recorded_at),) = rows(connection, "from owed")
    assert tuple(line) == owed.row(0)
    recorded: datetime = from_stored(recorded_at)
    assert recorded == NOW
