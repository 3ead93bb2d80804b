"""Batches are stored whole, once, and only where they balance."""

from datetime import UTC, datetime

import polars as pl
import pytest

from seasons.accounts import LINES
from seasons.proofs import entries_sha256
from warehouse import ledger
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import LedgerError
from warehouse.home import Home
from warehouse.ledger import ENTRY_SCHEMA, StoredBatch
from warehouse.records import Batch

NOW = datetime(2025, 4, 1, tzinfo=UTC)


def entries_of(*lines: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(account, amount, "issued", None) for account, amount in lines],
        schema=ENTRY_SCHEMA,
        orient="row",
    )


def store(home: Home, entries: pl.DataFrame, week: int = 1, kind: str = "issue", leaf: int = 0):
    batch = Batch(1, week, kind, "", NOW, entries.height, entries_sha256(entries))
    with transaction(home) as connection:
        ledger.store_batch(connection, StoredBatch(batch, leaf, moves=0), entries)


FAIR = entries_of(("emission:S1W01", -10), ("owner:a", 7), ("owner:b", 3))


def everything(home: Home) -> list:
    with warehouse(home, read_only=True) as connection:
        return [rows(connection, f"from {table} order by all") for table in ("batches", "entries")]


def test_a_batch_comes_back_as_it_was_stored(home: Home):
    store(home, FAIR)
    with warehouse(home, read_only=True) as connection:
        (stored,) = ledger.batches(connection)
        assert stored.batch.batch_id == "S1W01/issue"
        assert ledger.load_entries(connection, "S1W01/issue").equals(FAIR)


def test_a_batch_that_does_not_balance_changes_nothing(home: Home):
    before = everything(home)
    with pytest.raises(LedgerError, match="adds up to -3"):
        store(home, entries_of(("emission:S1W01", -10), ("owner:a", 7)))
    assert everything(home) == before


def test_a_batch_cannot_be_written_twice_not_even_with_other_content(home: Home):
    store(home, FAIR)
    before = everything(home)
    with pytest.raises(LedgerError, match="exists already"):
        store(home, entries_of(("emission:S1W01", -1), ("owner:c", 1)), leaf=1)
    assert everything(home) == before


def test_the_store_itself_refuses_a_second_batch(home: Home):
    store(home, FAIR)
    with warehouse(home) as connection, pytest.raises(Exception, match="unique"):
        connection.execute(
            "insert into batches "
            "select * replace ('other' as batch_id, 9 as leaf_index) from batches"
        )


def test_balances_are_those_of_a_point_in_the_log(home: Home):
    store(home, FAIR, leaf=0)
    store(home, entries_of(("emission:S1W02", -5), ("owner:a", 5)), week=2, leaf=1)
    with warehouse(home, read_only=True) as connection:
        now = ledger.season_points(connection, 1)
        then = ledger.season_points(connection, 1, before_leaf=1)
    assert dict(now.iter_rows()) == {"a": 12, "b": 3}
    assert dict(then.iter_rows()) == {"a": 7, "b": 3}


def test_a_week_that_is_issued_after_its_successor_does_not_look_ahead(home: Home):
    store(home, entries_of(("emission:S1W02", -5), ("owner:a", 5)), week=2, leaf=0)
    store(home, FAIR, leaf=1)
    with warehouse(home, read_only=True) as connection:
        before_two = ledger.season_points(connection, 1, before_week=2, before_leaf=2)
        assert dict(before_two.iter_rows()) == {"a": 7, "b": 3}
        assert ledger.season_points(connection, 1, before_week=1, before_leaf=1).is_empty()


def test_what_is_held_counts_in_the_points_of_a_season(home: Home):
    store(home, entries_of(("emission:S1W01", -10), ("held:a", 6), ("owner:a", 4)))
    with warehouse(home, read_only=True) as connection:
        assert dict(ledger.season_points(connection, 1).iter_rows()) == {"a": 10}


def test_an_owner_named_like_a_prefix_is_not_mistaken(home: Home):
    store(home, entries_of(("emission:S1W01", -10), ("owner:held:a", 6), ("owner:a", 4)))
    with warehouse(home, read_only=True) as connection:
        assert dict(ledger.season_points(connection, 1).iter_rows()) == {"a": 4, "held:a": 6}
        assert ledger.owner_entries(connection, "a")["micropoints"].to_list() == [4]


