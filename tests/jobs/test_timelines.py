"""What two owners traded together: the strongest pairs, and cells that show what was seen."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from jobs.timelines import OrdersPair, strongest_pairs, timeline_of
from tests.warehouse.event_files import write
from warehouse.evidence_rows import CELLS_SCHEMA, SEQUENCES_SCHEMA, EvidenceRows
from warehouse.findings import EDGES_SCHEMA
from warehouse.home import create_home

UNTIL = datetime(2025, 4, 10, tzinfo=UTC)
START = datetime(2025, 3, 26, tzinfo=UTC).replace(tzinfo=None)


def piece(number, a, b, family, signal, weight):
    row = (a, b, family, signal, "v", 2, weight, True, None, None, 4, a, b)
    edges = pl.DataFrame([row], schema=EDGES_SCHEMA, orient="row")
    return edges.with_columns(piece=pl.lit(number, pl.Int32))


def test_pairs_are_those_with_the_strongest_evidence_of_orders():
    pieces = pl.concat(
        [
            piece(1, "ann", "bob", "device", "device", 90_000),
            piece(2, "ann", "cat", "replay", "replay", 6_000),
            piece(3, "bob", "cat", "opposite", "opposite", 4_000),
            piece(4, "bob", "cat", "replay", "replay", 5_000),
            piece(5, "ann", "dan", "direct", "ring", 1_000),
        ]
    )
    assert strongest_pairs(pieces, 2) == (
        OrdersPair("bob", "cat", ("opposite", "replay"), 9_000, 3, 4),
        OrdersPair("ann", "cat", ("replay",), 6_000, None, 2),
    )


@pytest.fixture
def traded(tmp_path):
    """Ann and bob are opposite twice, on one side once, and answer one another once."""
    home = create_home(tmp_path / "home", "home-1", rehearsal=True)
    names = ("ann", "bob", "maker")
    known = [{"account_id": name, "opened_at": START, "changed_at": START} for name in names]
    fills = [
        (1, "ann", "buy", "maker"), (1, "bob", "sell", "maker"),
        (2, "ann", "sell", "maker"), (2, "bob", "buy", "maker"),
        (3, "ann", "buy", "maker"), (3, "bob", "buy", "maker"),
        (4, "ann", "buy", "bob"),
    ]  # fmt: skip
    events = [
        {
            "fill_id": f"f{number}",
            "ts": START + timedelta(hours=hour, seconds=number),
            "market": "M",
            "product": "perp",
            "maker_id": maker,
            "taker_id": taker,
            "taker_side": side,
            "notional_usd": Decimal("10.5"),
        }
        for number, (hour, taker, side, maker) in enumerate(fills)
    ]
    return home, [write(home, "accounts", known), write(home, "fills", events)]


def found(seconds, sequences=()):
    return EvidenceRows(
        cells=pl.DataFrame([(1, seconds)], schema=CELLS_SCHEMA, orient="row"),
        sequences=pl.DataFrame(list(sequences), schema=SEQUENCES_SCHEMA, orient="row"),
    )


def test_cells_are_told_in_which_both_were_opposite_or_met(traded):
    pair = OrdersPair("ann", "bob", ("opposite",), 1, 1, None)
    timeline = timeline_of(*traded, UNTIL, pair, found(900), most=2)
    assert timeline.seconds == 900
    assert timeline.aligned_in_all == 3
    assert [(row.side_a, row.side_b, row.opposite, row.met) for row in timeline.aligned] == [
        ("buy", "sell", True, 0),
        ("sell", "buy", True, 0),
    ]
    assert timeline.aligned[0].usd_a == "10.50"


def test_sequences_are_told_without_reading_fills_where_they_are_all_there_is(traded):
    home, _ = traded
    rows = [(2, 1, "buys M", 2, START, START), (3, 1, "others'", 2, START, START)]
    pair = OrdersPair("ann", "bob", ("replay",), 1, None, 2)
    timeline = timeline_of(home, (), UNTIL, pair, found(900, rows), most=2)
    assert (timeline.seconds, timeline.aligned) == (0, ())
    assert [row.steps for row in timeline.repeated] == ["buys M"]
