"""Cases: what is kept of them, whom they concern, and what is said of whom, as of any move."""

from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pytest

from tests.conftest import shared_device as edges
from warehouse.cases import (
    Decided,
    due_for_settlement,
    evidence_sha256,
    involved_owners,
    list_cases,
    load_case,
    load_decision,
    load_decisions,
    load_moves,
    moves_count,
    settled_cases,
    standing_of,
    standing_verdicts,
)
from warehouse.detections import DetectionRun, load_previous, store_detection
from warehouse.errors import CaseError
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    HUBS_SCHEMA,
    MEMBERS_SCHEMA,
    CaseChange,
    Detection,
)
from warehouse.migrations import migrate
from warehouse.recording import NewMove, record_move, record_settlement, store_decision

MONDAY = datetime(2025, 3, 24, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def connection():
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    migrate(connection, MONDAY)
    return connection


def change(case, move, names, evidence=None, score=0.9):
    found = edges() if evidence is None else evidence
    members = pl.DataFrame({"account_id": list(names), "owner_id": list(names)})
    return CaseChange(case, f"K-{case}", move, score, f"{move} for a test", members, found)


def detected(connection, at, *changes, clusters=(), as_of=None):
    """Store a detection with some changes."""
    members = [(f"K-{n}", name, name, 9_000) for n, names in enumerate(clusters) for name in names]
    kinds = [
        (f"K-{n}", len(names), len(names), ["device"], 0.9, MONDAY.replace(tzinfo=None))
        for n, names in enumerate(clusters)
    ]
    detection = Detection(
        edges=edges("a", "b"),
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame(kinds, schema=CLUSTERS_SCHEMA, orient="row"),
        members=pl.DataFrame(members, schema=MEMBERS_SCHEMA, orient="row"),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )
    run = DetectionRun(as_of or at, at, accounts=10, terms="{}")
    return store_detection(connection, run, detection, changes)


def moved(connection, case_id, move, keeps=None, *, at=MONDAY, **more):
    """Record a move, and what it says that each owner keeps."""
    recorded = record_move(connection, NewMove(case_id, move, "ana", "looked", **more), at)
    if keeps is not None:
        store_decision(connection, recorded, Decided("{}", None, verdicts(keeps)))
    return recorded


def verdicts(keeps):
    return pl.DataFrame(
        [
            (owner, owner, "cleared" if keep == 10_000 else "confirmed", keep, "a rule")
            for owner, keep in sorted(keeps.items())
        ],
        {
            "account_id": pl.String,
            "owner_id": pl.String,
            "verdict": pl.String,
            "keep_bps": pl.Int32,
            "rule": pl.String,
        },
        orient="row",
    )


def involved(connection, **as_of):
    """Return owner, case, state and deciding move of everybody whom a case concerns."""
    return involved_owners(connection, **as_of).drop("root").rows()


def keeps(connection, **as_of):
    found = standing_verdicts(connection, **as_of)
    return dict(found.select("owner_id", "keep_bps").iter_rows())


@pytest.fixture
def opened(connection):
    """A warehouse with one open case of owners a and b."""
    detected(connection, MONDAY, change("C-1", "opened", "ab", edges("a", "b")))
    return connection


# What is kept -------------------------------------------------------------------------------------


def test_an_opened_case_is_stored_with_its_evidence_and_its_run(opened):
    case = load_case(opened, "C-1")
    assert (case.state, case.score, case.opened_by, case.cluster_id) == (
        "open",
        0.9,
        "D-000001",
        "K-C-1",
    )
    assert (case.root, case.follows) == ("C-1", None)
    assert case.members["account_id"].to_list() == ["a", "b"]
    assert case.evidence.height == 1
    (move,) = case.moves
    assert (move.seq, move.number, move.move, move.state) == (1, 1, "opened", "open")
    assert move.moved_by == "D-000001"
    assert move.evidence_sha256 == evidence_sha256(edges("a", "b"))


def test_there_is_no_case_without_an_id(opened):
    with pytest.raises(CaseError, match="there is no case 'C-404'"):
        load_case(opened, "C-404")


def test_a_case_knows_how_far_the_run_that_last_added_to_it_had_looked(connection):
    backfill = MONDAY + 300 * DAY
    detected(connection, backfill, change("C-1", "opened", "ab", edges("a", "b")), as_of=MONDAY)
    assert load_case(connection, "C-1").as_of == MONDAY
    gained = change("C-1", "gained", "c", edges("a", "c"))
    detected(connection, backfill, gained, as_of=MONDAY + 7 * DAY)
    detected(connection, backfill, as_of=MONDAY + 14 * DAY)
    moved(connection, "C-1", "confirm", {}, at=backfill)
    assert load_case(connection, "C-1").as_of == MONDAY + 7 * DAY


def test_the_queue_shows_the_highest_score_first(opened):
    detected(opened, MONDAY + DAY, change("C-2", "opened", "cd", edges("c", "d"), score=0.99))
    queue = list_cases(opened)
    assert queue["case_id"].to_list() == ["C-2", "C-1"]
    assert queue["families"].to_list() == [["device"], ["device"]]
    assert list_cases(opened, "dismissed").is_empty()
    with pytest.raises(CaseError, match="'closed' is no state"):
        list_cases(opened, "closed")


def test_the_newest_detection_replaces_the_one_before(connection):
    detected(connection, MONDAY, clusters=["abc"])
    detected(connection, MONDAY + DAY, clusters=["de"])
    previous = load_previous(connection)
    assert previous["account_id"].to_list() == ["d", "e"]
    assert connection.execute("select count(*) from detections").fetchall() == [(2,)]


def test_the_digest_of_evidence_does_not_depend_on_its_order():
    two = pl.concat([edges("a", "b"), edges("a", "c")])
    assert evidence_sha256(two) == evidence_sha256(two.reverse())
    assert evidence_sha256(two) != evidence_sha256(two.head(1))


def test_where_many_cases_stand_is_told_at_once(opened):
    detected(opened, MONDAY, change("C-2", "opened", "cd"))
    moved(opened, "C-1", "review")
    assert standing_of(opened, ["C-1", "C-2", "C-404"]) == {
        "C-1": ("under_review", 2, evidence_sha256(edges("a", "b"))),
        "C-2": ("open", 1, evidence_sha256(edges())),
    }


def test_moves_are_numbered_in_their_case_and_over_all(opened):
    detected(opened, MONDAY, change("C-2", "opened", "cd"))
    moved(opened, "C-1", "review")
    moved(opened, "C-2", "dismiss", {})
    numbers = [(move.case_id, move.seq, move.number) for move in load_moves(opened)]
    assert numbers == [("C-1", 1, 1), ("C-1", 2, 3), ("C-2", 1, 2), ("C-2", 2, 4)]
    assert [move.number for move in load_moves(opened, "C-2")] == [2, 4]
    assert moves_count(opened) == 4


# Decisions ----------------------------------------------------------------------------------------


def test_a_decision_comes_back_as_it_was_said(opened):
    move = record_move(opened, NewMove("C-1", "partly", "ana", "looked"), MONDAY)
    decided = Decided('{"owners":2}', (1, 3), verdicts({"a": 2_500, "b": 10_000}))
    store_decision(opened, move, decided)
    stored = load_decision(opened, "C-1", move.seq)
    (other,) = load_decisions(opened).values()
    for found in (stored, other):
        assert (found.facts, found.reach) == ('{"owners":2}', (1, 3))
        assert found.verdicts.equals(decided.verdicts)
    with pytest.raises(CaseError, match="move 1 of 'C-1' is no decision"):
        load_decision(opened, "C-1", 1)


def test_a_proposal_says_something_and_nothing_counts_by_it(opened):
    moved(opened, "C-1", "propose", {"a": 0, "b": 0})
    assert keeps(opened) == {}
    assert load_decision(opened, "C-1", 2).verdicts["keep_bps"].to_list() == [0, 0]
    assert involved(opened) == [("a", "C-1", "open", None), ("b", "C-1", "open", None)]


def test_an_upheld_appeal_counts_for_its_owner_and_a_withdrawal_undoes_all(opened):
    moved(opened, "C-1", "confirm", {"a": 0, "b": 0})
    moved(opened, "C-1", "notice", until=MONDAY + DAY)
    moved(opened, "C-1", "appeal", owner_id="a")
    moved(opened, "C-1", "uphold", {"a": 5_000}, owner_id="a")
    assert keeps(opened) == {"a": 5_000, "b": 0}
    moved(opened, "C-1", "withdraw")
    assert keeps(opened) == {}
    moved(opened, "C-1", "confirm", {"a": 2_500, "b": 2_500})
    assert keeps(opened) == {"a": 2_500, "b": 2_500}
    assert standing_verdicts(opened)["decision"].unique().to_list() == [7]


def test_what_was_said_is_known_as_of_every_move(opened):
    moved(opened, "C-1", "confirm", {"a": 0, "b": 0})
    moved(opened, "C-1", "notice", until=MONDAY + DAY)
    moved(opened, "C-1", "appeal", owner_id="a")
    moved(opened, "C-1", "uphold", {"a": 10_000}, owner_id="a")
    moved(opened, "C-1", "withdraw")
    as_of = [keeps(opened, moves=number) for number in range(7)]
    assert as_of[:2] == [{}, {}]
    assert as_of[2:5] == [{"a": 0, "b": 0}] * 3
    assert as_of[5:] == [{"a": 10_000, "b": 0}, {}]


# Whom cases concern -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moves", "state", "a", "b"),
    [
        ([], "open", ("open", None), ("open", None)),
        ([("review", None)], "under_review", ("open", None), ("open", None)),
        ([("propose", {"a": 0, "b": 0})], "under_review", ("open", None), ("open", None)),
        ([("confirm", {"a": 0, "b": 0})], "confirmed", ("confirmed", 2), ("confirmed", 2)),
        ([("partly", {"a": 0, "b": 10_000})], "partly", ("confirmed", 2), None),
        ([("dismiss", {})], "dismissed", None, None),
        (
            [("confirm", {"a": 0, "b": 0}), ("withdraw", None)],
            "under_review",
            ("open", None),
            ("open", None),
        ),
        (
            [("confirm", {"a": 0, "b": 0}), ("withdraw", None), ("dismiss", {})],
            "dismissed",
            None,
            None,
        ),
        (
            [("confirm", {"a": 0, "b": 0}), ("withdraw", None), ("confirm", {"a": 0, "b": 0})],
            "confirmed",
            ("confirmed", 4),
            ("confirmed", 4),
        ),
    ],
)
def test_a_decision_changes_the_state_and_whom_it_concerns(opened, moves, state, a, b):
    for move, says in moves:
        moved(opened, "C-1", move, says)
    assert load_case(opened, "C-1").state == state
    expected = [(owner, "C-1", *row) for owner, row in (("a", a), ("b", b)) if row]
    assert involved(opened) == expected


