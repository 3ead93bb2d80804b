"""Cases: who is blocked, which moves are allowed, and what is kept of the evidence."""

from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pytest

from warehouse.cases import (
    ALLOWED_MOVES,
    blocked_owners,
    evidence_sha256,
    list_cases,
    load_case,
    record_move,
)
from warehouse.detections import (
    DetectionRun,
    load_book,
    load_mark,
    load_previous,
    store_detection,
)
from warehouse.errors import CaseError
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    EDGES_SCHEMA,
    HUBS_SCHEMA,
    MEMBERS_SCHEMA,
    CaseChange,
    Detection,
)
from warehouse.migrations import migrate

MONDAY = datetime(2025, 3, 24, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def connection():
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    migrate(connection, MONDAY)
    return connection


def edges(*pairs, value="phone"):
    rows = [
        (a, b, "device", "device", value, 2, 9_000, True, None, None, 2, a, b) for a, b in pairs
    ]
    return pl.DataFrame(rows, schema=EDGES_SCHEMA, orient="row")


def accounts(names):
    return pl.DataFrame({"account_id": list(names), "owner_id": list(names)})


def change(case, move, names, evidence=None, score=0.9):
    found = edges() if evidence is None else evidence
    return CaseChange(case, f"K-{case}", move, score, f"{move} for a test", accounts(names), found)


def detected(connection, at, *changes, clusters=(), as_of=None):
    """Store a detection with some changes."""
    members = [(f"K-{n}", name, name, 9_000) for n, names in enumerate(clusters) for name in names]
    kinds = [
        (f"K-{n}", len(names), len(names), ["device"], 0.9, MONDAY.replace(tzinfo=None))
        for n, names in enumerate(clusters)
    ]
    detection = Detection(
        edges=edges(("a", "b")),
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame(kinds, schema=CLUSTERS_SCHEMA, orient="row"),
        members=pl.DataFrame(members, schema=MEMBERS_SCHEMA, orient="row"),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )
    run = DetectionRun(as_of or at, at, accounts=10, terms="{}")
    return store_detection(connection, run, detection, changes)


def blocked(connection):
    return {owner: (case, state) for owner, case, state in blocked_owners(connection).rows()}


@pytest.fixture
def opened(connection):
    """A warehouse with one open case of owners a and b."""
    detected(connection, MONDAY, change("C-1", "opened", "ab", edges(("a", "b"))))
    return connection


def test_an_opened_case_is_stored_with_its_evidence_and_its_run(opened):
    case = load_case(opened, "C-1")
    assert (case.state, case.score, case.opened_by, case.cluster_id) == (
        "open",
        0.9,
        "D-000001",
        "K-C-1",
    )
    assert case.members["account_id"].to_list() == ["a", "b"]
    assert case.evidence.height == 1
    (move,) = case.moves
    assert (move.seq, move.move, move.state, move.moved_by) == (1, "opened", "open", "D-000001")
    assert move.evidence_sha256 == evidence_sha256(edges(("a", "b")))


def test_a_case_knows_how_far_the_run_that_last_added_to_it_had_looked(connection):
    backfill = MONDAY + 300 * DAY
    opening = change("C-1", "opened", "ab", edges(("a", "b")))
    detected(connection, backfill, opening, as_of=MONDAY)
    assert load_case(connection, "C-1").as_of == MONDAY
    gained = change("C-1", "gained", "c", edges(("a", "c")))
    detected(connection, backfill, gained, as_of=MONDAY + 7 * DAY)
    detected(connection, backfill, as_of=MONDAY + 14 * DAY)
    record_move(connection, "C-1", "confirm", by="D-000003", reason="looked", now=backfill)
    assert load_case(connection, "C-1").as_of == MONDAY + 7 * DAY


@pytest.mark.parametrize(
    ("moves", "state", "owners"),
    [
        ([], "open", {"a": ("C-1", "open"), "b": ("C-1", "open")}),
        (["confirm"], "confirmed", {"a": ("C-1", "confirmed"), "b": ("C-1", "confirmed")}),
        (["dismiss"], "dismissed", {}),
        (["confirm", "dismiss"], "dismissed", {}),
    ],
)
def test_a_decision_changes_the_state_and_who_is_blocked(opened, moves, state, owners):
    for day, move in enumerate(moves, 1):
        recorded = record_move(
            opened, "C-1", move, by="ana", reason="looked", now=MONDAY + day * DAY
        )
        assert recorded.seq == day + 1
    assert load_case(opened, "C-1").state == state
    assert blocked(opened) == owners


def confirmed_owners(connection) -> pl.DataFrame:
    """Return whose trades with each other do not count, as an issue reads it."""
    standing = blocked_owners(connection).filter(state="confirmed")
    return standing.select("owner_id", "case_id")


def test_only_what_a_confirmation_has_seen_is_confirmed(opened):
    record_move(opened, "C-1", "confirm", by="ana", reason="one script", now=MONDAY + DAY)
    gained = change("C-1", "gained", "c", edges(("a", "c")))
    detected(opened, MONDAY + 7 * DAY, gained)
    assert blocked(opened)["c"] == ("C-1", "open")
    assert confirmed_owners(opened).rows() == [("a", "C-1"), ("b", "C-1")]
    record_move(opened, "C-1", "confirm", by="ben", reason="c too", now=MONDAY + 8 * DAY)
    assert confirmed_owners(opened)["owner_id"].to_list() == ["a", "b", "c"]


def test_an_owner_in_two_cases_has_the_state_of_each(opened):
    detected(opened, MONDAY + DAY, change("C-2", "opened", "bc", edges(("b", "c"))))
    of_b = [("b", "C-1", "open"), ("b", "C-2", "open")]
    assert blocked_owners(opened).filter(owner_id="b").rows() == of_b
    record_move(opened, "C-2", "confirm", by="ana", reason="seen", now=MONDAY + 2 * DAY)
    of_b = [("b", "C-1", "open"), ("b", "C-2", "confirmed")]
    assert blocked_owners(opened).filter(owner_id="b").rows() == of_b
    record_move(opened, "C-2", "dismiss", by="ana", reason="not so", now=MONDAY + 3 * DAY)
    assert blocked(opened)["b"] == ("C-1", "open")


def test_an_owner_may_not_trade_with_either_of_two_confirmed_cases(opened):
    detected(opened, MONDAY + DAY, change("C-2", "opened", "bc", edges(("b", "c"))))
    for case_id in ("C-1", "C-2"):
        record_move(opened, case_id, "confirm", by="ana", reason="seen", now=MONDAY + 2 * DAY)
    assert confirmed_owners(opened).rows() == [
        ("a", "C-1"),
        ("b", "C-1"),
        ("b", "C-2"),
        ("c", "C-2"),
    ]


def test_a_dismissed_case_can_be_reopened_by_the_detection_alone(opened):
    record_move(opened, "C-1", "dismiss", by="ana", reason="a family", now=MONDAY + DAY)
    for move in ("confirm", "dismiss", "reopened"):
        with pytest.raises(CaseError, match="nothing until there is new evidence"):
            record_move(opened, "C-1", move, by="ana", reason="again", now=MONDAY + DAY)
    detected(
        opened, MONDAY + 2 * DAY, change("C-1", "reopened", "", edges(("a", "b"), value="tablet"))
    )
    case = load_case(opened, "C-1")
    assert [move.move for move in case.moves] == ["opened", "dismiss", "reopened"]
    assert case.evidence["value_hash"].to_list() == ["phone", "tablet"]
    assert blocked(opened) == {"a": ("C-1", "open"), "b": ("C-1", "open")}


@pytest.mark.parametrize(
    ("case", "move", "by", "reason", "says"),
    [
        ("C-404", "confirm", "ana", "seen", "there is no case 'C-404'"),
        ("C-1", "seize", "ana", "seen", "allowed: confirm, dismiss"),
        ("C-1", "gained", "ana", "seen", "allowed: confirm, dismiss"),
        ("C-1", "confirm", " ", "seen", "needs a name and a reason"),
        ("C-1", "confirm", "ana", "", "needs a name and a reason"),
    ],
)
def test_a_refused_move_says_why_and_leaves_no_trace(opened, case, move, by, reason, says):
    before = load_mark(opened)
    with pytest.raises(CaseError, match=says):
        record_move(opened, case, move, by=by, reason=reason, now=MONDAY)
    assert load_mark(opened) == before


def test_a_change_of_a_case_that_moved_meanwhile_is_refused(opened):
    record_move(opened, "C-1", "dismiss", by="ana", reason="a family", now=MONDAY + DAY)
    with pytest.raises(CaseError, match="'C-1' is dismissed by now"):
        detected(opened, MONDAY + 2 * DAY, change("C-1", "gained", "c", edges(("a", "c"))))


def test_every_allowed_move_leads_to_a_state_that_has_moves():
    states = {state for state, _ in ALLOWED_MOVES}
    assert set(ALLOWED_MOVES.values()) == states


def test_the_queue_shows_the_highest_score_first(opened):
    detected(opened, MONDAY + DAY, change("C-2", "opened", "cd", edges(("c", "d")), score=0.99))
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


def test_the_book_holds_what_is_known_of_every_case(opened):
    book = load_book(opened)
    assert book.cases.rows() == [("C-1", "K-C-1", "open")]
    assert book.members.rows() == [("C-1", "a", "a"), ("C-1", "b", "b")]
    assert book.evidence.columns == ["case_id", *EDGES_SCHEMA.names()]


def test_the_digest_of_evidence_does_not_depend_on_its_order():
    two = edges(("a", "b"), ("a", "c"))
    assert evidence_sha256(two) == evidence_sha256(two.reverse())
    assert evidence_sha256(two) != evidence_sha256(two.head(1))
