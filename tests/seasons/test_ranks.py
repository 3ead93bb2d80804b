"""Ranks are shared by equals, tiers follow the season file's thresholds."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seasons.ranks import STANDINGS_SCHEMA, standings
from seasons.terms import TIERS, Tiers
from warehouse.records import MICROPOINTS_PER_POINT

THRESHOLDS = Tiers().thresholds()


def balances(points: dict[str, int]) -> pl.DataFrame:
    rows = {"owner_id": list(points), "micropoints": list(points.values())}
    return pl.DataFrame(rows, schema={"owner_id": pl.String, "micropoints": pl.Int64})


def test_owners_with_equal_points_share_a_rank_and_the_next_rank_is_left_out() -> None:
    table = standings(balances({"ada": 5, "bob": 9, "cyd": 5, "dan": 1}), THRESHOLDS)
    assert table.select("rank", "owner_id").rows() == [
        (1, "bob"),
        (2, "ada"),
        (2, "cyd"),
        (4, "dan"),
    ]


def test_a_tier_begins_exactly_at_its_threshold() -> None:
    silver = 100 * MICROPOINTS_PER_POINT
    table = standings(balances({"at": silver, "below": silver - 1}), THRESHOLDS)
    assert dict(table.select("owner_id", "tier").iter_rows()) == {"at": "Silver", "below": "Bronze"}


def test_all_six_tiers_can_be_reached() -> None:
    table = standings(balances(dict(THRESHOLDS)), THRESHOLDS)
    assert table.select("owner_id", "tier").rows() == [(name, name) for name in reversed(TIERS)]


def test_nobody_has_points_before_the_first_issue() -> None:
    table = standings(balances({}), THRESHOLDS)
    assert table.schema == STANDINGS_SCHEMA
    assert table.height == 0


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 10**15)))
def test_a_rank_is_one_more_than_the_number_of_owners_with_more_points(
    points: dict[str, int],
) -> None:
    table = standings(balances(points), THRESHOLDS)
    for rank, owner, micropoints, tier in table.iter_rows():
        assert points[owner] == micropoints
        assert rank == 1 + sum(other > micropoints for other in points.values())
        reached = [name for name, least in THRESHOLDS if least <= micropoints]
        assert tier == reached[-1]


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 3)), st.randoms())
def test_the_order_of_the_rows_changes_nothing(points: dict[str, int], chance) -> None:
    shuffled = list(points)
    chance.shuffle(shuffled)
    one = standings(balances(points), THRESHOLDS)
    other = standings(balances({owner: points[owner] for owner in shuffled}), THRESHOLDS)
    assert one.equals(other)