def test_whom_the_policy_lets_keep_everything_waits_for_nothing(opened):
    says = pl.DataFrame(verdicts({"a": 10_000, "b": 0}).with_columns(verdict=pl.lit("confirmed")))
    move = record_move(opened, NewMove("C-1", "confirm", "ana", "looked"), MONDAY)
    store_decision(opened, move, Decided("{}", None, says))
    assert involved(opened) == [("a", "C-1", "final", 2), ("b", "C-1", "confirmed", 2)]


def test_who_joins_an_undecided_case_is_concerned_from_that_move_on(opened):
    moved(opened, "C-1", "review")
    detected(opened, MONDAY + DAY, change("C-1", "gained", "c", edges("a", "c")))
    assert [owner for owner, *_ in involved(opened)] == ["a", "b", "c"]
    assert [owner for owner, *_ in involved(opened, moves=2)] == ["a", "b"]
    assert involved(opened, moves=0) == []


def test_an_owner_in_two_cases_has_the_state_of_each(opened):
    detected(opened, MONDAY + DAY, change("C-2", "opened", "bc", edges("b", "c")))

    def of_b():
        return [row[1:] for row in involved(opened) if row[0] == "b"]

    assert of_b() == [("C-1", "open", None), ("C-2", "open", None)]
    moved(opened, "C-2", "confirm", {"b": 0, "c": 0})
    assert of_b() == [("C-1", "open", None), ("C-2", "confirmed", 2)]
    moved(opened, "C-1", "dismiss", {})
    assert of_b() == [("C-2", "confirmed", 2)]


