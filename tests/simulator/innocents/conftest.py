"""One synthetic season for all look-alike classes, and what each class left in its events."""

from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from simulator.season import SeasonPlan

PLAN = SeasonPlan(11, accounts=3_000, weeks=3)


@dataclass(frozen=True)
class Cohorts:
    """A played season, class by class.

    Attributes:
        season: As from `play`.
    """

    season: Any

    @property
    def plan(self) -> SeasonPlan:
        return self.season.exchange.plan

    def members(self, name: str) -> pl.DataFrame:
        return self.season.people.filter(pl.col("pattern") == name).sort("group", "seat")

    def rows(self, kind: str, name: str, column: str = "account_id") -> pl.DataFrame:
        """Events of a class in the order of time, with group, seat and style of who did it."""
        who = self.members(name).select("account_id", "group", "seat", "style")
        events = self.season.rows[kind]
        if kind == "fills":
            wrong = events["busts"].drop_nulls()
            events = events.filter(
                pl.col("busts").is_null() & ~pl.col("fill_id").is_in(wrong.implode())
            )
        return events.join(who, left_on=column, right_on="account_id", maintain_order="left")


@pytest.fixture(scope="session")
def cohorts(play) -> Cohorts:
    return Cohorts(play(PLAN))
