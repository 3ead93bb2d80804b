"""Proposals are kept as they were made, one end each; a budget is read as of a point in the log."""

from datetime import UTC, datetime

import duckdb
import polars as pl
import pytest

from warehouse.connection import transaction
from warehouse.proposals import (
    APPROVED,
    WITHDRAWN,
    NewProposal,
    StoredProposal,
    balances_of_owners,
    left_budget,
    load_lines,
    load_proposals,
    store_end,
    store_proposal,
    strangers,
)

NOW = datetime(2025, 4, 2, tzinfo=UTC)
LINES = pl.DataFrame({"owner_id": ["ben", "ana"], "micropoints": [-2, 1], "reason": ["b", "a"]})


def new(name: str, kind: str = "adjust") -> NewProposal:
    return NewProposal(kind, 1, 5, name, "{}", "digest", LINES)


def ended(stored: StoredProposal, outcome: str, batch_id: str | None = None) -> StoredProposal:
    said = {field: getattr(stored, field) for field in StoredProposal.__dataclass_fields__}
    ends = {"outcome": outcome, "ended_by": "ben", "ended_at": NOW, "batch_id": batch_id}
    return StoredProposal(**{**said, **ends})


def test_a_proposal_comes_back_with_its_lines_and_how_it_ended(home):
    with transaction(home) as connection:
        for name, kind in (("one", "adjust"), ("two", "adjust"), ("one", "drop")):
            store_proposal(connection, new(name, kind), "anna", NOW)
        first, second, third = load_proposals(connection)
        assert [one.number for one in (first, second, third)] == [1, 2, 3]
        assert load_lines(connection, 1).rows() == [("ana", 1, "a"), ("ben", -2, "b")]
        store_end(connection, ended(first, WITHDRAWN))
        store_end(connection, ended(second, APPROVED, "S1W05/adjust/two"))
        (found,) = load_proposals(connection, kind="adjust", season=1, name="one")
        assert (found.outcome, found.ended_by, found.ended_at) == ("withdrawn", "ben", NOW)
        assert load_proposals(connection, batch_id="S1W05/adjust/two")[0].name == "two"
        assert load_proposals(connection, kind="drop") == (third,)
        assert third.outcome is None


def test_a_proposal_ends_once_and_with_something(home):
    with transaction(home) as connection:
        store_proposal(connection, new("one"), "anna", NOW)
        (first,) = load_proposals(connection)
        with pytest.raises(ValueError, match="no end"):
            store_end(connection, first)
        store_end(connection, ended(first, WITHDRAWN))
    with pytest.raises(duckdb.ConstraintException), transaction(home) as connection:
        store_end(connection, ended(first, APPROVED, "b"))


def test_budget_and_balances_are_read_as_of_a_leaf(home):
    with transaction(home) as connection:
        for leaf, (batch, amount) in enumerate((("x", 5), ("y", 7))):
            connection.execute(
                "insert into batches by name select $1 as batch_id, 1 as season, 5 as week, "
                "'drop' as kind, $1 as key, timestamp '2025-04-02' as created_at, 2 as entries, "
                "'' as entries_sha256, $2 as leaf_index, 0 as moves",
                [batch, leaf],
            )
            connection.execute(
                "insert into entries values ($1, 0, 'budget:gifts', -$2, 'r', null), "
                "($1, 1, 'owner:ana', $2, 'r', null)",
                [batch, amount],
            )
        assert left_budget(connection, 1, "gifts") == 12
        assert left_budget(connection, 1, "gifts", before_leaf=1) == 5
        assert left_budget(connection, 2, "gifts") == left_budget(connection, 1, "gift") == 0
        asked = (connection, 1, 5, ["ana", "an"])
        assert balances_of_owners(*asked).rows() == [("owner:ana", None, 12)]
        assert balances_of_owners(*asked, before_leaf=0).is_empty()
        assert balances_of_owners(connection, 1, 4, ["ana"]).is_empty()
        assert balances_of_owners(connection, 1, 5, []).is_empty()
        assert strangers(connection, ["zoe", "ana", "an"]) == ("an", "zoe")
        assert strangers(connection, []) == ()
