"""Gives notice: writes files for the owners whom a decision, or what came of it, concerns.

1. One folder a move, `home/notices/<case>/<move>/`, holds two files an owner. It is written beside
   its place and renamed, so a folder that is there is whole.
2. Notice of a decision is itself a move, which opens the appeals. It is recorded once the files are
   there, in the same transaction: after a crash in between, the next run writes the files anew,
   with the later last day, and records it.

Files are handed over by whoever speaks to the owners, once this job has said that they are there.
"""

import hmac
import json
import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from detection.patterns import observed_patterns
from jobs.keys import Keys
from jobs.moving import make_move
from seasons.notice_texts import Letterhead, notice_document, notice_text
from seasons.notices import Notice, Ruling, What, decide_notices, decide_parties
from seasons.policy import Policy, parse_policy
from warehouse.cases import CaseFile, load_case
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import CaseError
from warehouse.formulas import write_whole
from warehouse.home import Home
from warehouse.notices import ToldMove, load_moved_points, told_moves
from warehouse.policies import load_policy_text
from warehouse.recording import NewMove

_REFERENCE_DIGITS: Final = 12
_OBSERVED: Final = (What.CONFIRMED, What.REJECTED)  # who is told what was observed of them


@dataclass(frozen=True)
class Noticed:
    """Which notices were given on a case.

    Attributes:
        case: Its id.
        until: Appeals against the decision that stands are open until then; None without one.
        notices: The files that were written, two a notice; empty where all were there already.
    """

    case: str
    until: datetime | None
    notices: tuple[Path, ...]


@dataclass(frozen=True)
class Sheet:
    """One notice, ready to be written.

    Attributes:
        path: Of its files, without the ending.
        document: For machines.
        text: In plain sentences.
    """

    path: Path
    document: dict[str, Any]
    text: str


def give_notice(home: Home, keys: Keys, case_id: str, *, by: str, now: datetime) -> Noticed:
    """Give every notice that is due on a case; given twice, it changes nothing.

    Args:
        home: The home.
        keys: Sign the log; the identifier key makes the references.
        case_id: Which case.
        by: Who gives it.
        now: The clock; the appeals against a decision are counted from it.

    Raises:
        CaseError: The case is unknown, nothing on it is to be told yet, or `by` is empty.
    """
    if not by.strip():
        raise CaseError(f"notice on {case_id!r} needs the name of whoever gives it")
    until: datetime | None = None
    written: list[Path] = []
    with transaction(home) as connection:
        for occasion in _occasions(connection, case_id, now):
            move, until = occasion.move, occasion.until
            if not _is_due(home, move):
                continue
            sheets = _sheets(connection, home, keys, occasion)
            written += _write_folder(_folder(home, move), sheets)
            if move.is_decision and move.given_until is None:
                reason = "everyone concerned is told, each in a notice of their own"
                new = NewMove(case_id, "notice", by, reason, until=until)
                make_move(connection, home, keys, new, now)
    return Noticed(case_id, until, tuple(written))


def preview_notice(home: Home, keys: Keys, case_id: str, now: datetime) -> tuple[Sheet, ...]:
    """Return the notices that are due on a case as they would be written now; write nothing.

    Raises:
        CaseError: The case is unknown, or nothing on it is to be told yet.
    """
    with warehouse(home, read_only=True) as connection:
        return tuple(
            sheet
            for occasion in _occasions(connection, case_id, now)
            if _is_due(home, occasion.move)
            for sheet in _sheets(connection, home, keys, occasion)
        )


def cases_with_notices_due(home: Home) -> tuple[str, ...]:
    """Return the cases on which some notice is due, sorted."""
    with warehouse(home, read_only=True) as connection:
        told = told_moves(connection)
    return tuple(sorted({move.case_id for move in told if _is_due(home, move)}))


@dataclass(frozen=True)
class _Occasion:
    """A move that people are told of, its case, and until when appeals are open after it."""

    case: CaseFile
    move: ToldMove
    until: datetime | None


def _occasions(connection: Connection, case_id: str, now: datetime) -> tuple[_Occasion, ...]:
    """Return the moves of a case that people are told of, oldest first."""
    case = load_case(connection, case_id)
    told = told_moves(connection, case_id)
    if not told:
        raise CaseError(
            f"{case_id!r} is {case.state}, and nothing on it is to be told; decide it first: "
            f"winnow cases decide {case_id}"
        )
    occasions: list[_Occasion] = []
    for move in told:
        before = occasions[-1].until if occasions else None
        occasions.append(_Occasion(case, move, _last_day(connection, move, before, now)))
    return tuple(occasions)


