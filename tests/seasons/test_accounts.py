"""Names of accounts and the lines in them, whatever characters an owner's id has."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seasons.accounts import (
    ESCROW_LINES,
    HELD_LINES,
    OWN_LINES,
    escrow_account,
    escrow_lines,
    held_account,
    held_lines,
    own_lines,
    owner_account,
)

BALANCES = {
    "season": pl.Int32,
    "week": pl.Int32,
    "account": pl.String,
    "subject": pl.String,
    "micropoints": pl.Int64,
}
CASES = st.sampled_from(["C-1", "C-2", "C-00ff00ff00ff"])
OWNERS = st.text("ab/:. held", min_size=1, max_size=12)


def balances(*rows: tuple[str, str | None, int]) -> pl.DataFrame:
    return pl.DataFrame([(1, 2, *row) for row in rows], schema=BALANCES, orient="row")


@given(CASES, OWNERS, OWNERS)
def test_every_account_is_read_back_as_it_was_named(case, owner, subject):
    frame = balances(
        (owner_account(owner), None, 1),
        (held_account(owner), subject, 2),
        (escrow_account(case, owner), None, 3),
        (escrow_account(case, owner), subject, 4),
        ("emission:S1W02", None, -10),
        ("reserve", None, 5),
        ("budget:owner:a", None, -5),
    )
    assert own_lines(frame).rows() == [(1, 2, owner, 1)]
    assert held_lines(frame).rows() == [(1, 2, owner, subject, 2)]
    assert escrow_lines(frame).rows() == [
        (1, 2, case, owner, None, 3),
        (1, 2, case, owner, subject, 4),
    ]


@given(CASES, OWNERS)
def test_a_column_of_names_gives_the_names_one_by_one(case, owner):
    names = pl.DataFrame({"case_id": [case], "owner_id": [owner]})
    case_id, owner_id = pl.col("case_id"), pl.col("owner_id")
    columns = (owner_account(owner_id), held_account(owner_id), escrow_account(case_id, owner_id))
    assert names.select(column.alias(str(index)) for index, column in enumerate(columns)).row(
        0
    ) == (owner_account(owner), held_account(owner), escrow_account(case, owner))


def test_an_owners_balances_with_different_subjects_are_one_line():
    frame = balances(("owner:b", None, 5), ("owner:b", "x", 7), ("owner:a", "y", 1))
    assert own_lines(frame).rows() == [(1, 2, "a", 1), (1, 2, "b", 12)]


def test_no_balances_give_no_lines_of_the_same_types():
    empty = balances()
    assert own_lines(empty).schema == OWN_LINES
    assert held_lines(empty).schema == HELD_LINES
    assert escrow_lines(empty).schema == ESCROW_LINES
