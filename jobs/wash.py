"""A week's wash share: its volume by market and by owner, and what of it came back to nothing.

An issued week is shown as it was counted. One that is not issued, or was before volumes were
measured, is measured on the events that its books hold, or would hold now.
"""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from jobs.issue import linked_owners
from jobs.season_files import load_seasons, season_terms
from seasons.terms import Terms
from seasons.volumes import Volumes, week_volumes
from warehouse import ledger
from warehouse.activity import load_activity
from warehouse.cases import involved_owners
from warehouse.connection import warehouse
from warehouse.events import check_unchanged, covered_files, load_close
from warehouse.frames import RoundTripRule, Scope
from warehouse.home import Home
from warehouse.records import EventFile, Week
from warehouse.volumes import load_qualified_volumes, load_wash_shares


class Counted(StrEnum):
    """Where a week's volumes come from."""

    AT_ISSUE = "issued"  # as its issue counted
    CLOSED = "closed"  # measured now, on closed books
    OPEN = "open"  # measured now: more events may come


@dataclass(frozen=True)
class WashReport:
    """A week's volume.

    Attributes:
        week: Its label.
        counted: Where the numbers come from.
        rule: Of the season's terms in force.
        volumes: By market and by owner.
    """

    week: str
    counted: Counted
    rule: RoundTripRule
    volumes: Volumes


@dataclass(frozen=True)
class _Books:
    """What a week is measured on."""

    terms: Terms
    files: tuple[EventFile, ...]
    linked: pl.DataFrame
    counted: Counted


def wash_of(home: Home, week: Week) -> WashReport:
    """Return a week's volume, as it was counted or as it would be now.

    Args:
        home: The home.
        week: Which week; its window may still be open.

    Raises:
        HomeError: An event file is missing, or is not the one that was registered.
    """
    with warehouse(home, read_only=True) as connection:
        close = load_close(connection, week.season, week.number)
        terms = season_terms(load_seasons(home), week.season)
        if close is not None:
            terms = Terms.model_validate_json(close.season_terms)
        markets = load_wash_shares(connection, week.season, week.number)
        if not markets.is_empty():
            owners = load_qualified_volumes(connection, week.season, week.number)
            rule = terms.qualified_volume.rule
            return WashReport(week.label, Counted.AT_ISSUE, rule, Volumes(markets, owners))
        stored = ledger.find_batch(connection, week.season, week.number, "issue")
        involved = involved_owners(connection, moves=stored.moves if stored else None)
        files = close.files if close else covered_files(connection, week)
    books = _Books(terms, files, linked_owners(involved), Counted.CLOSED if close else Counted.OPEN)
    return _measured(home, week, books)


def _measured(home: Home, week: Week, books: _Books) -> WashReport:
    check_unchanged(home, books.files)
    rule = books.terms.qualified_volume.rule
    kinds = tuple(sorted(books.terms.eligibility.excluded_kinds))
    scope = Scope(kinds, round_trips=rule)
    volumes = week_volumes(load_activity(home, week, books.files, books.linked, scope))
    if volumes is None:
        raise ValueError("the activity was read without a rule for round trips")
    return WashReport(week.label, books.counted, rule, volumes)
