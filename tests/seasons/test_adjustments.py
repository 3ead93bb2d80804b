"""An adjustment gives what it says, takes what is there, and writes down the rest."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.adjustments import decide_adjustment
from seasons.drops import ByHand
from seasons.proposals import LINES_SCHEMA, Proposal

OWNERS = tuple("abcdefg")
AMOUNTS = st.integers(-(10**15), 10**15).filter(bool)


def adjustment(lines: dict[str, int]) -> Proposal:
    rows = [(owner, amount, "late") for owner, amount in sorted(lines.items())]
    frame = pl.DataFrame(rows, LINES_SCHEMA, orient="row")
    return Proposal("adjust", 1, 5, "", "corrections", "late", "late", frame)


def balances(*rows: tuple[str, str | None, int]) -> pl.DataFrame:
    schema = {"account": pl.String, "subject": pl.String, "micropoints": pl.Int64}
    return pl.DataFrame(list(rows), schema, orient="row")


def entries(by_hand: ByHand) -> list[tuple[str, int, str, str | None]]:
    return by_hand.entries.rows()


def test_points_come_from_the_budget_and_wait_while_a_case_does():
    done = decide_adjustment(adjustment({"a": 5, "b": 7}), balances(), waiting={"b"})
    assert entries(done) == [
        ("budget:corrections", -12, "adjusted", None),
        ("held:b", 7, "adjusted", "b"),
        ("owner:a", 5, "adjusted", None),
    ]
    assert (done.given, done.held, done.taken, done.owed_total) == (12, 7, 0, 0)


def test_what_is_taken_back_is_taken_from_the_owner_then_from_what_is_held_then_owed():
    there = balances(("held:a", "a", 3), ("held:a", "referee", 50), ("owner:a", None, 4))
    done = decide_adjustment(adjustment({"a": -10}), there, waiting=())
    assert entries(done) == [
        ("budget:corrections", 7, "taken_back", None),
        ("held:a", -3, "taken_back", "a"),
        ("owner:a", -4, "taken_back", None),
    ]
    assert done.owed.rows() == [("a", 3, "late")]


def test_where_nothing_is_left_all_is_owed_and_nothing_moves():
    done = decide_adjustment(adjustment({"a": -10}), balances(), waiting=())
    assert entries(done) == []
    assert done.owed_total == 10


def test_giving_and_taking_in_one_batch_stay_apart():
    there = balances(("owner:b", None, 100))
    done = decide_adjustment(adjustment({"a": 5, "b": -8}), there, waiting=())
    assert [row for row in entries(done) if row[0].startswith("budget:")] == [
        ("budget:corrections", -5, "adjusted", None),
        ("budget:corrections", 8, "taken_back", None),
    ]


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict[str, int], pl.DataFrame, frozenset[str]]:
    lines = draw(st.dictionaries(st.sampled_from(OWNERS), AMOUNTS, min_size=1))
    accounts = st.one_of(
        st.sampled_from(OWNERS).map(lambda owner: (f"owner:{owner}", None)),
        st.tuples(st.sampled_from(OWNERS), st.sampled_from(OWNERS)).map(
            lambda pair: (f"held:{pair[0]}", pair[1])
        ),
    )
    there = draw(st.dictionaries(accounts, st.integers(1, 10**15)))
    waiting = draw(st.frozensets(st.sampled_from(OWNERS)))
    return lines, balances(*((*place, amount) for place, amount in there.items())), waiting


@settings(max_examples=50)
@given(situations())
def test_nothing_is_minted_nobody_falls_below_zero_and_what_is_asked_is_taken_or_owed(situation):
    lines, there, waiting = situation
    done = decide_adjustment(adjustment(lines), there, waiting)
    assert sum(done.entries["micropoints"].to_list()) == 0
    after = {(account, subject): amount for account, subject, amount in there.iter_rows()}
    for account, amount, _, subject in done.entries.iter_rows():
        if not account.startswith("budget:"):
            after[account, subject] = after.get((account, subject), 0) + amount
    assert min(after.values(), default=0) >= 0
    owed = dict(done.owed.select("owner_id", "micropoints").iter_rows())
    for owner, asked in lines.items():
        moved = sum(
            amount
            for account, amount, _, _ in done.entries.iter_rows()
            if account in {f"owner:{owner}", f"held:{owner}"}
        )
        assert moved - owed.get(owner, 0) == asked
    assert done.taken + done.owed_total == -sum(amount for amount in lines.values() if amount < 0)


@settings(max_examples=50)
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_balances_says_nothing(situation, draw):
    lines, there, waiting = situation
    done = decide_adjustment(adjustment(lines), there, waiting)
    proposal = adjustment(lines)
    seed = draw.randrange(2**31)
    mixed = Proposal(
        **{
            **{name: getattr(proposal, name) for name in Proposal.__dataclass_fields__},
            "lines": proposal.lines.sample(fraction=1, shuffle=True, seed=seed),
        }
    )
    again = decide_adjustment(mixed, there.sample(fraction=1, shuffle=True, seed=seed), waiting)
    assert again.entries.equals(done.entries)
    assert again.owed.equals(done.owed)


def test_a_balance_is_never_read_as_more_than_it_is():
    there = balances(("owner:ab", None, 100), ("held:ab", "ab", 100), ("owner:a", None, 1))
    done = decide_adjustment(adjustment({"a": -10}), there, waiting=())
    assert (done.taken, done.owed_total) == (1, 9)


@pytest.mark.parametrize("owner", ["owner:x", "held:", "C-1/x"])
def test_an_owner_may_be_called_like_an_account(owner):
    there = balances((f"owner:{owner}", None, 3), (f"held:{owner}", owner, 3))
    done = decide_adjustment(adjustment({owner: -5}), there, waiting=())
    assert (done.taken, done.owed_total) == (5, 0)
