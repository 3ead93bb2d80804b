"""A drop comes from a budget, whole; who waits for a case has it held; no budget is exceeded."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.drops import BudgetUse, decide_drop, of_budget, require_within, waiting_owners
from seasons.enforcement import COVERED_DECISIONS, INVOLVED, releases_due
from seasons.proposals import LINES_SCHEMA, Proposal
from warehouse.errors import AllocationError, ProposalError

OWNERS = tuple("abcdefg")


def drop(lines: dict[str, int]) -> Proposal:
    rows = [(owner, amount, "gift") for owner, amount in sorted(lines.items())]
    frame = pl.DataFrame(rows, LINES_SCHEMA, orient="row")
    return Proposal("drop", 1, 0, "legacy", "gifts", "one", "gift", frame)


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from(OWNERS), st.integers(1, 10**15), min_size=1),
    st.frozensets(st.sampled_from(OWNERS)),
)
def test_everybody_gets_their_line_from_the_budget(lines, waiting):
    done = decide_drop(drop(lines), waiting)
    assert sum(done.entries["micropoints"].to_list()) == 0
    got = {
        (account, subject): amount
        for account, amount, reason, subject in done.entries.iter_rows()
        if reason == "drop_legacy"
    }
    assert got.pop(("budget:gifts", None)) == -sum(lines.values())
    assert got == {
        (f"held:{owner}", owner) if owner in waiting else (f"owner:{owner}", None): amount
        for owner, amount in lines.items()
    }
    assert done.held == sum(amount for owner, amount in lines.items() if owner in waiting)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(OWNERS),
            st.sampled_from(("C-1", "C-2")),
            st.sampled_from(("open", "confirmed", "final")),
        ),
        unique_by=lambda row: row[:2],
    ),
    st.frozensets(st.sampled_from(("C-1", "C-2"))),
)
def test_nothing_is_held_that_the_next_release_would_give_back(rows, taken):
    involved = pl.DataFrame(
        [(*row, None if row[2] == "open" else 2) for row in rows], INVOLVED, orient="row"
    )
    covered = pl.DataFrame(
        [(case, 1, 0, 2) for case in sorted(taken)], COVERED_DECISIONS, orient="row"
    )
    gift = drop(dict.fromkeys(OWNERS, 5))
    waiting = waiting_owners(gift, involved, covered)
    held = decide_drop(gift, waiting).entries.filter(pl.col("account").str.starts_with("held:"))
    lines = held.select(
        pl.lit(1, pl.Int32).alias("season"),
        pl.lit(0, pl.Int32).alias("week"),
        pl.col("subject").alias("owner_id"),
        "subject",
        "micropoints",
    )
    assert releases_due(lines, involved, covered).is_empty()
    assert waiting == {
        owner
        for owner, case, state in rows
        if state == "open" or (state == "confirmed" and case not in taken)
    }


@pytest.mark.parametrize(
    ("before", "given_", "taken", "kept"),
    [
        (0, 100, 0, True),
        (1, 100, 0, False),
        (50, 51, 1, True),
        (50, 52, 1, False),
        (-20, 120, 0, True),
        (150, 0, 10, True),  # the limit was lowered: taking back stays possible
        (150, 11, 10, False),
    ],
)
def test_a_budget_gives_no_more_than_is_declared(before, given_, taken, kept):
    use = BudgetUse("gifts", 100, before, given_, taken)
    if kept:
        require_within(use)
    else:
        with pytest.raises(ProposalError, match=r"budget 'gifts' has 0\.000100 points"):
            require_within(use)


def test_more_than_an_entry_holds_is_refused():
    with pytest.raises(AllocationError, match="more than a ledger entry"):
        of_budget("gifts", -(2**63), "drop_bonus")
