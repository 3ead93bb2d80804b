"""Publishes a read-only edition of what is known, for analysts and pages."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from seasons.ranks import standings
from seasons.terms import Terms
from warehouse.editions import (
    BUDGETS_SCHEMA,
    CALENDAR_SCHEMA,
    STANDINGS_SCHEMA,
    TIERS_SCHEMA,
    SeasonFrames,
)
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.publish import Publication, drafted, put_in_place, season_points, write


def publish(home: Home, terms: Sequence[Terms], now: datetime) -> Publication:
    """Publish an edition and make it the current one.

    Args:
        home: The home.
        terms: The terms of its seasons (see `jobs.season_files`).
        now: The clock; an edition says that it was taken then.

    Raises:
        WarehouseBusy: A writer or another publisher took too long.
    """
    with drafted(home, now) as draft:
        write(draft, season_frames(terms, season_points(draft)))
        return put_in_place(draft)


def season_frames(terms: Sequence[Terms], points: pl.DataFrame) -> SeasonFrames:
    """Return calendar, tiers, standings and budgets of seasons.

    Args:
        terms: The seasons; points of others are left out.
        points: season, owner_id, micropoints.
    """
    ranked = [_ranked(season, points) for season in terms]
    return SeasonFrames(
        pl.DataFrame(
            [row for season in terms for row in _weeks(season)],
            schema=CALENDAR_SCHEMA,
            orient="row",
        ),
        pl.DataFrame(
            [
                (season.season, tier, least)
                for season in terms
                for tier, least in season.tiers.thresholds()
            ],
            schema=TIERS_SCHEMA,
            orient="row",
        ),
        pl.concat([STANDINGS_SCHEMA.to_frame(), *ranked]),
        pl.DataFrame(
            [
                (season.season, budget.name, budget.purpose, budget.micropoints)
                for season in terms
                for budget in season.budgets
            ],
            schema=BUDGETS_SCHEMA,
            orient="row",
        ),
    )


def _weeks(terms: Terms) -> list[tuple[int, int, str, datetime, datetime, datetime, int]]:
    return [
        (
            week.season,
            week.number,
            week.label,
            to_stored(week.start),
            to_stored(week.end),
            to_stored(week.issue_at),
            terms.emission,
        )
        for week in terms.calendar.all_weeks()
    ]


def _ranked(terms: Terms, points: pl.DataFrame) -> pl.DataFrame:
    theirs = points.filter(pl.col("season") == terms.season).select("owner_id", "micropoints")
    ranked = standings(theirs, terms.tiers.thresholds())
    return ranked.select(pl.lit(terms.season).alias("season"), pl.all()).cast(STANDINGS_SCHEMA)
