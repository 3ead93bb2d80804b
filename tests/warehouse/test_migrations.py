"""A warehouse from before enforcement keeps its past; what was decided then is decided anew."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import duckdb
import pytest

from warehouse.cases import involved_owners, load_case, load_moves, standing_verdicts
from warehouse.connection import rows
from warehouse.instants import to_stored
from warehouse.ledger import batches
from warehouse.log import last_peaks
from warehouse.migrations import migrate, pending
from warehouse.moves import ALLOWED_MOVES
from warehouse.recording import NewMove, record_move
from warehouse.statements import names, statement

MONDAY = datetime(2025, 3, 24, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = names("migrations")[0]
NO_EVIDENCE = sha256().hexdigest()


def at(days: float) -> datetime:
    return to_stored(MONDAY + timedelta(days=days))


# case, state, then (move, state, who, day) as the old house recorded them
OLD_CASES = (
    ("C-1", "open", [("opened", "open", "D-1", 0), ("gained", "open", "D-2", 1)]),
    ("C-2", "confirmed", [("opened", "open", "D-1", 0), ("confirm", "confirmed", "ana", 2)]),
    ("C-3", "dismissed", [("opened", "open", "D-1", 0), ("dismiss", "dismissed", "ben", 3)]),
)


@pytest.fixture
def old():
    """A warehouse made by the first migration alone: cases of two owners each, and two batches."""
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(statement(FIRST))
    connection.execute("insert into migrations values ($1, $2)", [FIRST, at(0)])
    for case_id, state, moves in OLD_CASES:
        connection.execute(
            "insert into cases values ($1, 'K-1', $2, 0.9, $3, 'D-1')", [case_id, state, at(0)]
        )
        for number, owner in enumerate(f"{case_id}-{name}" for name in "ab"):
            added = at(number if case_id == "C-1" else 0)
            connection.execute(
                "insert into case_members values ($1, $2, $2, $3)", [case_id, owner, added]
            )
        for seq, (move, after, who, day) in enumerate(moves, 1):
            connection.execute(
                "insert into case_moves values ($1, $2, $3, $4, $5, $6, 'seen', $7)",
                [case_id, seq, move, after, who, at(day), NO_EVIDENCE],
            )
    for leaf, day in enumerate((0.5, 2.5)):
        connection.execute(
            "insert into batches values ($1, 1, $2, 'issue', '', $3, 0, '', $4)",
            [f"S1W{leaf + 1:02d}/issue", leaf + 1, at(day), leaf],
        )
        connection.execute(
            "insert into batch_blocked_owners values ($1, 'C-2-a', 'C-2', 'open')",
            [f"S1W{leaf + 1:02d}/issue"],
        )
    connection.execute("insert into checkpoints values (1, ''::blob, 'note', $1)", [at(1)])
    return connection


@pytest.fixture
def migrated(old):
    assert pending(old) == names("migrations")[1:]
    migrate(old, MONDAY + 9 * DAY)
    assert pending(old) == ()
    return old


def test_a_confirmed_case_goes_back_to_review_with_the_reason(migrated):
    case = load_case(migrated, "C-2")
    assert case.state == "under_review"
    last = case.moves[-1]
    assert (last.move, last.state, last.moved_by) == ("withdraw", "under_review", "migration")
    assert last.reason == "decided before there was a policy"
    assert (last.seq, last.moved_at) == (3, case.moves[-2].moved_at)


def test_its_owners_stay_held_until_it_is_decided_anew(migrated):
    involved = involved_owners(migrated)
    assert involved.filter(case_id="C-2").select("owner_id", "state", "decision").rows() == [
        ("C-2-a", "open", None),
        ("C-2-b", "open", None),
    ]
    assert standing_verdicts(migrated).is_empty()
    record_move(migrated, NewMove("C-2", "confirm", "ana", "again"), MONDAY + 10 * DAY)
    assert load_case(migrated, "C-2").state == "confirmed"


def test_while_it_stood_a_confirmation_held_everything_and_took_nothing(migrated):
    as_of = involved_owners(migrated, moves=6).filter(case_id="C-2")
    assert as_of.select("owner_id", "state", "decision").rows() == [
        ("C-2-a", "confirmed", 2),
        ("C-2-b", "confirmed", 2),
    ]
    said = standing_verdicts(migrated, moves=6).select("owner_id", "keep_bps", "rule").rows()
    assert said == [("C-2-a", 0, "before-policy"), ("C-2-b", 0, "before-policy")]


def test_open_and_dismissed_cases_stay_as_they_were(migrated):
    assert [load_case(migrated, one).state for one in ("C-1", "C-3")] == ["open", "dismissed"]
    assert [len(load_moves(migrated, one)) for one in ("C-1", "C-3")] == [2, 2]


def test_every_case_begins_a_chain_of_its_own(migrated):
    chains = rows(migrated, "select case_id, root, follows from cases order by all")
    assert chains == [(one, one, None) for one in ("C-1", "C-2", "C-3")]


def test_moves_are_numbered_in_the_order_in_which_they_were_made(migrated):
    moves = sorted(load_moves(migrated), key=lambda move: move.number)
    assert [move.number for move in moves] == list(range(1, 8))
    assert [(move.case_id, move.move) for move in moves] == [
        ("C-1", "opened"),
        ("C-2", "opened"),
        ("C-3", "opened"),
        ("C-1", "gained"),
        ("C-2", "confirm"),
        ("C-3", "dismiss"),
        ("C-2", "withdraw"),
    ]


def test_every_move_of_the_past_follows_from_those_before_it(migrated):
    for case_id, *_ in OLD_CASES:
        state = "open"
        for move in load_moves(migrated, case_id)[1:]:
            state = ALLOWED_MOVES[state, move.move]
            assert move.state == state


def test_members_are_in_their_case_since_the_move_that_brought_them(migrated):
    since = rows(migrated, "select owner_id, since from case_members order by owner_id")
    assert since[:2] == [("C-1-a", 1), ("C-1-b", 2)]
    assert {move for _, move in since[2:]} == {1}


def test_a_batch_says_how_many_moves_it_was_decided_with(migrated):
    assert [stored.moves for stored in batches(migrated)] == [3, 5]


def test_peaks_are_not_invented_for_a_log_that_kept_none(migrated):
    assert last_peaks(migrated) is None


def test_migrating_twice_changes_nothing(migrated):
    before = [rows(migrated, f"from {table} order by all") for table in ("cases", "case_moves")]
    assert migrate(migrated, MONDAY + 10 * DAY) == ()
    assert before == [
        rows(migrated, f"from {table} order by all") for table in ("cases", "case_moves")
    ]
