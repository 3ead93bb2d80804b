"""What happens to a decision until it is final: reviews, appeals, answers, withdrawals.

An upheld appeal, or a withdrawal, restores from escrow in the same transaction. Once a case is
final its escrow has been spread; what is found wrong then is acknowledged and written down as owed.
"""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from jobs.carrying_out import CarriedOut, Place, carry_out_restoration
from jobs.keys import Keys
from jobs.moving import make_move
from seasons.moderation import ALL_BPS, CLEARED, CONFIRMED, check_answer, check_appeal
from warehouse import ledger
from warehouse.cases import CaseFile, Decided, load_case, standing_verdicts
from warehouse.connection import Connection, transaction
from warehouse.errors import CaseError
from warehouse.home import Home
from warehouse.moves import may_take, refusal
from warehouse.recording import NewMove, store_owed

APPEAL_RULE = "appeal"


@dataclass(frozen=True)
class Moved:
    """A move as recorded, and what it made due.

    Attributes:
        case: Its id.
        move: What was done.
        state: The case's state after it.
        done: Restored and released points, and their batches.
        owed_micropoints: What was written down as owed to owners.
    """

    case: str
    move: str
    state: str
    done: CarriedOut = field(default_factory=CarriedOut)
    owed_micropoints: int = 0


@dataclass(frozen=True)
class Answer:
    """How an appeal is answered.

    Attributes:
        case_id: Of which case.
        owner_id: Whose appeal.
        keep_bps: The part that they keep from now on; None rejects the appeal.
        by: Who answers.
        reason: Why.
    """

    case_id: str
    owner_id: str
    keep_bps: int | None
    by: str
    reason: str


def review(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Take a case up.

    Raises:
        CaseError: The case is unknown, or decided already.
    """
    with transaction(home) as connection:
        move = make_move(connection, home, keys, new, now)
    return Moved(move.case_id, move.move, move.state)


def appeal(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Record an owner's appeal; points stay where they are until it is answered.

    Args:
        home: The home.
        keys: Sign the log.
        new: Move 'appeal' with the owner whom it concerns; `by` took it down.
        now: The clock.

    Raises:
        CaseError: The owner has nothing at stake in the case, or a rule refuses it.
    """
    with transaction(home) as connection:
        case = load_case(connection, new.case_id)
        _check_allowed(case, new.move)
        if new.owner_id is None or _keeps(connection, case.case_id, new.owner_id) == ALL_BPS:
            raise CaseError(
                f"{new.owner_id!r} lost nothing by the decision on {case.case_id!r}; those who did "
                "are in: winnow cases show"
            )
        check_appeal(case.moves, new.owner_id, now)
        move = make_move(connection, home, keys, new, now)
    return Moved(move.case_id, move.move, move.state)


def answer(home: Home, keys: Keys, given: Answer, now: datetime) -> Moved:
    """Uphold an appeal, wholly or in part, and restore what it gives back; or reject it.

    Raises:
        CaseError: There is no such appeal, a rule refuses the answer, or it would take more.
    """
    with transaction(home) as connection:
        case = load_case(connection, given.case_id)
        name = "reject" if given.keep_bps is None else "uphold"
        _check_allowed(case, name)
        check_answer(case.moves, given.owner_id, given.by)
        new = NewMove(case.case_id, name, given.by, given.reason, owner_id=given.owner_id)
        if given.keep_bps is None:
            move = make_move(connection, home, keys, new, now)
            return Moved(move.case_id, move.move, move.state)
        decided = _upheld(connection, case, given.owner_id, given.keep_bps)
        move = make_move(connection, home, keys, new, now, decided)
        done = carry_out_restoration(Place(connection, home, keys, now), move)
    return Moved(move.case_id, move.move, move.state, done)


def withdraw(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Take a decision back before it is final: everything returns to where it was held.

    Raises:
        CaseError: The case is not decided, or final.
    """
    with transaction(home) as connection:
        move = make_move(connection, home, keys, new, now)
        done = carry_out_restoration(Place(connection, home, keys, now), move)
    return Moved(move.case_id, move.move, move.state, done)


def acknowledge(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Acknowledge that a final decision was wrong about an owner, and write down what is owed.

    Their points have been spread over others and nothing is minted: it is a memo, by origin week,
    for the owner and for whoever lost a referrer's share with them. `winnow drop` can pay for it.

    Raises:
        CaseError: The case is not final, the owner lost nothing in it, or it was done before.
    """
    with transaction(home) as connection:
        case = load_case(connection, new.case_id)
        _check_allowed(case, new.move)
        if any(m.move == new.move and m.owner_id == new.owner_id for m in case.moves):
            raise CaseError(f"what is owed to {new.owner_id!r} is written down already")
        lost = ledger.spread_from(connection, case.case_id, new.owner_id or "")
        if lost.is_empty():
            raise CaseError(f"nothing of {new.owner_id!r} was spread when the case was settled")
        decided = _upheld(connection, case, new.owner_id or "", ALL_BPS)
        move = make_move(connection, home, keys, new, now, decided)
        owed = lost.with_columns(
            pl.lit("to_owner").alias("direction"),
            pl.lit(f"{move.case_id}/{move.seq}").alias("cause"),
            pl.lit(new.reason).alias("reason"),
        )
        store_owed(connection, owed, now)
    return Moved(
        move.case_id, move.move, move.state, owed_micropoints=sum(lost["micropoints"].to_list())
    )


def _check_allowed(case: CaseFile, move: str) -> None:
    if not may_take(case.state, move):
        raise CaseError(refusal(case.case_id, case.state, move))


def _keeps(connection: Connection, case_id: str, owner_id: str) -> int:
    found = standing_verdicts(connection).filter(case_id=case_id, owner_id=owner_id)
    return ALL_BPS if found.is_empty() else int(found["keep_bps"].item())


def _upheld(connection: Connection, case: CaseFile, owner_id: str, keep_bps: int) -> Decided:
    """Return what an upheld appeal says: the owner's accounts, with the part that they keep."""
    before = _keeps(connection, case.case_id, owner_id)
    if not before < keep_bps <= ALL_BPS:
        raise CaseError(
            f"rule 'an appeal never takes more': {owner_id!r} keeps {before} bps; "
            f"upheld, it has to be more and at most {ALL_BPS}, not {keep_bps}"
        )
    verdict = CLEARED if keep_bps == ALL_BPS else CONFIRMED
    accounts = case.members.filter(owner_id=owner_id).select(
        "account_id",
        "owner_id",
        pl.lit(verdict).alias("verdict"),
        pl.lit(keep_bps, pl.Int32).alias("keep_bps"),
        pl.lit(APPEAL_RULE).alias("rule"),
    )
    return Decided("{}", None, accounts)
