"""Looks points up: an owner's by week and by what became of them, and the standings of a season."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from jobs.season_files import load_seasons, season_terms
from seasons.ranks import standings
from warehouse import ledger
from warehouse.connection import warehouse
from warehouse.home import Home

# What an entry means to the owner, in the words that people use.
REASONS: Final[Mapping[str, str]] = {
    "issued": "earned in the week",
    "held_case_of_owner": "earned in the week; held while a case is open",
    "held_case_of_referee": "earned by a person you referred; held while their case is open",
    "released": "held points are yours",
    "seized": "taken by a decision; in escrow until appeals are over",
    "reached_back": "taken from an earlier week by a decision; in escrow until appeals are over",
    "restored": "given back after an appeal or a withdrawal",
    "redistributed": "spread over the owners of the week once appeals were over",
    "adjusted": "corrected by hand",
    "taken_back": "taken back by hand, in a correction",
    "drop_legacy": "given for what you did before",
    "drop_bonus": "given as a bonus",
    "drop_compensation": "given to make up for a mistake",
}


@dataclass(frozen=True)
class WeekPoints:
    """An owner's points of one week; week 0 is the season as a whole.

    Attributes:
        week: Its label.
        own_micropoints: Theirs, whatever they came from.
        held_micropoints: Held while a case is open or not final.
        escrowed_micropoints: Taken by a decision against which appeals are still possible.
        redistributed_micropoints: The part of their own that others had lost.
        dropped_micropoints: The part of their own that was dropped, outside of the emission.
    """

    week: str
    own_micropoints: int
    held_micropoints: int
    escrowed_micropoints: int
    redistributed_micropoints: int
    dropped_micropoints: int


@dataclass(frozen=True)
class OwnerPoints:
    """An owner's points, as they count.

    Attributes:
        owner: Who.
        weeks: By week, in order.
        entries: season, week, created_at, batch_id, kind, account, micropoints, reason: what the
            sums are made of, in the order in which it was written.
        owed: direction ('by_owner' or 'to_owner'), season, week, micropoints, cause, reason,
            recorded_at: memos, part of no sum.
    """

    owner: str
    weeks: tuple[WeekPoints, ...]
    entries: pl.DataFrame
    owed: pl.DataFrame

    @property
    def known(self) -> bool:
        """Whether the ledger has any entry of theirs."""
        return not self.entries.is_empty()

    @property
    def total(self) -> WeekPoints:
        """The sums over all weeks."""
        return WeekPoints(
            "all",
            sum(week.own_micropoints for week in self.weeks),
            sum(week.held_micropoints for week in self.weeks),
            sum(week.escrowed_micropoints for week in self.weeks),
            sum(week.redistributed_micropoints for week in self.weeks),
            sum(week.dropped_micropoints for week in self.weeks),
        )


def points_of(home: Home, owner: str) -> OwnerPoints:
    """Return an owner's points over all seasons; an owner who never earned has none."""
    with warehouse(home, read_only=True) as connection:
        entries = ledger.owner_entries(connection, owner)
        owed = ledger.owner_owed(connection, owner)
    is_own = pl.col("account") == f"owner:{owner}"
    is_held = pl.col("account") == f"held:{owner}"
    sums = (
        pl.col("micropoints").filter(is_own).sum().alias("own"),
        pl.col("micropoints").filter(is_held).sum().alias("held"),
        pl.col("micropoints").filter(~is_own & ~is_held).sum().alias("escrowed"),
        pl.col("micropoints")
        .filter(is_own, pl.col("kind") == "redistribute")
        .sum()
        .alias("spread"),
        pl.col("micropoints").filter(is_own, pl.col("kind") == "drop").sum().alias("dropped"),
    )
    theirs = entries.group_by("season", "week").agg(sums).sort("season", "week")
    weeks = tuple(
        WeekPoints(f"S{season}W{week:02d}", *amounts)
        for season, week, *amounts in theirs.iter_rows()
    )
    return OwnerPoints(owner, weeks, entries, owed)


def leaderboard(home: Home, season: int) -> pl.DataFrame:
    """Return a season's standings: rank, owner_id, micropoints, tier; best first.

    Points that are held, or in escrow until appeals are over, count like any others: that an owner
    is under review is told to that owner alone.

    Raises:
        SeasonError: This home has no such season.
    """
    terms = season_terms(load_seasons(home), season)
    with warehouse(home, read_only=True) as connection:
        points = ledger.season_points(connection, season)
    return standings(points, terms.tiers.thresholds())
