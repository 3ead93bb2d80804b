"""Looks for owners who may be one operator: loads, lets `detection` decide, stores in one go.

1. A short look at the warehouse: registered files, the clusters of the run before, the cases.
2. Sightings from the event files and the thinking, without holding the warehouse.
3. One transaction stores evidence, clusters and cases. Where a case has moved or another detection
   was stored in the meantime, the thinking is done anew on what stands now.
"""

import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
import rfc8785

import detection.detect
from detection.cases import decide_cases
from detection.routes import flagged_scores, route, with_routes
from detection.sparing import Tolerance
from detection.terms import DetectionTerms
from jobs.detection_files import load_detection_terms
from jobs.policy import load_policy
from warehouse.cases import list_cases
from warehouse.connection import Connection, transaction, warehouse
from warehouse.detections import (
    DetectionRun,
    load_book,
    load_latest,
    load_mark,
    load_previous,
    store_detection,
)
from warehouse.errors import DetectionError, WarehouseBusy
from warehouse.evidence import Caps, evidence_files, load_account_ids, load_sightings
from warehouse.findings import CaseBook, CaseChange, Detection
from warehouse.home import Home
from warehouse.moves import ENDED
from warehouse.records import Week
from warehouse.trading import FlowLimits

ATTEMPTS: Final = 5


@dataclass(frozen=True)
class DetectSummary:
    """What a detection did.

    Attributes:
        run: Its id.
        accounts: Accounts that it looked at.
        edges: Pieces of evidence between two owners.
        clusters: Clusters of at least two owners.
        cases: Cases after it that are neither dismissed nor final.
        opened: Cases that it opened.
        changed: Cases that it extended or reopened.
        hubs: Values that too many owners hold to be evidence.
        seconds: How long it took.
    """

    run: str
    accounts: int
    edges: int
    clusters: int
    cases: int
    opened: int
    changed: int
    hubs: int
    seconds: float


@dataclass(frozen=True)
class _Standing:
    mark: str
    previous: pl.DataFrame
    book: CaseBook


def detect(
    home: Home, *, as_of: datetime, now: datetime, scores: Path | None = None
) -> DetectSummary:
    """Run the detection once, and open, extend or reopen cases.

    Running it again on the same events changes nothing but the record of the run. A detection
    replaces the clusters of the one before, so it never looks less far than that one did.

    Args:
        home: The home.
        as_of: Events from this instant on are not looked at; aware UTC.
        now: The clock.
        scores: Where to write a Parquet file with account_id, cluster_id, score and flagged for
            every account; None writes none.

    Raises:
        DetectionError: The detection terms are malformed, or `as_of` lies after the clock or before
            a detection that is stored.
        PolicyError: The policy is malformed.
        WarehouseBusy: Cases kept moving while the detection was thinking.
    """
    started = time.monotonic()
    terms, tolerance = load_detection_terms(home), _tolerance(home)
    with warehouse(home, read_only=True) as connection:
        _check_as_of(connection, as_of, now)
        files = evidence_files(connection)
        standing = _standing(connection)
    sightings = load_sightings(home, files, until=as_of, caps=_caps(terms))
    canonical = _canonical(terms, tolerance)
    run = DetectionRun(as_of, now, sightings.accounts.height, canonical)
    for _ in range(ATTEMPTS):
        found = detection.detect.detect(sightings, terms, standing.previous, as_of)
        routed = route(found, sightings.accounts, tolerance, terms)
        changes = decide_cases(found, routed.flagged, standing.book, as_of)
        with transaction(home) as connection:
            if load_mark(connection) == standing.mark:
                summary = _store(connection, run, with_routes(found, routed), changes)
                break
            _check_as_of(connection, as_of, now)
            standing = _standing(connection)
    else:
        raise WarehouseBusy(f"cases moved {ATTEMPTS} times while detecting; run it again")
    if scores is not None:
        known = load_account_ids(home, files, until=as_of)
        _write_scores(_of_every_account(flagged_scores(found, routed), known), scores)
    return replace(summary, seconds=round(time.monotonic() - started, 3))


def detect_week(home: Home, week: Week, *, now: datetime) -> DetectSummary:
    """Run the detection that a week's issue relies on: as of the week's end.

    Where a detection has looked further already, by hand say, this one looks as far.

    Raises:
        DetectionError: The detection terms are malformed, or the week has not ended.
        WarehouseBusy: Cases kept moving while the detection was thinking.
    """
    with warehouse(home, read_only=True) as connection:
        latest = load_latest(connection, now)
    as_of = week.end if latest is None else max(week.end, latest)
    return detect(home, as_of=as_of, now=now)


def _check_as_of(connection: Connection, as_of: datetime, now: datetime) -> None:
    if as_of > now:
        raise DetectionError(
            f"as of {as_of.isoformat()!r} is after the clock, {now.isoformat()}; "
            "detect as of an instant that has passed"
        )
    latest = load_latest(connection, now)
    if latest is not None and as_of < latest:
        raise DetectionError(
            f"as of {as_of.isoformat()!r} would replace a detection that already looked at events "
            f"until {latest.isoformat()}; detect as of then or later"
        )


def _standing(connection: Connection) -> _Standing:
    return _Standing(load_mark(connection), load_previous(connection), load_book(connection))


def _caps(terms: DetectionTerms) -> Caps:
    return Caps(
        device=terms.device.cap,
        network=terms.network.cap,
        withdrawal_destination=terms.withdrawal_destination.cap,
        deposit_source=terms.deposit_source.cap,
        paths=max(terms.deposit_origin.cap, terms.withdrawal_end.cap, terms.funding_chain.cap),
        hops=terms.path_hops,
        hand_over_days=terms.hand_over.days,
        flow=FlowLimits(
            cells=terms.opposite.cells,
            crowd=terms.opposite.crowd,
            size_ratio=terms.opposite.size_ratio,
            least_meetings=terms.opposite.least,
            least_matches=terms.direct.least,
            sequence_cap=terms.replay.cap,
            least_days=terms.replay.least,
            copied_bps=terms.replay.copied_bps,
            budget=terms.pair_budget,
        ),
    )


def _tolerance(home: Home) -> Tolerance:
    """Return whom the policy spares; a home without one spares as the preset does."""
    if not home.policy.exists():
        return Tolerance()
    flagging = load_policy(home).policy.flagging
    return Tolerance(**flagging.model_dump())


def _canonical(terms: DetectionTerms, tolerance: Tolerance) -> str:
    return rfc8785.dumps({**terms.model_dump(), "flagging": asdict(tolerance)}).decode()


def _store(
    connection: Connection,
    run: DetectionRun,
    found: Detection,
    changes: tuple[CaseChange, ...],
) -> DetectSummary:
    run_id = store_detection(connection, run, found, changes)
    active = list_cases(connection).filter(~pl.col("state").is_in(ENDED)).height
    opened = sum(change.move == "opened" for change in changes)
    return DetectSummary(
        run=run_id,
        accounts=run.accounts,
        edges=found.edges.height,
        clusters=found.clusters.height,
        cases=active,
        opened=opened,
        changed=len(changes) - opened,
        hubs=found.hubs.height,
        seconds=0.0,
    )


def _of_every_account(scores: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return a row for every account; those of the exchange itself are never evidence: score 0."""
    return known.join(scores, on="account_id", how="left").with_columns(
        pl.col("score").fill_null(0.0), pl.col("flagged").fill_null(value=False)
    )


def _write_scores(scores: pl.DataFrame, path: Path) -> None:
    unfinished = path.with_name(path.name + ".unfinished")
    scores.write_parquet(unfinished)
    unfinished.replace(path)
