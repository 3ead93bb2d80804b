"""Cases as they are kept: members, evidence, moves, verdicts, and whom they concern.

All functions take an open connection and only read; `warehouse.recording` writes.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Final

import polars as pl

from warehouse.connection import Connection, Row, frame, rows
from warehouse.errors import CaseError
from warehouse.findings import EDGES_SCHEMA
from warehouse.instants import from_stored, to_stored
from warehouse.moves import STATES, Move
from warehouse.statements import statement

_MOVE_COLUMNS: Final = (
    "case_id, seq, number, move, state, moved_by, moved_at, reason, evidence_sha256, owner_id, "
    "policy_sha256, until"
)


_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_MEMBERS: Final = (
    "select account_id, owner_id, added_at, since from case_members "
    "where case_id = $case_id order by account_id, owner_id"
)
_EVIDENCE: Final = (
    "select * exclude (case_id) from case_evidence where case_id = $case_id "
    "order by owner_a, owner_b, family, signal, value_hash"
)
_VERDICTS: Final = (
    "select seq, account_id, owner_id, verdict, keep_bps, rule from case_verdicts "
    "where case_id = $case_id order by seq, account_id, owner_id"
)


@dataclass(frozen=True)
class Decided:
    """What a decision rests on and says, besides its move.

    Attributes:
        facts: Canonical JSON of what the policy was asked about.
        reach: (season, week) from which on it reaches back, or None.
        verdicts: account_id, owner_id, verdict ('confirmed' or 'cleared'), keep_bps, rule; sorted.
    """

    facts: str
    reach: tuple[int, int] | None
    verdicts: pl.DataFrame


@dataclass(frozen=True)
class CaseFile:
    """Everything that is known of one case.

    Attributes:
        case_id: Its id.
        cluster_id: The cluster that it follows.
        root: First case of its chain: one group of people over time.
        follows: The case before it in the chain, or None.
        state: See `warehouse.moves.STATES`.
        score: Of the cluster when the case last moved by the detection; no probability.
        opened_at: When, aware UTC.
        opened_by: The run, or the person, that opened it.
        as_of: Where the run that opened it or last added to it stopped looking, aware UTC; what
            is said of the evidence is counted from here.
        routes: How it came: graph, model, novelty, by_hand; empty in cases from before routes.
        members: account_id, owner_id, added_at, since (the move that brought it); by account_id.
        evidence: seen_at, since and the columns of `EDGES_SCHEMA`, as seen, sorted by its key.
        moves: Oldest first.
        verdicts: seq (the move that said so), account_id, owner_id, verdict, keep_bps, rule: all
            that was ever said, proposals too; oldest first.
    """

    case_id: str
    cluster_id: str
    root: str
    follows: str | None
    state: str
    score: float
    opened_at: datetime
    opened_by: str
    as_of: datetime
    routes: tuple[str, ...]
    members: pl.DataFrame
    evidence: pl.DataFrame
    moves: tuple[Move, ...]
    verdicts: pl.DataFrame


def involved_owners(
    connection: Connection, *, moves: int | None = None, case_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return whom undecided and confirmed cases concern.

    - open: in a case that is not decided. Their points are held.
    - confirmed: confirmed in a case that is not final. Their points are held.
    - final: confirmed, and nothing waits any more: the case is final, or the policy keeps all.

    Args:
        connection: The warehouse.
        moves: As of so many moves over all cases; None means all.
        case_ids: Only these cases; None means all.

    Returns:
        owner_id, case_id, root, state, decision (Int32, number of the deciding move in its case;
        null while open); one row an owner and case, sorted by them.
    """
    wanted = {"moves": moves, "case_ids": None if case_ids is None else list(case_ids)}
    return frame(connection, statement("cases/involved"), wanted)


