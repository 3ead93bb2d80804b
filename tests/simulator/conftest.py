"""A synthetic season in memory, all weeks of it one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pytest

from simulator.exchange import Exchange, open_exchange, play_week
from simulator.season import SeasonPlan


@dataclass(frozen=True)
class Season:
    """A season that was played to its end.

    Attributes:
        exchange: As it is after the last week.
        rows: All rows by kind.
    """

    exchange: Exchange
    rows: dict[str, pl.DataFrame]

    @property
    def people(self) -> pl.DataFrame:
        return self.exchange.people


def played(plan: SeasonPlan) -> Season:
    exchange, weeks = open_exchange(plan), []
    for number in range(1, plan.weeks + 1):
        exchange, rows = play_week(exchange, number)
        weeks.append(rows)
    return Season(exchange, {kind: pl.concat([rows[kind] for rows in weeks]) for kind in weeks[0]})


@pytest.fixture(scope="session")
def play() -> Callable[[SeasonPlan], Season]:
    """Play a season, once for all tests that ask for the same."""
    kept: dict[tuple[int, int, int], Season] = {}

    def season(plan: SeasonPlan) -> Season:
        key = (plan.seed, plan.accounts, plan.weeks)
        if key not in kept:
            kept[key] = played(plan)
        return kept[key]

    return season
