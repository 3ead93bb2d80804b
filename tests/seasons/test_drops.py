"""A drop comes from a budget, whole; who waits for a case has it held; no budget is exceeded."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.accounts import LINES
from seasons.drops import BudgetUse, decide_drop, of_budget, require_within, waiting_owners
from seasons.enforcement import INVOLVED, releases_due
from seasons.proposals import LINES_SCHEMA, Proposal
from seasons.verdicts import VERDICTS
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


amounts = st.integers(0, 100)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(OWNERS),
            st.sampled_from(("C-1", "C-2")),
            st.sampled_from(("open", "confirmed", "final")),
            st.sampled_from((0, 5000, 9999)),
        ),
        unique_by=lambda row: row[:2],
    ),
    st.dictionaries(st.sampled_from(OWNERS), st.tuples(amounts, amounts, amounts)),
)
def test_nothing_is_held_that_the_next_release_would_give_back(rows, before):
    involved = pl.DataFrame(
        [(*row[:3], None if row[2] == "open" else 2) for row in rows], INVOLVED, orient="row"
    )
    says = [(case, owner, keep) for owner, case, state, keep in rows if state != "open"]
    verdicts = pl.DataFrame(says, VERDICTS, orient="row")
    gift = drop(dict.fromkeys(OWNERS, 5))
    waiting = waiting_owners(gift, involved, in_lines(before), verdicts)
    assert decide_drop(gift, waiting).held == 5 * len(waiting)
    then = {
        owner: (before.get(owner, (0, 0, 0))[0] + 5, *before.get(owner, (0, 0, 0))[1:])
        for owner in waiting
    }
    assert releases_due(in_lines(then), involved, verdicts).is_empty()

    def waits(owner: str, state: str, keep: int) -> bool:
        held, released, taken = before.get(owner, (0, 0, 0))
        gross = held + released + taken + 5
        return state == "open" or (
            state == "confirmed" and taken < gross - -(-gross * keep // 10000)
        )

    assert waiting == {owner for owner, _, state, keep in rows if waits(owner, state, keep)}


def in_lines(histories: dict[str, tuple[int, int, int]]) -> pl.DataFrame:
    """Held lines of week 0: what is there, what was released, what decisions have taken."""
    lines = [
        (1, 0, owner, owner, held, held + released + taken, taken)
        for owner, (held, released, taken) in sorted(histories.items())
    ]
    return pl.DataFrame(lines, LINES, orient="row")


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
