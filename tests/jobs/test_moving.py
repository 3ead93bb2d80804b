"""What people did on cases is fixed in the log: by whom, when, why, on what, and what it says."""

import json
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from jobs.moving import fix_moves, make_move, moves_sha256
from tests.conftest import NOW
from warehouse import log
from warehouse.cases import Decided
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import CaseError
from warehouse.moves import Move
from warehouse.recording import NewMove, record_settlement

SAID = Decided(
    '{"owners":2}',
    (1, 2),
    pl.DataFrame(
        [("a", "a", "confirmed", 2_500, "pair"), ("b", "b", "cleared", 10_000, "cleared")],
        {
            "account_id": pl.String,
            "owner_id": pl.String,
            "verdict": pl.String,
            "keep_bps": pl.Int32,
            "rule": pl.String,
        },
        orient="row",
    ),
)
MOVE = Move(
    case_id="C-1",
    seq=2,
    number=7,
    move="partly",
    state="partly",
    moved_by="ana",
    moved_at=NOW,
    reason="looked",
    evidence_sha256="ab",
    owner_id="a",
    policy_sha256="cd",
    until=NOW,
)


@pytest.mark.parametrize(
    "other",
    [
        {"case_id": "C-2"},
        {"seq": 3},
        {"number": 8},
        {"move": "confirm"},
        {"state": "confirmed"},
        {"moved_by": "ben"},
        {"moved_at": NOW + timedelta(microseconds=1)},
        {"reason": "looked twice"},
        {"evidence_sha256": "abc"},
        {"owner_id": None},
        {"policy_sha256": None},
        {"until": None},
    ],
)
def test_the_digest_changes_with_everything_that_a_move_says(other):
    assert moves_sha256([(replace(MOVE, **other), SAID)]) != moves_sha256([(MOVE, SAID)])


@pytest.mark.parametrize(
    "other",
    [
        None,
        replace(SAID, facts="{}"),
        replace(SAID, reach=None),
        replace(SAID, reach=(1, 1)),
        replace(SAID, verdicts=SAID.verdicts.head(1)),
        replace(SAID, verdicts=SAID.verdicts.with_columns(rule=pl.lit("more"))),
        replace(SAID, verdicts=SAID.verdicts.with_columns(keep_bps=pl.lit(0, pl.Int32))),
    ],
)
def test_and_with_everything_that_it_decides(other):
    assert moves_sha256([(MOVE, other)]) != moves_sha256([(MOVE, SAID)])


def test_the_digest_of_several_moves_tells_their_order():
    two = [(MOVE, SAID), (replace(MOVE, number=8), None)]
    assert moves_sha256(two) != moves_sha256(two[::-1])


def test_a_move_gets_a_leaf_that_names_it_and_tells_nothing_of_it(home, keys, open_case):
    open_case(home, "C-1", "a", "b")
    with transaction(home) as connection:
        new = NewMove("C-1", "confirm", "ana", "looked", policy_sha256="cd")
        made = make_move(connection, home, keys, new, NOW, SAID)
    with warehouse(home, read_only=True) as connection:
        ((_, text, _),) = log.leaves(connection)
        assert rows(connection, "select count(*) from case_verdicts") == [(2,)]
    body = json.loads(text)
    assert (body["type"], body["first"], body["last"]) == ("moves", "2", "2")
    assert body["moves_sha256"] == moves_sha256([(made, SAID)])
    # Leaf hashes are public: without a salt, who decided what could be found by trying.
    assert len(body["salt"]) >= 32
    assert "C-1" not in text
    assert "ana" not in text


def test_the_same_move_in_two_homes_has_two_leaves(home, keys, open_case):
    open_case(home, "C-1", "a", "b")
    with transaction(home) as connection:
        fix_moves(connection, home, keys, [(MOVE, SAID)], NOW)
        fix_moves(connection, home, keys, [(MOVE, SAID)], NOW)
    with warehouse(home, read_only=True) as connection:
        first, second = log.leaf_hashes(connection)
    assert first != second


def test_all_cases_of_a_settle_run_are_in_one_leaf(home, keys, open_case):
    for case_id in ("C-1", "C-2"):
        open_case(home, case_id, f"{case_id}-a", f"{case_id}-b")
    with transaction(home) as connection:
        connection.execute("update cases set state = 'noticed'")
        moves = record_settlement(connection, "settle-1", ["C-1", "C-2"], NOW)
        fix_moves(connection, home, keys, [(move, None) for move in moves], NOW)
    with warehouse(home, read_only=True) as connection:
        (body,) = log.bodies(connection).values()
    assert (body["first"], body["last"]) == ("3", "4")


def test_a_refused_move_leaves_no_leaf(home, keys, open_case):
    open_case(home, "C-1", "a", "b")
    with pytest.raises(CaseError), transaction(home) as connection:
        make_move(connection, home, keys, NewMove("C-1", "withdraw", "ana", "no"), NOW)
    with warehouse(home, read_only=True) as connection:
        assert log.size(connection) == 0
