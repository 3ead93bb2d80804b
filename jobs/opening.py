"""A moderator opens a case: from a lead, or from any cluster of the newest detection.

The case is what the detection would have opened had it flagged them: its owners, the evidence
between them, its place in the chain of earlier cases. From a cluster come all whom the policy does
not spare; from a lead, of those, the ones whom it was about, however the cluster has grown. A leaf
in the log fixes who opened it and why, as for any move by a person, and from then on it is a case
like others: its owners' points are held.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from detection.cases import decide_cases, evidence_inside
from jobs.carrying_out import Place
from jobs.fixing import move_lead_by_hand
from jobs.keys import Keys
from jobs.moderators import require_moderator
from jobs.moving import fix_moves
from warehouse.cases import load_moves
from warehouse.connection import Connection, transaction, warehouse
from warehouse.detections import (
    LatestRun,
    load_book,
    load_cluster,
    load_mark,
    newest_run,
    store_opening,
    unspared_owners,
)
from warehouse.errors import CaseError, WarehouseBusy
from warehouse.findings import CaseBook, CaseChange, Detection
from warehouse.home import Home
from warehouse.leads import CLUSTER, OPENED, LeadMove, lead_owners, require_waiting

NOVELTY: Final = "novelty"
BY_HAND: Final = "by_hand"
ATTEMPTS: Final = 5


@dataclass(frozen=True)
class Opening:
    """What a moderator wants opened.

    Attributes:
        subject: A cluster, 'K-…', or a lead, 'L-…'.
        by: Who; not empty.
        reason: Why; not empty.
    """

    subject: str
    by: str
    reason: str


@dataclass(frozen=True)
class Opened:
    """A case that was opened by hand.

    Attributes:
        case: Its id.
        cluster: The cluster that it is about.
        lead: The lead that it was opened from, or None.
        owners: In it.
        follows: The case before it in its chain, or None.
    """

    case: str
    cluster: str
    lead: str | None
    owners: int
    follows: str | None


@dataclass(frozen=True)
class _Standing:
    mark: str
    run: LatestRun
    lead: str | None
    found: Detection
    owners: pl.DataFrame
    book: CaseBook


def open_by_hand(home: Home, keys: Keys, opening: Opening, now: datetime) -> Opened:
    """Open a case by hand.

    Raises:
        CaseError: There is no such cluster or lead, the lead is of one owner or does not wait,
            nothing was found between owners who are not spared, all that was found is in cases
            already, or for a reason of `jobs.moderators.require_moderator`.
        WarehouseBusy: Cases kept moving.
    """
    require_moderator(home, opening.by, opening.reason, f"to open a case for {opening.subject!r}")
    for _ in range(ATTEMPTS):
        with warehouse(home, read_only=True) as connection:
            standing = _load(connection, opening.subject)
        change = _change(standing, opening)
        with transaction(home) as connection:
            if load_mark(connection) == standing.mark:
                return _store(connection, (home, keys), (opening, standing, change), now)
    raise WarehouseBusy(f"cases moved {ATTEMPTS} times while one was opened; open it again")


def _load(connection: Connection, subject: str) -> _Standing:
    lead, cluster_id = None, subject
    if subject.startswith("L-"):
        lead = subject
        kind, cluster_id = require_waiting(connection, subject)
        if kind != CLUSTER:
            raise CaseError(
                f"the lead {subject!r} is one owner by itself, and a case needs a cluster; look at "
                "it, and put it aside or wait for what links it"
            )
    run = newest_run(connection)
    if run is None:
        raise CaseError("there is no detection yet; run: winnow detect")
    found = load_cluster(connection, cluster_id)
    owners = unspared_owners(connection, cluster_id)
    if lead is not None:
        owners = owners.join(lead_owners(connection, lead), on="owner_id", how="semi")
    _check_evidence(found, owners, subject)
    return _Standing(load_mark(connection), run, lead, found, owners, load_book(connection))


def _check_evidence(found: Detection, owners: pl.DataFrame, subject: str) -> None:
    if evidence_inside(found.edges, owners).is_empty():
        raise CaseError(
            f"nothing was found between the {owners.height} owners of {subject!r} who are not "
            "spared: the others are declared, tolerated, or hardly belong there"
        )


def _change(standing: _Standing, opening: Opening) -> CaseChange:
    """Return what the detection would open if it flagged the owners."""
    owners = standing.owners
    changes = decide_cases(standing.found, owners, standing.book, standing.run.as_of)
    for change in changes:
        if change.move == "opened":
            said = f"{opening.reason} ({change.reason})"
            route = BY_HAND if standing.lead is None else NOVELTY
            return replace(change, reason=said, routes=(route,))
    known = standing.book.members.join(owners, on="owner_id", how="semi")
    cases = ", ".join(known["case_id"].unique().sort())
    raise CaseError(
        f"all that was found of {opening.subject!r} is in {cases or 'a case'} already; "
        "see: winnow cases show"
    )


def _store(
    connection: Connection,
    place: tuple[Home, Keys],
    what: tuple[Opening, _Standing, CaseChange],
    now: datetime,
) -> Opened:
    opening, standing, change = what
    store_opening(connection, change, standing.run.run_id, (opening.by, standing.lead), now)
    moves = load_moves(connection, change.case_id)
    fix_moves(connection, *place, [(moves[-1], None)], now)
    if standing.lead is not None:
        moved = LeadMove(
            standing.lead, OPENED, opening.by, now, opening.reason, case_id=change.case_id
        )
        move_lead_by_hand(Place(connection, *place, now), moved)
    owners = change.members.select(pl.col("owner_id").n_unique()).item()
    return Opened(change.case_id, change.cluster_id, standing.lead, owners, change.follows)