def standing_verdicts(connection: Connection, *, moves: int | None = None) -> pl.DataFrame:
    """Return what decisions and upheld appeals say of each owner, as of a number of moves.

    Returns:
        case_id, decision, owner_id, verdict, keep_bps, rule; one row an owner of a decided case,
        sorted. Cleared owners keep 10,000 bps.
    """
    return frame(connection, statement("cases/verdicts"), {"moves": moves})


def moves_count(connection: Connection) -> int:
    """Return the number of moves over all cases."""
    ((count,),) = rows(connection, "select coalesce(max(number), 0) from case_moves")
    return int(count)


def settled_cases(connection: Connection, key: str) -> tuple[str, ...]:
    """Return the cases that a settle run made final, sorted."""
    found = rows(connection, "select case_id from settlements where key = $1 order by all", [key])
    return tuple(case_id for (case_id,) in found)


def due_for_settlement(connection: Connection, as_of: datetime) -> tuple[str, ...]:
    """Return the cases that are due to be final: no appeal is open, and none can come any more."""
    found = rows(connection, statement("cases/due_for_settlement"), {"as_of": to_stored(as_of)})
    return tuple(case_id for (case_id,) in found)


def waiting_cases(connection: Connection) -> pl.DataFrame:
    """Return what stands between each case that is not over and its end.

    Returns:
        case_id, state, is_proposed (a decision waits for its second person), unanswered (appeals),
        until (UTC without a zone: appeals are open until then; null before a notice); by case.
    """
    return frame(connection, statement("cases/waiting"))


def last_move(connection: Connection, case_ids: Sequence[str]) -> int:
    """Return the number, over all cases, of the last move on any of some cases."""
    ((number,),) = rows(
        connection,
        "select coalesce(max(number), 0) from case_moves where list_contains($1, case_id)",
        [list(case_ids)],
    )
    return int(number)


def last_news(connection: Connection, root: str) -> int:
    """Return the number, over all cases, of the last move that changed what a chain is judged by.

    That somebody took a case up, or said what they would decide, changes nothing.
    """
    ((number,),) = rows(
        connection,
        "select coalesce(max(m.number), 0) from case_moves m "
        "join cases c on c.case_id = m.case_id "
        "where c.root = $1 and m.move not in ('review', 'propose')",
        [root],
    )
    return int(number)


def list_cases(connection: Connection, state: str | None = None) -> pl.DataFrame:
    """Return the queue of cases, highest score first.

    Args:
        connection: The warehouse.
        state: Only cases in it; None means all.

    Returns:
        case_id, cluster_id, state, score, accounts, owners, families, edges, opened_at, moved_at,
        moves, routes.

    Raises:
        CaseError: There is no such state.
    """
    if state is not None and state not in STATES:
        raise CaseError(f"{state!r} is no state of a case; choose one of {', '.join(STATES)}")
    return frame(connection, statement("cases/queue"), {"state": state})


def load_case(connection: Connection, case_id: str) -> CaseFile:
    """Return one case with its members, evidence, moves and verdicts.

    Raises:
        CaseError: There is no such case.
    """
    found = rows(connection, statement("cases/case"), {"case_id": case_id})
    if not found:
        raise unknown_case(case_id)
    cluster_id, root, follows, state, score, opened_at, opened_by, as_of, routes = found[0]
    of_case = {"case_id": case_id}
    return CaseFile(
        case_id,
        cluster_id,
        root,
        follows,
        state,
        score,
        from_stored(opened_at),
        opened_by,
        from_stored(as_of),
        tuple(routes),
        members=frame(connection, _MEMBERS, of_case),
        evidence=frame(connection, _EVIDENCE, of_case),
        moves=load_moves(connection, case_id),
        verdicts=frame(connection, _VERDICTS, of_case),
    )


def load_decision(connection: Connection, case_id: str, seq: int) -> Decided:
    """Return what a decision or a proposal rests on, and what it says.

    Raises:
        CaseError: The move is no decision.
    """
    found = rows(
        connection,
        "select facts, reach_season, reach_week from case_decisions "
        "where case_id = $1 and seq = $2",
        [case_id, seq],
    )
    if not found:
        raise CaseError(f"move {seq} of {case_id!r} is no decision; see: winnow cases show")
    ((facts, season, week),) = found
    of_case = frame(connection, _VERDICTS, {"case_id": case_id})
    reach = None if season is None else (season, week)
    return Decided(facts, reach, of_case.filter(seq=seq).drop("seq"))


