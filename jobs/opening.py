"""A moderator opens a case: from a lead, or from any cluster of the newest detection.

The case is what the detection would have opened for the whole cluster: its owners, its evidence,
its place in the chain of earlier cases. A leaf in the log fixes who opened it and why, as for any
move by a person, and from then on it is a case like others: its owners' points are held.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from detection.cases import decide_cases
from jobs.keys import Keys
from jobs.moving import fix_moves
from jobs.policy import load_policy
from seasons.policy import check_moderator
from warehouse.cases import load_moves
from warehouse.connection import Connection, transaction, warehouse
from warehouse.detections import (
    LatestRun,
    load_book,
    load_cluster,
    load_mark,
    newest_run,
    store_opening,
)
from warehouse.errors import CaseError, WarehouseBusy
from warehouse.findings import CaseBook, CaseChange, Detection
from warehouse.home import Home
from warehouse.leads import CLUSTER, OPENED, LeadMove, move_lead, require_waiting

NOVELTY: Final = "novelty"
BY_HAND: Final = "by_hand"
ATTEMPTS: Final = 5
_RUN: Final = re.compile(r"D-\d+")


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
    book: CaseBook


def open_by_hand(home: Home, keys: Keys, opening: Opening, now: datetime) -> Opened:
    """Open a case by hand.

    Raises:
        CaseError: There is no such cluster or lead, the lead is of one owner or does not wait, all
            that was found is in cases already, a name or a reason is missing, or the policy names
            moderators and this is none of them.
        WarehouseBusy: Cases kept moving.
    """
    check_moderator(load_policy(home).policy, opening.by)
    _check_named(opening)
    for _ in range(ATTEMPTS):
        with warehouse(home, read_only=True) as connection:
            standing = _load(connection, opening.subject)
        change = _change(standing, opening)
        with transaction(home) as connection:
            if load_mark(connection) == standing.mark:
                return _store(connection, (home, keys), (opening, standing, change), now)
    raise WarehouseBusy(f"cases moved {ATTEMPTS} times while one was opened; open it again")


def _check_named(opening: Opening) -> None:
    if not opening.by.strip() or not opening.reason.strip():
        raise CaseError(f"to open a case for {opening.subject!r} needs a name and a reason")
    if _RUN.fullmatch(opening.by):
        raise CaseError(f"{opening.by!r} is the name of a detection; name a person")


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
    return _Standing(
        load_mark(connection),
        run,
        lead,
        load_cluster(connection, cluster_id),
        load_book(connection),
    )


def _change(standing: _Standing, opening: Opening) -> CaseChange:
    """Return what the detection would open if everybody in the cluster came before a moderator."""
    owners = standing.found.members.select("cluster_id", "owner_id").unique()
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
        move_lead(connection, moved)
    owners = change.members.select(pl.col("owner_id").n_unique()).item()
    return Opened(change.case_id, change.cluster_id, standing.lead, owners, change.follows)
