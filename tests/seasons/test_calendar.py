"""Weeks: half-open windows that touch, counted by integer arithmetic on UTC instants."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seasons.calendar import BACKPACK, WEEK, Calendar, check_disjoint, find_week, parse_label
from warehouse.errors import SeasonError

FIRST = BACKPACK[0]
TICK = timedelta(microseconds=1)


def test_the_first_window_of_season_1_has_six_days_and_all_others_seven() -> None:
    lengths = [week.end - week.start for week in FIRST.all_weeks()]
    assert lengths == [timedelta(days=6)] + [WEEK] * 9


def test_a_week_is_issued_on_friday_at_ten_in_utc_plus_eight() -> None:
    issue_at = FIRST.week(1).issue_at
    assert issue_at == datetime(2025, 3, 28, 2, tzinfo=UTC)
    assert f"{issue_at.astimezone(timezone(timedelta(hours=8))):%A %H:%M}" == "Friday 10:00"


def test_the_last_issue_falls_after_the_seasons_last_day() -> None:
    assert FIRST.week(10).issue_at > FIRST.closes == datetime(2025, 5, 29, tzinfo=UTC)


def test_windows_touch_and_hold_their_start_and_not_their_end() -> None:
    for before, after in pairwise(FIRST.all_weeks()):
        assert before.end == after.start
        assert FIRST.week_at(before.end - TICK) == before
        assert FIRST.week_at(before.end) == after


@given(st.integers(-(10**6), 10**7))
def test_an_instant_is_in_the_week_whose_window_holds_it(seconds: int) -> None:
    instant = FIRST.opens + timedelta(seconds=seconds)
    holding = [week for week in FIRST.all_weeks() if week.start <= instant < week.end]
    found = FIRST.week_at(instant)
    assert holding == ([] if found is None else [found])


def test_an_instant_between_two_seasons_is_in_no_window() -> None:
    gap = datetime(2025, 6, 15, tzinfo=UTC)
    assert [calendar.week_at(gap) for calendar in BACKPACK] == [None] * 4
    check_disjoint(BACKPACK)


def test_touching_seasons_are_fine_and_overlapping_ones_are_refused() -> None:
    opens = FIRST.closes
    check_disjoint([Calendar(2, opens, opens + WEEK, 1), FIRST])
    with pytest.raises(SeasonError, match="before season 1 ends"):
        check_disjoint([FIRST, Calendar(2, opens - TICK, opens + WEEK, 1)])
    with pytest.raises(SeasonError, match="not unique"):
        check_disjoint([FIRST, Calendar(1, opens, opens + WEEK, 1)])


def test_weeks_are_due_from_their_issue_instant_on() -> None:
    second = FIRST.week(2).issue_at
    assert [week.number for week in FIRST.issuable(second - TICK)] == [1]
    assert [week.number for week in FIRST.issuable(second)] == [1, 2]


def test_labels_name_weeks_and_nothing_else() -> None:
    assert parse_label("S1W05") == (1, 5)
    assert find_week(BACKPACK, "S2W10").label == "S2W10"
    for label in ("S1W5", "s1w05", "S0W01", "S1W05 ", "W05"):
        with pytest.raises(SeasonError, match="is not a week"):
            parse_label(label)
    with pytest.raises(SeasonError, match="weeks 1 to 10"):
        find_week(BACKPACK, "S1W11")
    with pytest.raises(SeasonError, match="no season 9"):
        find_week(BACKPACK, "S9W01")


def test_a_calendar_in_another_zone_or_out_of_order_is_refused() -> None:
    east = timezone(timedelta(hours=8))
    with pytest.raises(SeasonError, match="must be UTC"):
        Calendar(1, FIRST.opens.astimezone(east), FIRST.first_cutoff, 10)
    with pytest.raises(SeasonError, match="not before its first cutoff"):
        Calendar(1, FIRST.first_cutoff, FIRST.first_cutoff, 10)
    with pytest.raises(SeasonError, match="at least one"):
        Calendar(1, FIRST.opens, FIRST.first_cutoff, 0)
