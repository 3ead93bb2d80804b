"""Looks for owners who may be one operator: loads, lets `detection` decide, stores in one go.

1. A short look at the warehouse: registered files, the clusters of the run before, the cases.
2. Sightings and behaviour from the event files, and the thinking, without holding the warehouse:
   who is linked, what the models say of clusters, who comes before a moderator, what is strange.
3. One transaction stores evidence, clusters, traits, probabilities, cases and leads. Where a case
   or a model has moved or another detection was stored in the meantime, the thinking is done anew
   on what stands now.
"""

import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
import rfc8785

import detection.detect
from detection.account_traits import own_traits
from detection.cases import decide_cases
from detection.cluster_traits import cluster_traits
from detection.novelty import Described
from detection.routes import GRAPH, MODEL, Routed, by_rules, flagged_scores, route, with_routes
from detection.sparing import Tolerance
from detection.terms import DetectionTerms
from jobs.asking import Asked, ask_models, store_said
from jobs.detection_files import load_detection_terms
from jobs.leads import Passed, find_new_leads
from jobs.policy import load_policy
from warehouse.behaviour import load_behaviour
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
from warehouse.findings import CaseBook, CaseChange, Detection, Sightings
from warehouse.home import Home
from warehouse.leads import known_leads, store_leads
from warehouse.models import StoredModel, list_models
from warehouse.moves import ENDED
from warehouse.records import EventFile, Week
from warehouse.trading import FlowLimits
from warehouse.trait_files import HEAD, store_traits

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
        opened_by_graph: Of the cases that it opened, those that came by evidence alone.
        opened_by_model: Those that came by the ruling model; some came by both.
        leads: Strange clusters that it made a lead of.
        model: The model that ruled, or None.
        shadows: Models that were asked beside it.
        model_refusal: Why the model that should have ruled did not, or None.
        shadow_refusals: Why shadows could not be asked.
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
    opened_by_graph: int
    opened_by_model: int
    leads: int
    model: str | None
    shadows: tuple[str, ...]
    model_refusal: str | None
    shadow_refusals: tuple[str, ...]


@dataclass(frozen=True)
class _Looked:
    """What was read from the event files, and the rules that it is thought about by."""

    home: Home
    as_of: datetime
    terms: DetectionTerms
    tolerance: Tolerance
    sightings: Sightings
    behaviour: pl.DataFrame


@dataclass(frozen=True)
class _Standing:
    """What stood in the warehouse."""

    mark: str
    previous: pl.DataFrame
    book: CaseBook
    models: tuple[StoredModel, ...]
    known_leads: frozenset[str]


@dataclass(frozen=True)
class _Thought:
    """What came of it."""

    found: Detection
    routed: Routed
    traits: pl.DataFrame
    asked: Asked
    changes: tuple[CaseChange, ...]
    leads: pl.DataFrame


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
    with warehouse(home, read_only=True) as connection:
        _check_as_of(connection, as_of, now)
        files = evidence_files(connection)
        standing = _standing(connection)
    looked = _look(home, files, as_of)
    run = DetectionRun(as_of, now, looked.sightings.accounts.height, _canonical(looked))
    for _ in range(ATTEMPTS):
        thought = _think(looked, standing)
        with transaction(home) as connection:
            if load_mark(connection) == standing.mark:
                summary = _store(connection, home, run, thought)
                break
            _check_as_of(connection, as_of, now)
            standing = _standing(connection)
    else:
        raise WarehouseBusy(f"cases moved {ATTEMPTS} times while detecting; run it again")
    if scores is not None:
        known = load_account_ids(home, files, until=as_of)
        flagged = flagged_scores(thought.found, thought.routed)
        _write_scores(_of_every_account(flagged, known), scores)
    return replace(summary, seconds=round(time.monotonic() - started, 3))


def _look(home: Home, files: tuple[EventFile, ...], as_of: datetime) -> _Looked:
    terms = load_detection_terms(home)
    return _Looked(
        home,
        as_of,
        terms,
        _tolerance(home),
        load_sightings(home, files, until=as_of, caps=_caps(terms)),
        load_behaviour(home, files, until=as_of),
    )


