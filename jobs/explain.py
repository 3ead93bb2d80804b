"""Lays a case out for a moderator: what was observed, and what speaks against it.

It is told as of the detection that last added to the case, not as of the clock: a backfill finds in
an hour what happened over a year.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from detection.explain import Explanation, explain
from detection.fusion import FAMILIES
from detection.observations import pieces_of
from detection.terms import DetectionTerms
from jobs.detection_files import load_detection_terms
from jobs.timelines import PairTimeline, strongest_pairs, timeline_of
from warehouse.case_context import load_circumstances, load_usual, load_usual_partners
from warehouse.cases import CaseFile, load_case
from warehouse.connection import warehouse
from warehouse.errors import CaseError
from warehouse.evidence import evidence_files, load_accounts, load_norms
from warehouse.evidence_rows import EvidenceRows, RowLimits, load_evidence_rows
from warehouse.home import Home
from warehouse.records import EventFile

ROWS_SHOWN: Final = 20
PAIRS_SHOWN: Final = 3


@dataclass(frozen=True)
class Asked:
    """What of a case is to be laid out beside the explanation.

    Attributes:
        rows: Whether the event rows behind each observation.
        timeline: Whether what the pairs with the strongest evidence of orders traded together.
        family: Rows of this family alone; None means all.
        owners: Rows and timelines of what joins these owners with one another; of one owner, of
            what joins it with anybody. Empty means of all.
        most: Most rows of an observation, and of a timeline.
    """

    rows: bool = False
    timeline: bool = False
    family: str | None = None
    owners: tuple[str, ...] = ()
    most: int = ROWS_SHOWN


@dataclass(frozen=True)
class EventRow:
    """One event as it stands in the event files.

    Attributes:
        event: In which kind of file.
        event_id: Its id there; of accounts the id and when the version began.
        ts: Its instant, UTC.
        owner_id: Which owner of the case it is told of.
        actor: Who acted: an account, or the first digits of the hash of an address outside.
        act: What was done.
        upon: Upon whom or what, written as the actor is; a device or network address by its digits.
        market: Of a fill.
        usd: Of a fill or transfer, as text.
        strand: What belongs together: a path of money, or a sequence of openings by one owner.
        hop: The place in it, in the direction of the money or in time, from 1.
    """

    event: str
    event_id: str
    ts: datetime
    owner_id: str
    actor: str
    act: str
    upon: str | None
    market: str | None
    usd: str | None
    strand: str | None
    hop: int | None


@dataclass(frozen=True)
class RowsBehind:
    """The events behind one observation.

    Attributes:
        number: Of the observation.
        in_all: How many there are.
        rows: The first of them.
    """

    number: int
    in_all: int
    rows: tuple[EventRow, ...]


@dataclass(frozen=True)
class Reading:
    """A case, laid out.

    Attributes:
        case: As it is stored.
        explanation: How a moderator reads it.
        rows: One an observation that was asked for; None where rows were not asked for.
        timelines: One a pair, the strongest first; None where they were not asked for.
    """

    case: CaseFile
    explanation: Explanation
    rows: tuple[RowsBehind, ...] | None
    timelines: tuple[PairTimeline, ...] | None


def explain_case(home: Home, case_id: str) -> tuple[CaseFile, Explanation]:
    """Return a case and how a moderator reads it.

    Raises:
        CaseError: There is no such case.
        DetectionError: The detection terms are malformed.
    """
    reading = read_case(home, case_id, Asked())
    return reading.case, reading.explanation


def read_case(home: Home, case_id: str, asked: Asked) -> Reading:
    """Lay a case out, with the events behind it where they are asked for.

    Raises:
        CaseError: There is no such case, or what is asked for is not of it.
        DetectionError: The detection terms are malformed.
    """
    terms = load_detection_terms(home)
    with warehouse(home, read_only=True) as connection:
        case = load_case(connection, case_id)
        files = evidence_files(connection)
    _check(case, asked)
    pieces = _asked_for(pieces_of(case.evidence), asked)
    found = EvidenceRows()
    if asked.rows or asked.timeline:
        limits = _limits(terms, asked)
        found = load_evidence_rows(home, files, pieces, until=case.as_of, limits=limits)
    timelines = None
    if asked.timeline:
        timelines = tuple(
            timeline_of(home, files, case.as_of, pair, found, asked.most)
            for pair in strongest_pairs(pieces, PAIRS_SHOWN)
        )
    rows = _behind(found.rows) if asked.rows else None
    return Reading(case, _explained(home, case, files, terms), rows, timelines)


def _explained(
    home: Home, case: CaseFile, files: Sequence[EventFile], terms: DetectionTerms
) -> Explanation:
    everybody = load_accounts(home, files, until=case.as_of)
    with warehouse(home, read_only=True) as connection:
        partners = load_usual_partners(connection, everybody["owner_id"].n_unique())
    holders = load_norms(home, files, until=case.as_of, hand_over_days=terms.hand_over.days)
    norms = [
        partners,
        holders.select("signal", "median_holders"),
        load_usual(home, files, until=case.as_of),
    ]
    known = load_circumstances(home, files, case.members, until=case.as_of)
    accounts = everybody.join(case.members, on="account_id", how="semi")
    # Of two that say what is usual of a signal, the later one counts.
    usual = pl.concat(norms).unique("signal", keep="last", maintain_order=True)
    return explain(case.evidence, accounts, usual, terms, case.as_of, known)


def _check(case: CaseFile, asked: Asked) -> None:
    if asked.family is not None and asked.family not in FAMILIES:
        raise CaseError(
            f"{asked.family!r} is no family of evidence; choose one of {', '.join(FAMILIES)}"
        )
    strangers = sorted(set(asked.owners) - set(case.members["owner_id"]))
    if strangers:
        raise CaseError(f"{strangers[0]!r} is no owner of {case.case_id!r}; see: winnow cases show")


def _asked_for(pieces: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    wanted = pl.lit(value=True)
    if asked.family is not None:
        wanted &= pl.col("family") == asked.family
    ends = [pl.col(end).is_in(asked.owners) for end in ("owner_a", "owner_b")]
    if asked.owners:
        wanted &= pl.any_horizontal(ends) if len(asked.owners) == 1 else pl.all_horizontal(ends)
    return pieces.filter(wanted)


def _limits(terms: DetectionTerms, asked: Asked) -> RowLimits:
    return RowLimits(
        hops=terms.path_hops,
        paths=max(terms.deposit_origin.cap, terms.withdrawal_end.cap, terms.funding_chain.cap),
        hand_over_days=terms.hand_over.days,
        cells=terms.opposite.cells,
        size_ratio=terms.opposite.size_ratio,
        sequence_cap=terms.replay.cap,
        echo_minutes=terms.replay.echo_minutes,
        most=asked.most,
    )


def _behind(rows: pl.DataFrame) -> tuple[RowsBehind, ...]:
    told = rows.with_columns(pl.col("usd").cast(pl.String).str.strip_chars_end("0")).with_columns(
        pl.col("usd").str.strip_chars_end(".")
    )
    names = tuple(EventRow.__dataclass_fields__)
    return tuple(
        RowsBehind(number, part["in_all"][0], tuple(EventRow(*row) for row in part[names].rows()))
        for (number,), part in told.group_by("piece", maintain_order=True)
    )
