"""What an edition holds: the tables and views in `sql/views/`, made from a copy of the warehouse.

What the deciding side knows and the warehouse does not, the calendar, tiers, standings and declared
budgets, comes beside the copy as frames. `sql/views/` names every column that leaves; what it does
not name stays behind.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import polars as pl

from warehouse.connection import Connection
from warehouse.schemas import KINDS, EventKind
from warehouse.statements import statement

EVENT_VIEWS: Final = tuple(kind.name for kind in KINDS)
POINT_VIEWS: Final = (
    "edition",
    "weeks",
    "closes",
    "exclusions",
    "commitments",
    "batches",
    "entries",
    "ledger_balances",
    "points",
    "week_totals",
    "wash_shares",
    "qualified_volumes",
    "tiers",
    "standings",
    "budgets",
    "proposals",
    "owed",
    "log",
    "checkpoints",
)
DETECTION_VIEWS: Final = (
    "detections",
    "clusters",
    "cluster_members",
    "evidence",
    "hubs",
    "models",
    "model_moves",
    "model_probabilities",
    "leads",
)
CASE_VIEWS: Final = (
    "cases",
    "case_members",
    "case_moves",
    "case_evidence",
    "case_decisions",
    "case_verdicts",
    "policies",
    "settlements",
)
OPERATION_VIEWS: Final = ("runs", "source_files", "event_days", "quarantine")

CALENDAR_SCHEMA: Final = pl.Schema(
    {
        "season": pl.Int32(),
        "week": pl.Int32(),
        "label": pl.String(),
        "starts_at": pl.Datetime("us"),
        "ends_at": pl.Datetime("us"),
        "issue_at": pl.Datetime("us"),
        "emission_micropoints": pl.Int64(),
    }
)
TIERS_SCHEMA: Final = pl.Schema(
    [("season", pl.Int32), ("tier", pl.String), ("least_micropoints", pl.Int64)]
)
STANDINGS_SCHEMA: Final = pl.Schema(
    {
        "season": pl.Int32,
        "rank": pl.Int64,
        "owner_id": pl.String,
        "micropoints": pl.Int64,
        "tier": pl.String,
    }
)
BUDGETS_SCHEMA: Final = pl.Schema(
    {
        "season": pl.Int32,
        "budget": pl.String,
        "purpose": pl.String,
        "declared_micropoints": pl.Int64,
    }
)

COPIED: Final = (
    "event_files",
    "source_files",
    "quarantine",
    "manifests",
    "closes",
    "close_files",
    "exclusions",
    "wash_shares",
    "qualified_volumes",
    "commitments",
    "reveals",
    "log_leaves",
    "checkpoints",
    "batches",
    "entries",
    "proposals",
    "proposal_lines",
    "proposal_ends",
    "owed",
    "detections",
    "evidence_edges",
    "clusters",
    "cluster_members",
    "hubs",
    "models",
    "model_moves",
    "model_probabilities",
    "leads",
    "lead_moves",
    "cases",
    "case_members",
    "case_evidence",
    "case_moves",
    "case_decisions",
    "case_verdicts",
    "policies",
    "settlements",
    "runs",
    "publications",
)


@dataclass(frozen=True)
class SeasonFrames:
    """What the deciding side knows and the warehouse does not.

    Attributes:
        calendar: `CALENDAR_SCHEMA`, one row per week.
        tiers: `TIERS_SCHEMA`, one row per season and tier.
        standings: `STANDINGS_SCHEMA`, one row per season and owner.
        budgets: `BUDGETS_SCHEMA`, one row per season and declared budget.
    """

    calendar: pl.DataFrame
    tiers: pl.DataFrame
    standings: pl.DataFrame
    budgets: pl.DataFrame


def add_inputs(engine: Connection, frames: SeasonFrames, facts: pl.DataFrame) -> None:
    """Put what does not come from the warehouse beside its copy, as tables of `house`."""
    inputs = {field.name: getattr(frames, field.name) for field in fields(frames)}
    for name, content in {**inputs, "edition": facts}.items():
        engine.register("content", content)
        engine.execute(f"create table house.{name} as from content")
        engine.unregister("content")


def create_views(engine: Connection, files: dict[str, tuple[Path, ...]]) -> None:
    """Make every published table and view in `edition` from what lies in `house`.

    Args:
        engine: Has both attached.
        files: Registered event files by kind; a kind without any gets an empty view.
    """
    engine.execute("use edition")
    engine.begin()  # one commit for all: hundreds of comments would otherwise be synced one by one
    for kind in KINDS:
        source = _source(kind, files.get(kind.name, ()))
        engine.execute(statement(f"views/{kind.name}").replace("$registered", source))
    for name in POINT_VIEWS + DETECTION_VIEWS + CASE_VIEWS + OPERATION_VIEWS:
        engine.execute(statement(f"views/{name}"))
    engine.commit()


def _source(kind: EventKind, files: tuple[Path, ...]) -> str:
    """Return what an event view reads. A view cannot hold a bound value, so paths are quoted."""
    if not files:
        columns = ", ".join(f'null::{type_} as "{name}"' for name, type_ in kind.stored())
        return f"(select {columns} where false)"
    quoted = ", ".join(_quoted(path) for path in files)
    return f"read_parquet([{quoted}], hive_partitioning = false)"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