def _think(looked: _Looked, standing: _Standing) -> _Thought:
    terms = looked.terms
    found = detection.detect.detect(looked.sightings, terms, standing.previous, looked.as_of)
    traits = _traits(found, looked)
    asked = ask_models(looked.home, standing.models, traits)
    accounts = looked.sightings.accounts
    routed = route(found, accounts, looked.tolerance, terms, asked.probabilities)
    changes = decide_cases(found, routed.flagged, standing.book, looked.as_of)
    return _Thought(
        found,
        routed,
        traits.join(by_rules(routed), on="cluster_id").select(*HEAD, pl.exclude(HEAD)),
        asked,
        tuple(_with_routes_told(change, routed, asked.model) for change in changes),
        _leads(looked, standing, routed),
    )


def _traits(found: Detection, looked: _Looked) -> pl.DataFrame:
    """Return what is known of every cluster: cluster_id, owners, score, then its traits."""
    owners = found.members.group_by("cluster_id").agg(owners=pl.col("owner_id").unique().sort())
    traits = cluster_traits(found, own_traits(looked.behaviour, looked.as_of), looked.behaviour)
    head = owners.join(found.clusters.select("cluster_id", "score"), on="cluster_id")
    return head.join(traits, on="cluster_id").sort("cluster_id")


def _leads(looked: _Looked, standing: _Standing, routed: Routed) -> pl.DataFrame:
    described = Described(own_traits(looked.behaviour, looked.as_of), looked.behaviour)
    in_cases = standing.book.members.select("owner_id")
    passed = Passed(in_cases, standing.known_leads, looked.sightings.accounts)
    return find_new_leads(routed, passed, described, looked.terms.leads)


def _with_routes_told(change: CaseChange, routed: Routed, model: str | None) -> CaseChange:
    """Return a change that says how its cluster came; only an opening keeps the routes."""
    if change.move != "opened":
        return change
    cluster = routed.clusters.filter(cluster_id=change.cluster_id)
    routes, probability = cluster.select("routes", "probability").row(0)
    ways = {
        GRAPH: "the evidence alone is enough",
        MODEL: f"the model {model} gives it a probability of {probability or 0:.3f}",
    }
    said = "; ".join([change.reason, *(ways[name] for name in routes)])
    return replace(change, reason=said, routes=tuple(routes))


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
    return _Standing(
        load_mark(connection),
        load_previous(connection),
        load_book(connection),
        list_models(connection),
        known_leads(connection),
    )


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
            echo_minutes=terms.replay.echo_minutes,
            budget=terms.pair_budget,
        ),
    )


def _tolerance(home: Home) -> Tolerance:
    """Return whom the policy spares; a home without one spares as the preset does."""
    if not home.policy.exists():
        return Tolerance()
    flagging = load_policy(home).policy.flagging
    return Tolerance(**flagging.model_dump())


def _canonical(looked: _Looked) -> str:
    terms = looked.terms.model_dump()
    return rfc8785.dumps({**terms, "flagging": asdict(looked.tolerance)}).decode()


def _store(
    connection: Connection, home: Home, run: DetectionRun, thought: _Thought
) -> DetectSummary:
    found, asked, changes = thought.found, thought.asked, thought.changes
    run = replace(run, model=asked.model, model_refusal=asked.model_refusal)
    run_id = store_detection(connection, run, with_routes(found, thought.routed), changes)
    store_traits(home, connection, run_id, thought.traits)
    store_said(connection, run_id, asked)
    store_leads(connection, run_id, thought.leads, run.started_at)
    active = list_cases(connection).filter(~pl.col("state").is_in(ENDED)).height
    opened = [change for change in changes if change.move == "opened"]
    return DetectSummary(
        run=run_id,
        accounts=run.accounts,
        edges=found.edges.height,
        clusters=found.clusters.height,
        cases=active,
        opened=len(opened),
        changed=len(changes) - len(opened),
        hubs=found.hubs.height,
        seconds=0.0,
        opened_by_graph=sum(GRAPH in change.routes for change in opened),
        opened_by_model=sum(MODEL in change.routes for change in opened),
        leads=thought.leads.height,
        model=asked.model,
        shadows=asked.shadows,
        model_refusal=asked.model_refusal,
        shadow_refusals=asked.shadow_refusals,
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