def _folder(home: Home, move: ToldMove) -> Path:
    return home.notices / move.case_id / str(move.seq)


def _is_due(home: Home, move: ToldMove) -> bool:
    unopened = move.is_decision and move.given_until is None
    return unopened or not _folder(home, move).is_dir()


def _last_day(
    connection: Connection, move: ToldMove, before: datetime | None, now: datetime
) -> datetime | None:
    """Return until when appeals are open after a move, given until when they were before it."""
    if move.is_decision:
        days = _policy(connection, move).appeal_days
        return move.given_until or (now + timedelta(days=days)).replace(microsecond=0)
    return before if move.move in {"uphold", "reject"} else None


def _policy(connection: Connection, move: ToldMove) -> Policy:
    return parse_policy(load_policy_text(connection, move.policy_sha256 or ""))


def _sheets(
    connection: Connection, home: Home, keys: Keys, occasion: _Occasion
) -> tuple[Sheet, ...]:
    """Return the notices of one move, by reference, so that their order tells nothing."""
    sheets = []
    for notice in _notices(connection, occasion):
        reference = _reference(keys, occasion.move, notice.owner_id)
        head = Letterhead(home.home_id, home.rehearsal, reference)
        path = _folder(home, occasion.move) / reference
        sheets.append(Sheet(path, notice_document(notice, head), notice_text(notice, head)))
    return tuple(sorted(sheets, key=lambda sheet: sheet.path))


def _notices(connection: Connection, occasion: _Occasion) -> tuple[Notice, ...]:
    """Return who is told what of a move, with what was observed and why."""
    case, move = occasion.case, occasion.move
    policy = _policy(connection, move) if move.is_decision else None
    ruling = _ruling(occasion, policy)
    members = case.members["owner_id"].unique().to_list()
    speaking = move.decision if move.move == "withdraw" else move.seq
    parties = decide_parties(ruling, case.verdicts.filter(seq=speaking), members, move.owner_id)
    seqs = [other.seq for other in case.moves if move.since < other.seq <= move.seq]
    moved = load_moved_points(connection, case.case_id, seqs)
    whys = {rule.name: rule.why for rule in policy.rule} if policy else {}
    why = {party.owner_id: whys.get(party.rule or "") for party in parties}
    return tuple(
        replace(
            notice,
            why=why.get(notice.owner_id),
            patterns=observed_patterns(case.evidence, notice.owner_id)
            if notice.what in _OBSERVED
            else (),
        )
        for notice in decide_notices(ruling, parties, members, moved)
    )


def _ruling(occasion: _Occasion, policy: Policy | None) -> Ruling:
    move = occasion.move
    return Ruling(
        case_id=move.case_id,
        seq=move.seq,
        move=move.move,
        decided_on=move.moved_at.date(),
        since=move.since,
        noticed=move.noticed,
        policy_version=policy.version if policy else None,
        appeal_until=occasion.until,
    )


def _reference(keys: Keys, move: ToldMove, owner_id: str) -> str:
    """Return what support finds a notice by; nobody without the key can tell whose it is."""
    said = "\0".join(("winnow notice", move.case_id, str(move.seq), owner_id))
    return "N-" + hmac.digest(keys.identifier, said.encode(), "sha256").hex()[:_REFERENCE_DIGITS]


def _write_folder(folder: Path, sheets: tuple[Sheet, ...]) -> tuple[Path, ...]:
    """Write the notices of one move, all or none, readable by the home's user alone."""
    for private in (folder.parent.parent, folder.parent):
        private.mkdir(mode=0o700, exist_ok=True)
    for leftover in folder.parent.glob(".*"):  # of a run that was killed; we hold the warehouse
        shutil.rmtree(leftover)
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    unfinished.mkdir(mode=0o700)
    written = []
    for sheet in sheets:
        document = json.dumps(sheet.document, ensure_ascii=False, indent=2) + "\n"
        for ending, content in ((".json", document), (".txt", sheet.text)):
            name = sheet.path.name + ending
            write_whole(unfinished / name, content.encode(), mode=0o600)
            written.append(folder / name)
    if folder.exists():
        shutil.rmtree(folder)
    unfinished.rename(folder)
    return tuple(written)
