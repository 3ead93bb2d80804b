"""Held points go back only where neither their owner nor their subject is in a case."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seasons.enforcement import decide_releases, release_entries

OWNERS = st.sampled_from("abcdef")
HELD = st.lists(
    st.tuples(st.just(1), st.integers(1, 3), OWNERS, OWNERS, st.integers(1, 10**13)),
    unique_by=lambda row: row[:4],
    max_size=20,
)
SCHEMA = {
    "season": pl.Int32,
    "week": pl.Int32,
    "owner_id": pl.String,
    "subject": pl.String,
    "micropoints": pl.Int64,
}


def held_frame(rows: list[tuple]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@given(HELD, st.frozensets(OWNERS))
def test_what_is_released_is_exactly_what_no_case_keeps(rows, blocked):
    released = decide_releases(held_frame(rows), blocked)
    expected = sorted(row for row in rows if row[2] not in blocked and row[3] not in blocked)
    assert released.rows() == expected


@given(HELD)
def test_a_release_balances_and_gives_each_owner_what_was_held(rows):
    held = held_frame(rows)
    entries = release_entries(held)
    assert sum(entries["micropoints"].to_list()) == 0
    back = entries.filter(pl.col("account").str.starts_with("owner:"))
    expected: dict[str, int] = {}
    for _, _, owner, _, amount in rows:
        expected[f"owner:{owner}"] = expected.get(f"owner:{owner}", 0) + amount
    assert dict(back.select("account", "micropoints").iter_rows()) == expected


def test_a_referrers_share_follows_the_referee():
    held = held_frame([(1, 1, "referrer", "referee", 5)])
    assert decide_releases(held, frozenset({"referee"})).is_empty()
    assert decide_releases(held, frozenset()).height == 1


def test_an_owner_in_a_second_case_stays_held():
    held = held_frame([(1, 1, "a", "a", 5)])
    assert decide_releases(held, frozenset({"a"})).is_empty()
