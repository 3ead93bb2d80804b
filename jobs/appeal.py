"""What happens to a decision until it is final: reviews, appeals, answers, second opinions.

An upheld appeal, or a withdrawal, restores from escrow in the same transaction. Once a case is
final its escrow has been spread; what is found wrong then is acknowledged and written down as owed.
Where the policy names moderators, nobody else does any of this, save for taking an appeal down.
"""

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from jobs.carrying_out import CarriedOut, Place, carry_out_restoration
from jobs.keys import Keys
from jobs.moving import make_move
from jobs.policy import load_policy
from seasons.accounts import escrow_account
from seasons.moderation import (
    ALL_BPS,
    CLEARED,
    CONFIRMED,
    check_answer,
    check_appeal,
    check_took_no_part,
    owed_for,
)
from seasons.policy import check_moderator
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
        CaseError: The case is unknown, or decided already, or `by` is no moderator.
        HomeError: There is no policy.
        PolicyError: The policy is malformed.
    """
    _check_moderator(home, new.by)
    with transaction(home) as connection:
        move = make_move(connection, home, keys, new, now)
    return Moved(move.case_id, move.move, move.state)


def agree(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Agree to a decision that somebody else made alone; nothing moves but that it may be final.

    Args:
        home: The home.
        keys: Sign the log.
        new: Move 'agree'.
        now: The clock.

    Raises:
        CaseError: Notice of it was not given yet, it is final, or `by` took part in it or is no
            moderator.
        HomeError: There is no policy.
        PolicyError: The policy is malformed.
    """
    _check_moderator(home, new.by)
    with transaction(home) as connection:
        case = load_case(connection, new.case_id)
        _check_allowed(case, new.move)
        check_took_no_part(case.moves, new.by, "has to agree to it")
        move = make_move(connection, home, keys, new, now)
    return Moved(move.case_id, move.move, move.state)


def appeal(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Record an owner's appeal; points stay where they are until it is answered.

    Who is confirmed and keeps everything may appeal as well: they count as one of the group.

    Args:
        home: The home.
        keys: Sign the log.
        new: Move 'appeal' with the owner whom it concerns; `by` took it down.
        now: The clock.

    Raises:
        CaseError: The owner is not confirmed in the case, or a rule refuses it: whoever took part
            in the decision could use up the owner's only appeal.
    """
    with transaction(home) as connection:
        case = load_case(connection, new.case_id)
        _check_allowed(case, new.move)
        owner_id = new.owner_id or ""
        _keeps(connection, case.case_id, owner_id)
        check_appeal(case.moves, owner_id, now)
        check_took_no_part(case.moves, new.by, "takes the appeal against it down")
        move = make_move(connection, home, keys, new, now)
    return Moved(move.case_id, move.move, move.state)


def answer(home: Home, keys: Keys, given: Answer, now: datetime) -> Moved:
    """Uphold an appeal, wholly or in part, and restore what it gives back; or reject it.

    Raises:
        CaseError: There is no such appeal, a rule refuses the answer, it would take more, or `by`
            is no moderator.
        HomeError: There is no policy.
        PolicyError: The policy is malformed.
    """
    _check_moderator(home, given.by)
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
        CaseError: The case is not decided, or final, or `by` is no moderator.
        HomeError: There is no policy.
        PolicyError: The policy is malformed.
    """
    _check_moderator(home, new.by)
    with transaction(home) as connection:
        move = make_move(connection, home, keys, new, now)
        done = carry_out_restoration(Place(connection, home, keys, now), move)
    return Moved(move.case_id, move.move, move.state, done)


def acknowledge(home: Home, keys: Keys, new: NewMove, now: datetime) -> Moved:
    """Acknowledge that a final decision was wrong about an owner, and write down what is owed.

    Their points have been spread over others and nothing is minted: it is a memo, by origin week,
    for the owner and for whoever lost a referrer's share with them. `winnow drop` can pay for it.
    Where nothing was taken nothing is owed, and they count as one of the group no longer.

    Raises:
        CaseError: The case is not final, the owner is not confirmed in it, it was done before, or
            `by` is no moderator.
        HomeError: There is no policy.
        PolicyError: The policy is malformed.
    """
    _check_moderator(home, new.by)
    owner_id = new.owner_id or ""
    with transaction(home) as connection:
        case = load_case(connection, new.case_id)
        _check_allowed(case, new.move)
        if any(m.move == new.move and m.owner_id == owner_id for m in case.moves):
            raise CaseError(f"what is owed to {owner_id!r} is written down already")
        decided = _upheld(connection, case, owner_id, ALL_BPS)
        spread = ledger.spread_from(connection, case.case_id, owner_id)
        lost = owed_for(spread, owner_id, _taken_from(connection, case.case_id))
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


def _check_moderator(home: Home, by: str) -> None:
    check_moderator(load_policy(home).policy, by)


def _check_allowed(case: CaseFile, move: str) -> None:
    if not may_take(case.state, move):
        raise CaseError(refusal(case.case_id, case.state, move))


def _keeps(connection: Connection, case_id: str, owner_id: str) -> int:
    """Return the part that a confirmed owner keeps.

    Raises:
        CaseError: The owner is not confirmed in the case.
    """
    found = _confirmed(connection, case_id).filter(owner_id=owner_id)
    if not found.is_empty():
        return int(found["keep_bps"].item())
    aside = ledger.balances(connection, accounts=[escrow_account(case_id, owner_id)])
    spread = ledger.spread_from(connection, case_id, owner_id).filter(owner_id=owner_id)
    if not (aside.is_empty() and spread.is_empty()):
        raise CaseError(
            f"{owner_id!r} is not confirmed in {case_id!r}: what was set aside of theirs is their "
            "share in an account that they referred, and follows the decision on that account"
        )
    raise CaseError(
        f"{owner_id!r} lost nothing by the decision on {case_id!r}; those who did are in: "
        "winnow cases show"
    )


def _taken_from(connection: Connection, case_id: str) -> frozenset[str]:
    """Return the owners from whom a case takes something."""
    taken = _confirmed(connection, case_id).filter(pl.col("keep_bps") < ALL_BPS)
    return frozenset(taken["owner_id"].to_list())


def _confirmed(connection: Connection, case_id: str) -> pl.DataFrame:
    return standing_verdicts(connection).filter(case_id=case_id, verdict=CONFIRMED)


def _upheld(connection: Connection, case: CaseFile, owner_id: str, keep_bps: int) -> Decided:
    """Return what an upheld appeal says: the owner's accounts, with the part that they keep."""
    before = _keeps(connection, case.case_id, owner_id)
    least = min(before + 1, ALL_BPS)  # who keeps everything is cleared by it
    if not least <= keep_bps <= ALL_BPS:
        raise CaseError(
            f"rule 'an appeal never takes more': {owner_id!r} keeps {before} bps; "
            f"upheld, it has to be {least} to {ALL_BPS}, not {keep_bps}"
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
