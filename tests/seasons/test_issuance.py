"""A week's entries: whole, held where a case is open, and a referee's part with the referee."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seasons.allocation import Split
from seasons.calendar import Calendar
from seasons.issuance import issue_entries

OPENS = datetime(2025, 3, 21, tzinfo=UTC)
WEEK = Calendar(1, OPENS, OPENS + timedelta(days=6), 10).week(1)
OWNERS = st.sampled_from("abcdef")


@st.composite
def splits(draw: st.DrawFn) -> Split:
    """Draw what owners earn alone, and what referrers earn by each referee on top."""
    alone = draw(st.dictionaries(OWNERS, st.integers(1, 10**13), min_size=1))
    edges = draw(st.dictionaries(st.tuples(OWNERS, OWNERS), st.integers(1, 10**12), max_size=8))
    referred = {pair: amount for pair, amount in edges.items() if pair[0] != pair[1]}
    totals = dict(alone)
    for (referrer, _), amount in referred.items():
        totals[referrer] = totals.get(referrer, 0) + amount
    return Split(
        by_pool=pl.DataFrame(),
        by_owner=pl.DataFrame(
            sorted(totals.items()), {"owner_id": pl.String, "micropoints": pl.Int64}, orient="row"
        ),
        referred=pl.DataFrame(
            [(*pair, amount) for pair, amount in sorted(referred.items())],
            {"owner_id": pl.String, "referee_id": pl.String, "micropoints": pl.Int64},
            orient="row",
        ),
    )


def amounts(entries: pl.DataFrame, prefix: str) -> dict[str, int]:
    found = entries.filter(pl.col("account").str.starts_with(prefix))
    sums = found.group_by("account").agg(pl.col("micropoints").sum())
    return {account.removeprefix(prefix): amount for account, amount in sums.iter_rows()}


@given(splits(), st.frozensets(OWNERS))
def test_entries_balance_and_give_everybody_the_split(split: Split, blocked: frozenset[str]):
    entries = issue_entries(WEEK, split, blocked)
    total = sum(split.by_owner["micropoints"].to_list())
    assert sum(entries["micropoints"].to_list()) == 0
    assert amounts(entries, "emission:") == {"S1W01": -total}
    own, held = amounts(entries, "owner:"), amounts(entries, "held:")
    both = {owner: own.get(owner, 0) + held.get(owner, 0) for owner in own | held}
    assert both == dict(split.by_owner.iter_rows())
    assert min(entries["micropoints"].to_list()[1:], default=1) > 0 or total == 0


@given(splits(), st.frozensets(OWNERS))
def test_held_is_what_a_blocked_owner_earned_or_a_blocked_referee_brought(split, blocked):
    held = amounts(issue_entries(WEEK, split, blocked), "held:")
    expected = {owner: amount for owner, amount in split.by_owner.iter_rows() if owner in blocked}
    for referrer, referee, amount in split.referred.iter_rows():
        if referee in blocked and referrer not in blocked:
            expected[referrer] = expected.get(referrer, 0) + amount
    assert held == expected


@given(splits())
def test_nothing_is_held_where_no_case_is_open(split: Split):
    assert amounts(issue_entries(WEEK, split, frozenset()), "held:") == {}


def test_a_held_entry_names_the_owner_whose_case_decides():
    split = Split(
        pl.DataFrame(),
        pl.DataFrame({"owner_id": ["a", "b"], "micropoints": [10, 5]}),
        pl.DataFrame({"owner_id": ["a"], "referee_id": ["b"], "micropoints": [3]}),
    )
    entries = issue_entries(WEEK, split, frozenset("b"))
    assert entries.rows() == [
        ("emission:S1W01", -15, "issued", None),
        ("held:a", 3, "held_case_of_referee", "b"),
        ("held:b", 5, "held_case_of_owner", "b"),
        ("owner:a", 7, "issued", None),
    ]
