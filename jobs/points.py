"""Looks points up: an owner's by week, and the standings of a season."""

from dataclasses import dataclass

import polars as pl

from jobs.season_files import load_seasons, season_terms
from seasons.ranks import standings
from warehouse import ledger
from warehouse.connection import warehouse
from warehouse.home import Home


@dataclass(frozen=True)
class WeekPoints:
    """An owner's points of one week.

    Attributes:
        week: Its label.
        own_micropoints: Theirs.
        held_micropoints: Held while a case is open.
    """

    week: str
    own_micropoints: int
    held_micropoints: int


@dataclass(frozen=True)
class OwnerPoints:
    """An owner's points, as they count.

    Attributes:
        owner: Who.
        own_micropoints: The sum of what is theirs.
        held_micropoints: The sum of what is held.
        weeks: By week, in order.
        entries: season, week, created_at, batch_id, account, micropoints, reason: what the sums
            are made of, in the order in which it was written.
    """

    owner: str
    own_micropoints: int
    held_micropoints: int
    weeks: tuple[WeekPoints, ...]
    entries: pl.DataFrame

    @property
    def known(self) -> bool:
        """Whether the ledger has any entry of theirs."""
        return not self.entries.is_empty()


def points_of(home: Home, owner: str) -> OwnerPoints:
    """Return an owner's points over all seasons; an owner who never earned has none."""
    with warehouse(home, read_only=True) as connection:
        entries = ledger.owner_entries(connection, owner)
    is_own = pl.col("account") == f"owner:{owner}"
    theirs = (
        entries.group_by("season", "week")
        .agg(
            pl.col("micropoints").filter(is_own).sum().alias("own"),
            pl.col("micropoints").filter(~is_own).sum().alias("held"),
        )
        .sort("season", "week")
    )
    weeks = tuple(
        WeekPoints(f"S{season}W{week:02d}", own_points, held_points)
        for season, week, own_points, held_points in theirs.iter_rows()
    )
    return OwnerPoints(
        owner,
        sum(week.own_micropoints for week in weeks),
        sum(week.held_micropoints for week in weeks),
        weeks,
        entries,
    )


def leaderboard(home: Home, season: int) -> pl.DataFrame:
    """Return a season's standings: rank, owner_id, micropoints, tier; best first.

    Held points count like any others: that an owner is under review is told to that owner alone.

    Raises:
        SeasonError: This home has no such season.
    """
    terms = season_terms(load_seasons(home), season)
    with warehouse(home, read_only=True) as connection:
        points = ledger.season_points(connection, season)
    return standings(points, terms.tiers.thresholds())