def test_settling_makes_the_confirmed_final_and_an_acknowledgement_clears(opened):
    moved(opened, "C-1", "partly", {"a": 0, "b": 10_000})
    moved(opened, "C-1", "notice", until=MONDAY + DAY)
    record_settlement(opened, "settle-1", ["C-1"], MONDAY + DAY)
    assert involved(opened) == [("a", "C-1", "final", 2)]
    assert settled_cases(opened, "settle-1") == ("C-1",)
    moved(opened, "C-1", "acknowledge", {"a": 10_000}, owner_id="a")
    assert involved(opened) == []


# What is due --------------------------------------------------------------------------------------


@pytest.fixture
def noticed(opened):
    """A case of which notice was given; appeals are open until Thursday."""
    moved(opened, "C-1", "confirm", {"a": 0, "b": 0})
    moved(opened, "C-1", "notice", until=MONDAY + 3 * DAY)
    return opened


def test_a_case_is_due_when_its_last_day_for_appeals_has_passed(noticed):
    assert due_for_settlement(noticed, MONDAY + 3 * DAY - timedelta(microseconds=1)) == ()
    assert due_for_settlement(noticed, MONDAY + 3 * DAY) == ("C-1",)


def test_a_case_is_not_due_while_any_appeal_is_unanswered(noticed):
    late = MONDAY + 9 * DAY
    for owner in "ab":
        moved(noticed, "C-1", "appeal", owner_id=owner)
    moved(noticed, "C-1", "reject", owner_id="b")
    assert load_case(noticed, "C-1").state == "rejected"
    assert due_for_settlement(noticed, late) == ()
    moved(noticed, "C-1", "uphold", {"a": 5_000}, owner_id="a")
    assert due_for_settlement(noticed, late) == ("C-1",)


def test_a_withdrawn_case_is_not_due_and_its_next_notice_counts_anew(noticed):
    moved(noticed, "C-1", "withdraw")
    late = MONDAY + 9 * DAY
    assert due_for_settlement(noticed, late) == ()
    moved(noticed, "C-1", "confirm", {"a": 0, "b": 0})
    assert due_for_settlement(noticed, late) == ()
    moved(noticed, "C-1", "notice", until=late + DAY)
    assert due_for_settlement(noticed, late) == ()
    assert due_for_settlement(noticed, late + DAY) == ("C-1",)
