"""The dates of a synthetic season."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.season import DAY, SeasonPlan


@given(st.integers(1, 14), st.integers(1, 20))
def test_weeks_follow_each_other_without_a_gap_and_fill_the_season(first: int, weeks: int) -> None:
    plan = SeasonPlan(1, weeks=weeks, opens=date(2025, 3, 1), first_cutoff=date(2025, 3, 1 + first))
    spans = [plan.span(number) for number in range(1, weeks + 1)]
    assert spans[0].start == plan.start
    assert spans[-1].end == plan.end == plan.start + plan.days * DAY
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert sum(span.days for span in spans) == plan.days
    assert [span.days for span in spans] == [first] + [7] * (weeks - 1)


def test_a_span_knows_its_days() -> None:
    plan = SeasonPlan(1, weeks=3)
    span = plan.span(3)
    assert (plan.day(span.first_day), span.days) == (date(2025, 4, 3), 7)
    assert span.end - span.start == 7 * DAY


@pytest.mark.parametrize("number", [-1, 0, 4])
def test_a_week_that_there_is_not_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not one of the 3"):
        SeasonPlan(1, weeks=3).span(number)
