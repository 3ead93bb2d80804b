"""What a detection leaves behind: cases that follow each other, and since when they hold what."""

from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pytest

from detection.cases import decide_cases
from warehouse.cases import load_case
from warehouse.detections import DetectionRun, load_book, load_mark, store_detection
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
from warehouse.recording import NewMove, record_move, record_settlement

MONDAY = datetime(2025, 3, 24, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def connection():
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    migrate(connection, MONDAY)
    return connection


def edges(names, value="phone", seen=MONDAY):
    """Everybody shares one device with everybody, last seen at an instant."""
    seen = seen.replace(tzinfo=None)
    rows = [
        (a, b, "device", "device", value, len(names), 9_000, True, seen, seen, 2, a, b)
        for a in names
        for b in names
        if a < b
    ]
    return pl.DataFrame(rows, schema=EDGES_SCHEMA, orient="row")


def found(names, evidence):
    """A detection with one cluster."""
    sizes = (len(names), len(names), ["device"])
    cluster = ("K-1", *sizes, 0.9, MONDAY.replace(tzinfo=None))
    return Detection(
        edges=evidence,
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame([cluster], schema=CLUSTERS_SCHEMA, orient="row"),
        members=pl.DataFrame(
            [("K-1", name, name, 9_000) for name in names], schema=MEMBERS_SCHEMA, orient="row"
        ),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )


def detected(connection, at, names, evidence):
    """Detect, decide and store, as the job does; then decide once more, which yields nothing."""
    detection = found(names, evidence)
    flagged = detection.members.select("cluster_id", "owner_id")
    changes = decide_cases(detection, flagged, load_book(connection), at)
    store_detection(connection, DetectionRun(at, at, len(names), "{}"), detection, changes)
    assert decide_cases(detection, flagged, load_book(connection), at) == ()
    return changes


def moved(connection, case_id, move, now, verdicts=(), **more):
    """Record a move, and what it says of owners: (owner, what is kept)."""
    new = NewMove(case_id, move, by="ana", reason="looked", **more)
    seq = record_move(connection, new, now).seq
    for owner, keep in verdicts:
        verdict = "cleared" if keep == 10_000 else "confirmed"
        connection.execute(
            "insert into case_verdicts values ($1, $2, $3, $3, $4, $5, 'rule')",
            [case_id, seq, owner, verdict, keep],
        )


def settled(connection, case_id, at, owners):
    """Take an open case all the way until it is final."""
    moved(connection, case_id, "confirm", at - DAY, [(owner, 0) for owner in owners])
    moved(connection, case_id, "notice", at - DAY, until=at)
    record_settlement(connection, "settle-1", [case_id], at)


@pytest.fixture
def first(connection):
    """The id of a case of a, b and c."""
    (change,) = detected(connection, MONDAY, "abc", edges("abc"))
    return change.case_id


def kept(book):
    return dict(book.verdicts.select("owner_id", "keep_bps").rows())


def test_a_first_case_is_the_root_of_its_chain(connection, first):
    book = load_book(connection)
    assert book.cases.rows() == [(first, first, None, "K-1", "open", 1, None)]
    assert book.cases.schema["place"] == pl.Int32
    assert book.members.rows() == [(first, name, name) for name in "abc"]
    assert book.evidence.columns == ["case_id", *EDGES_SCHEMA.names()]


def test_a_case_that_follows_another_belongs_to_its_chain(connection, first):
    moved(connection, first, "confirm", MONDAY + DAY, [(name, 0) for name in "abc"])
    (second,) = detected(connection, MONDAY + WEEK, "abcde", edges("abcde"))
    moved(connection, second.case_id, "confirm", MONDAY + 8 * DAY, [("d", 0), ("e", 0)])
    (third,) = detected(connection, MONDAY + 2 * WEEK, "abcdef", edges("abcdef"))
    cases = load_book(connection).cases.sort("place")
    ids = [first, second.case_id, third.case_id]
    assert cases["case_id"].to_list() == ids
    assert cases["follows"].to_list() == [None, *ids[:2]]
    assert cases["root"].to_list() == [first] * 3
    assert cases["place"].to_list() == [1, 2, 3]
    assert load_case(connection, ids[2]).members["owner_id"].to_list() == ["f"]
    assert load_case(connection, first).state == "confirmed"


def test_what_goes_on_after_a_settlement_opens_a_case_with_the_same_owners(connection, first):
    final_at = MONDAY + 10 * DAY
    settled(connection, first, final_at, "abc")
    assert load_book(connection).cases["final_at"].to_list() == [final_at.replace(tzinfo=None)]
    assert detected(connection, MONDAY + 2 * WEEK, "abc", edges("abc", seen=final_at)) == ()
    later = edges("abc", seen=final_at + DAY)
    (change,) = detected(connection, MONDAY + 2 * WEEK, "abc", later)
    assert (change.follows, change.members["owner_id"].to_list()) == (first, ["a", "b", "c"])
    assert load_case(connection, change.case_id).evidence.height == 3


def test_members_and_evidence_know_the_move_that_brought_them(connection, first):
    moved(connection, first, "review", MONDAY + DAY)
    detected(connection, MONDAY + WEEK, "abcd", edges("abcd"))
    case = load_case(connection, first)
    assert case.members.select("owner_id", "since").rows() == [
        ("a", 1),
        ("b", 1),
        ("c", 1),
        ("d", 3),
    ]
    assert [case.moves[since - 1].move for since in (1, 3)] == ["opened", "gained"]
    brought = dict(case.evidence.group_by("since").len().rows())
    assert brought == {1: 3, 3: 3}


def test_the_book_holds_the_verdicts_that_stand(connection, first):
    moved(connection, first, "propose", MONDAY, [("a", 0), ("b", 0), ("c", 0)])
    assert kept(load_book(connection)) == {}
    moved(connection, first, "partly", MONDAY, [("a", 0), ("b", 5_000), ("c", 10_000)])
    assert kept(load_book(connection)) == {"a": 0, "b": 5_000, "c": 10_000}
    moved(connection, first, "notice", MONDAY, until=MONDAY + WEEK)
    moved(connection, first, "appeal", MONDAY, owner_id="a")
    moved(connection, first, "uphold", MONDAY, [("a", 10_000)], owner_id="a")
    assert kept(load_book(connection)) == {"a": 10_000, "b": 5_000, "c": 10_000}
    moved(connection, first, "withdraw", MONDAY)
    assert kept(load_book(connection)) == {}


def test_every_move_changes_the_mark(connection, first):
    before = load_mark(connection)
    moved(connection, first, "propose", MONDAY, [("a", 0)])
    assert load_mark(connection) != before


@pytest.mark.parametrize("follows", ["C-404", "the first"])
def test_only_the_end_of_a_chain_can_be_followed(connection, first, follows):
    moved(connection, first, "confirm", MONDAY + DAY, [(name, 0) for name in "abc"])
    detected(connection, MONDAY + WEEK, "abcd", edges("abcd"))
    before = first if follows == "the first" else follows
    none = edges("")
    accounts = pl.DataFrame({"account_id": ["x"], "owner_id": ["x"]})
    change = CaseChange("C-9", "K-1", "opened", 0.9, "a test", accounts, none, before)
    run = DetectionRun(MONDAY, MONDAY, 1, "{}")
    with pytest.raises(CaseError, match="'C-9' cannot be extended or begun"):
        store_detection(connection, run, found("x", none), [change])
