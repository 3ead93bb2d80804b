"""Stores what the detection found: the newest evidence and clusters, and what cases gain by it.

All functions take an open connection; those that write expect to run inside a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from warehouse.cases import standing_verdicts
from warehouse.connection import Connection, frame, rows
from warehouse.errors import CaseError
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    INSTANT,
    MEMBERS_SCHEMA,
    CaseBook,
    CaseChange,
    Detection,
)
from warehouse.instants import from_stored, to_stored
from warehouse.recording import record_findings
from warehouse.statements import statement

# Edges, clusters, members and hubs are those of the newest detection alone; what a case rests on is
# kept with the case.
_REPLACED: Final = (
    ("delete from evidence_edges", "insert into evidence_edges by name select * from found"),
    ("delete from clusters", "insert into clusters by name select * from found"),
    ("delete from cluster_members", "insert into cluster_members by name select * from found"),
    ("delete from hubs", "insert into hubs by name select * from found"),
)

_CHANGED_SCHEMA: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "cluster_id": pl.String(),
        "score": pl.Float64(),
        "opened": pl.Boolean(),
        "follows": pl.String(),
        "routes": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class DetectionRun:
    """One run of the detection.

    Attributes:
        as_of: What it looked at ends here, aware UTC.
        started_at: When it started, aware UTC; also when its cases moved.
        accounts: Number of accounts that it looked at.
        terms: Canonical JSON of costs, caps and thresholds.
        model: The model that ruled, or None.
        model_refusal: Why the model that should have ruled did not, or None.
    """

    as_of: datetime
    started_at: datetime
    accounts: int
    terms: str
    model: str | None = None
    model_refusal: str | None = None


def load_previous(connection: Connection) -> pl.DataFrame:
    """Return the clusters of the newest detection: cluster_id, account_id, first_found_at."""
    return frame(
        connection,
        "select m.cluster_id, m.account_id, c.first_found_at "
        "from cluster_members m join clusters c on c.cluster_id = m.cluster_id "
        "order by m.cluster_id, m.account_id",
    )


def load_book(connection: Connection) -> CaseBook:
    """Return all cases with their members and evidence, as `decide_cases` reads them."""
    return CaseBook(
        cases=frame(connection, statement("cases/chains")),
        members=frame(
            connection,
            "select case_id, account_id, owner_id from case_members "
            "order by case_id, account_id, owner_id",
        ),
        evidence=frame(
            connection,
            "select * exclude (seen_at, since) from case_evidence "
            "order by case_id, owner_a, owner_b, family, signal, value_hash",
        ),
        verdicts=standing_verdicts(connection).select("case_id", "owner_id", "keep_bps"),
    )


def load_latest(connection: Connection, now: datetime) -> datetime | None:
    """Return until when events have been looked at, aware UTC; None before any detection.

    A detection that lies after `now` is left out: it was made by a stand-in clock that was turned
    back since.
    """
    ((latest,),) = rows(
        connection, "select max(as_of) from detections where as_of <= $1", [to_stored(now)]
    )
    return None if latest is None else from_stored(latest)


@dataclass(frozen=True)
class LatestRun:
    """The newest detection.

    Attributes:
        run_id: Its id.
        as_of: Where it stopped looking, aware UTC.
        model: The model that ruled, or None.
        model_refusal: Why the model that should have ruled did not, or None.
    """

    run_id: str
    as_of: datetime
    model: str | None
    model_refusal: str | None


def newest_run(connection: Connection) -> LatestRun | None:
    """Return the newest detection, or None."""
    found = rows(
        connection,
        "select run_id, as_of, model, model_refusal from detections order by run_id desc limit 1",
    )
    for run_id, as_of, model, refusal in found:
        return LatestRun(run_id, from_stored(as_of), model, refusal)
    return None


def load_cluster(connection: Connection, cluster_id: str) -> Detection:
    """Return one cluster of the newest detection: itself, its members and the edges inside it.

    Raises:
        CaseError: The newest detection has no such cluster.
    """
    bound = {"cluster_id": cluster_id}
    clusters = frame(
        connection,
        f"select {', '.join(CLUSTERS_SCHEMA)} from clusters where cluster_id = $cluster_id",  # noqa: S608
        bound,
    )
    if clusters.is_empty():
        raise CaseError(f"the newest detection has no cluster {cluster_id!r}")
    nothing = pl.DataFrame()
    return Detection(
        edges=frame(connection, statement("cases/edges_inside"), bound),
        pairs=nothing,
        clusters=clusters,
        members=frame(
            connection,
            f"select {', '.join(MEMBERS_SCHEMA)} from cluster_members "  # noqa: S608
            "where cluster_id = $cluster_id order by account_id",
            bound,
        ),
        hubs=nothing,
        scores=nothing,
    )


def unspared_owners(connection: Connection, cluster_id: str) -> pl.DataFrame:
    """Return who of a cluster of the newest detection is not spared: cluster_id, owner_id."""
    return frame(
        connection,
        "select distinct cluster_id, owner_id from cluster_members "
        "where cluster_id = $cluster_id and spared is null order by owner_id",
        {"cluster_id": cluster_id},
    )


def store_opening(
    connection: Connection,
    change: CaseChange,
    run_id: str,
    by: tuple[str, str | None],
    now: datetime,
) -> None:
    """Store a case that a person opened from what a detection found.

    Args:
        connection: The warehouse, inside a transaction.
        change: Its move is `opened`.
        run_id: The detection that found what it is about.
        by: Who, and the lead that it was opened from, or None.
        now: The clock.

    Raises:
        CaseError: What it follows is unknown, or followed already.
    """
    person, lead_id = by
    _open_or_follow(connection, [change], person, now)
    _store_growth(connection, now, [change])
    record_findings(connection, [change], person, now)
    connection.execute(
        "insert into opened_by_hand values ($1, $2, $3)", [change.case_id, run_id, lead_id]
    )


def load_mark(connection: Connection) -> str:
    """Return a text that differs after any case, model or lead moved or a detection was stored."""
    (counts,) = rows(
        connection,
        "select (select count(*) from case_moves), (select count(*) from model_moves), "
        "(select count(*) from lead_moves), (select count(*) from detections)",
    )
    return "{} moves of cases, {} of models, {} of leads, {} detections".format(*counts)


def store_detection(
    connection: Connection,
    run: DetectionRun,
    detection: Detection,
    changes: Sequence[CaseChange],
) -> str:
    """Store a detection, and open, extend and reopen the cases that were decided.

    Args:
        connection: The warehouse, inside a transaction.
        run: Which run.
        detection: What it found; replaces the edges, clusters and hubs of the run before.
        changes: From `detection.cases.decide_cases`.

    Returns:
        The id of the run, as in 'D-000001'.

    Raises:
        CaseError: A case moved since the changes were decided.
    """
    ((number,),) = rows(connection, "select count(*) + 1 from detections")
    run_id = f"D-{number:06d}"
    found = (detection.edges, detection.clusters, detection.members, detection.hubs)
    for (delete, insert), table in zip(_REPLACED, found, strict=True):
        connection.execute(delete)
        _insert(connection, insert, table)
    _open_or_follow(connection, changes, run_id, run.started_at)
    _store_growth(connection, run.started_at, changes)
    record_findings(connection, changes, run_id, run.started_at)
    connection.execute(
        "insert into detections values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        [
            run_id,
            to_stored(run.as_of),
            to_stored(run.started_at),
            run.accounts,
            detection.edges.height,
            detection.clusters.height,
            sum(change.move == "opened" for change in changes),
            run.terms,
            run.model,
            run.model_refusal,
        ],
    )
    return run_id


def _open_or_follow(
    connection: Connection, changes: Sequence[CaseChange], run_id: str, now: datetime
) -> None:
    known = [
        (
            change.case_id,
            change.cluster_id,
            change.score,
            change.move == "opened",
            change.follows,
            list(change.routes),
        )
        for change in changes
    ]
    connection.register("found", pl.DataFrame(known, schema=_CHANGED_SCHEMA, orient="row"))
    opened = rows(connection, statement("cases/open"), {"now": to_stored(now), "run_id": run_id})
    moved = rows(
        connection,
        "update cases set cluster_id = found.cluster_id, score = found.score from found "
        "where cases.case_id = found.case_id and not found.opened returning cases.case_id",
    )
    connection.unregister("found")
    missing = {change.case_id for change in changes} - {case_id for (case_id,) in opened + moved}
    if missing:
        raise CaseError(
            f"{min(missing)!r} cannot be extended or begun: it is unknown, or what it follows is"
        )


def _store_growth(connection: Connection, now: datetime, changes: Sequence[CaseChange]) -> None:
    """Store members and evidence, each with the number of the move that is about to be made."""
    if not changes:
        return
    seen_at = to_stored(now)
    members = _of_cases(changes, [change.members for change in changes])
    evidence = _of_cases(changes, [change.evidence for change in changes])
    _insert(
        connection,
        statement("cases/store_members"),
        members.with_columns(pl.lit(seen_at, dtype=INSTANT).alias("added_at")),
    )
    _insert(
        connection,
        statement("cases/store_evidence"),
        evidence.with_columns(pl.lit(seen_at, dtype=INSTANT).alias("seen_at")),
    )


def _of_cases(changes: Sequence[CaseChange], parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the parts below each other, with the case that each belongs to."""
    case_ids = [
        change.case_id
        for change, part in zip(changes, parts, strict=True)
        for _ in range(part.height)
    ]
    return pl.concat(parts).with_columns(pl.Series("case_id", case_ids, dtype=pl.String))


def _insert(connection: Connection, insert: str, found: pl.DataFrame) -> None:
    connection.register("found", found)
    connection.execute(insert)
    connection.unregister("found")