def load_decisions(connection: Connection) -> dict[tuple[str, int], Decided]:
    """Return what every decision, proposal and upheld appeal says, by case and move."""
    said = frame(
        connection,
        "select case_id, seq, account_id, owner_id, verdict, keep_bps, rule from case_verdicts "
        "order by case_id, seq, account_id, owner_id",
    )
    verdicts = {
        (case_id, seq): part.drop("case_id", "seq")
        for (case_id, seq), part in said.group_by("case_id", "seq", maintain_order=True)
    }
    nothing = said.clear().drop("case_id", "seq")
    found = rows(
        connection, "select case_id, seq, facts, reach_season, reach_week from case_decisions"
    )
    return {
        (case_id, seq): Decided(
            facts,
            None if season is None else (season, week),
            verdicts.get((case_id, seq), nothing),
        )
        for case_id, seq, facts, season, week in found
    }


def standing_of(connection: Connection, case_ids: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """Return state, number of the last move and digest of the evidence, by case, all at once."""
    wanted = {"case_ids": list(case_ids)}
    evidence = frame(
        connection,
        "select * from case_evidence where list_contains($case_ids, case_id) "
        "order by case_id, owner_a, owner_b, family, signal, value_hash",
        wanted,
    )
    nothing = sha256().hexdigest()
    digests = {
        case_id: _digest(row[1:] for row in part)
        for case_id, part in groupby(
            evidence.select("case_id", *EDGES_SCHEMA.names()).iter_rows(), itemgetter(0)
        )
    }
    found = rows(
        connection,
        "select c.case_id, c.state, coalesce(max(m.seq), 0) "
        "from cases c left join case_moves m on m.case_id = c.case_id "
        "where list_contains($case_ids, c.case_id) group by c.case_id, c.state",
        wanted,
    )
    return {case_id: (state, seq, digests.get(case_id, nothing)) for case_id, state, seq in found}


def unknown_case(case_id: str) -> CaseError:
    """Return the refusal for an id that no case has."""
    return CaseError(f"there is no case {case_id!r}; see: winnow cases list")


def load_moves(connection: Connection, case_id: str | None = None) -> tuple[Move, ...]:
    """Return the moves of one case or of all, by case, oldest first."""
    found = rows(
        connection,
        f"select {_MOVE_COLUMNS} from case_moves "  # noqa: S608
        "where $1 is null or case_id = $1 order by case_id, seq",
        [case_id],
    )
    return tuple(map(_to_move, found))


def _to_move(row: Row) -> Move:
    *_, owner_id, policy, until = row
    case_id, seq, number, move, state, by, moved_at, reason, digest = row[:9]
    at, open_until = from_stored(moved_at), None if until is None else from_stored(until)
    return Move(
        case_id, seq, number, move, state, by, at, reason, digest, owner_id, policy, open_until
    )


def evidence_sha256(evidence: pl.DataFrame) -> str:
    """Return the SHA-256, in hexadecimal, of evidence as canonical text.

    One JSON array a row with the columns of `EDGES_SCHEMA` in their order, rows sorted by key,
    instants in ISO 8601, each line ended by a newline.
    """
    ordered = evidence.select(EDGES_SCHEMA.names()).sort(
        "owner_a", "owner_b", "family", "signal", "value_hash"
    )
    return _digest(ordered.iter_rows())


def _digest(ordered: Iterable[Row]) -> str:
    digest = sha256()
    for row in ordered:
        cells = [cell.isoformat() if isinstance(cell, datetime) else cell for cell in row]
        digest.update(_JSON.encode(cells).encode() + b"\n")
    return digest.hexdigest()
