"""What a formula would pay a week on the events that are there now; writes nothing.

The result holds per-pool numbers. It is for whoever holds the formula, and is never logged.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from jobs.formula import load_formula
from jobs.issue import Inputs, decide
from jobs.keys import Keys
from jobs.season_files import load_seasons, season_terms
from seasons.formula_files import parse_formula
from seasons.formulas import Formula
from seasons.ranks import standings
from warehouse import ledger, log
from warehouse.cases import involved_owners, moves_count
from warehouse.connection import warehouse
from warehouse.events import Close, covered_files, load_close
from warehouse.home import Home
from warehouse.records import Week


@dataclass(frozen=True)
class PoolPreview:
    """What one pool would pay.

    Attributes:
        pool: Its name.
        micropoints: In all.
        owners: Number of owners whom it would pay.
        largest_micropoints: What the owner who gets most would get.
    """

    pool: str
    micropoints: int
    owners: int
    largest_micropoints: int


@dataclass(frozen=True)
class OwnerPreview:
    """What one owner would get.

    Attributes:
        owner_id: The owner.
        micropoints: From all pools.
    """

    owner_id: str
    micropoints: int


@dataclass(frozen=True)
class Preview:
    """What a week would pay.

    Attributes:
        week: Its label.
        issued_micropoints: The week's emission.
        owners: Number of owners who would get something.
        held_micropoints: What of it would be held, by the cases as they are.
        excluded_owners: Number of owners with activity who are not eligible.
        closed: Whether the week's books are closed; if not, more events may come.
        pools: In the formula's order, the referral pool last; a pool that would pay nobody is
            not among them.
        largest: The owners who would get most, largest first.
    """

    week: str
    issued_micropoints: int
    owners: int
    held_micropoints: int
    excluded_owners: int
    closed: bool
    pools: tuple[PoolPreview, ...]
    largest: tuple[OwnerPreview, ...]


def preview_text(home: Home, text: str, week: Week, now: datetime, *, largest: int = 10) -> Preview:
    """Preview a formula file; see `preview`."""
    return preview(home, parse_formula(text), week, now, largest=largest)


def preview_sealed(home: Home, keys: Keys, week: Week, now: datetime) -> Preview:
    """Preview the formula that is sealed for a week; see `preview`.

    Raises:
        FormulaError: Nothing is sealed, or it cannot be opened with this key.
    """
    with warehouse(home, read_only=True) as connection:
        formula = load_formula(home, keys, connection, week.season, week.number)
    return preview(home, formula, week, now)


def preview(
    home: Home, formula: Formula, week: Week, now: datetime, *, largest: int = 10
) -> Preview:
    """Measure and split a week as its issue would now.

    Args:
        home: The home.
        formula: The week's, sealed or not.
        week: Which week; its window may still be open.
        now: Stands for the close that has not come.
        largest: How many owners to name.

    Raises:
        NobodyQualifies: No owner earns in any pool.
    """
    inputs, closed = _load_inputs(home, formula, week, now)
    decided = decide(home, inputs)
    by_pool = decided.split.by_pool.group_by("pool", maintain_order=True).agg(
        pl.col("micropoints").sum(),
        pl.len().alias("owners"),
        pl.col("micropoints").max().alias("largest"),
    )
    top = decided.split.by_owner.sort("micropoints", "owner_id", descending=[True, False])
    return Preview(
        week=week.label,
        issued_micropoints=sum(by_pool["micropoints"].to_list()),
        owners=decided.owners,
        held_micropoints=decided.held_micropoints,
        excluded_owners=decided.exclusions.height,
        closed=closed,
        pools=tuple(PoolPreview(*row) for row in by_pool.iter_rows()),
        largest=tuple(OwnerPreview(*row) for row in top.head(largest).iter_rows()),
    )


def _load_inputs(home: Home, formula: Formula, week: Week, now: datetime) -> tuple[Inputs, bool]:
    """Return the inputs as of now, and whether the week's books are closed."""
    terms = season_terms(load_seasons(home), week.season)
    with warehouse(home, read_only=True) as connection:
        stored = load_close(connection, week.season, week.number)
        files = stored.files if stored else covered_files(connection, week)
        close = Close(week.season, week.number, now, files, terms.model_dump_json(), None, ())
        size = log.size(connection)
        points = ledger.season_points(connection, week.season, before_week=week.number)
        inputs = Inputs(
            week=week,
            close=stored or close,
            terms=terms,
            formula=formula,
            tiers=standings(points, terms.tiers.thresholds()).select("owner_id", "tier"),
            involved=involved_owners(connection),
            moves=moves_count(connection),
            log_size=size,
        )
    return inputs, stored is not None