# Lines and what was taken of them --------------------------------------------------------------


def story(home: Home, *batches: tuple[str, list[tuple[str, int, str | None]]]) -> None:
    """Store batches of week 1, one after the other; what they lack comes from elsewhere."""
    for leaf, (kind, moved) in enumerate(batches):
        elsewhere = -sum(amount for _, amount, _ in moved)
        lines = [*moved, ("emission:S1W01", elsewhere, None)]
        entries = pl.DataFrame(
            [(account, amount, "r", subject) for account, amount, subject in lines if amount],
            schema=ENTRY_SCHEMA,
            orient="row",
        )
        batch = Batch(1, 1, kind, f"k-{leaf}", NOW, entries.height, entries_sha256(entries))
        with transaction(home) as connection:
            ledger.store_batch(connection, StoredBatch(batch, leaf, moves=0), entries)


def line_after(home: Home, leaf: int, subject: str = "a") -> tuple[int, ...]:
    """What is held of the line of a, put there and taken, once this leaf was written."""
    with warehouse(home, read_only=True) as connection:
        lines = ledger.lines(connection, before_leaf=leaf + 1)
        assert lines.schema == LINES
        return lines.filter(owner_id="a", subject=subject).row(0)[4:]


def test_a_line_remembers_what_was_put_there_and_what_decisions_took(home: Home):
    story(
        home,
        ("issue", [("held:a", 100, "a"), ("held:a", 7, "b"), ("held:b", 9, "b")]),
        ("seize", [("held:a", -60, "a"), ("escrow:C-1/a", 60, "a")]),
        ("release", [("held:a", -40, "a"), ("owner:a", 40, None)]),
        ("restore", [("escrow:C-1/a", -20, "a"), ("held:a", 20, "a")]),
        ("adjust", [("held:a", 10, "a")]),
        ("adjust", [("held:a", -30, "a")]),
        ("redistribute", [("escrow:C-1/a", -40, "a"), ("owner:c", 40, None)]),
        ("drop", [("held:a", 5, "a")]),
    )
    told = [(100, 100, 0), (40, 100, 60), (0, 100, 60), (20, 100, 40), (30, 110, 40), (0, 80, 40)]
    assert [line_after(home, leaf) for leaf in range(6)] == told
    assert line_after(home, 5, subject="b") == (7, 7, 0)
    with warehouse(home, read_only=True) as connection:
        assert ledger.lines(connection, week=(1, 2)).is_empty()


def test_what_two_cases_took_of_a_line_is_told_together(home: Home):
    story(
        home,
        ("issue", [("held:a", 100, "a")]),
        ("seize", [("held:a", -20, "a"), ("escrow:C-1/a", 20, "a")]),
        ("seize", [("held:a", -30, "a"), ("escrow:C-2/a", 30, "a")]),
        ("redistribute", [("escrow:C-1/a", -20, "a"), ("owner:c", 20, None)]),
        ("restore", [("escrow:C-2/a", -30, "a"), ("held:a", 30, "a")]),
    )
    assert [line_after(home, leaf) for leaf in range(1, 5)] == [
        (80, 100, 20),
        (50, 100, 50),
        (50, 100, 50),
        (80, 100, 20),
    ]


def test_an_own_line_remembers_what_was_reached_back_for(home: Home):
    story(
        home,
        ("issue", [("owner:a", 100, None), ("owner:b", 1, None), ("held:a", 8, "a")]),
        ("reach_back", [("owner:a", -60, None), ("escrow:C-1/a", 60, None)]),
        ("seize", [("held:a", -8, "a"), ("escrow:C-1/a", 8, "a")]),
        ("restore", [("escrow:C-1/a", -30, None), ("owner:a", 30, None)]),
        ("adjust", [("owner:a", -50, None)]),
        ("redistribute", [("escrow:C-1/a", -30, None), ("owner:b", 30, None)]),
    )
    told = [(100, 100, 0), (40, 100, 60), (40, 100, 60), (70, 100, 30), (20, 50, 30), (20, 50, 30)]
    with warehouse(home, read_only=True) as connection:
        for leaf, expected in enumerate(told):
            own = ledger.own_lines(connection, ["a"], before_leaf=leaf + 1, week=(1, 1))
            assert own.schema == LINES
            assert own.rows() == [(1, 1, "a", None, *expected)]
        assert ledger.own_lines(connection, []).is_empty()
