"""Who may move a case, and when: the rules that look at a case's history. Pure.

The table `warehouse.moves.ALLOWED_MOVES` says which move fits which state; the policy says who may
decide. Here is what neither can see: the same two hands, a window that has closed, an appeal that
was answered already. A refusal names the rule that it goes by.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from seasons.calendar import Calendar
from seasons.policy import Policy
from warehouse.errors import CaseError
from warehouse.moves import DECISIONS, Move
from warehouse.records import Week

CLEARED: Final = "cleared"
CONFIRMED: Final = "confirmed"
ALL_BPS: Final = 10_000


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, however they are written: case, spaces, letter forms."""
    return _written_plainly(one) == _written_plainly(other)


def pending_proposal(moves: Sequence[Move]) -> Move | None:
    """Return the proposal that waits for a second person, or None.

    A proposal lapses when the case gains something, and when another takes its place.
    """
    for move in reversed(moves):
        if move.move == "propose":
            return move
        if move.move != "review":
            return None
    return None


def deciders(moves: Sequence[Move]) -> frozenset[str]:
    """Return who took part in the decision that stands: proposed it, decided it or agreed to it."""
    names: set[str] = set()
    for move in moves:
        if move.move in {"withdraw", "reopened"}:
            names.clear()
        elif move.move in {"propose", *DECISIONS, "agree"}:
            names.add(move.moved_by)
    return frozenset(names)


def waits_for_second(moves: Sequence[Move], taken_micropoints: int, alone_micropoints: int) -> bool:
    """Whether a decision takes more than one person may take, and one alone stands behind it.

    One person may decide while little is at stake, and weeks that are issued later may make it
    much. Then somebody else has to agree before it becomes final.

    Args:
        moves: Of the case, oldest first.
        taken_micropoints: What becomes final with it.
        alone_micropoints: What one person alone may take, by the policy of the decision.
    """
    return taken_micropoints > alone_micropoints and len(_of_one_mind(moves)) == 1


def _of_one_mind(moves: Sequence[Move]) -> set[str]:
    """Return, plainly written, who decided what stands, proposed just that, or agreed since."""
    names: set[str] = set()
    for count, move in enumerate(moves):
        if move.move in {"withdraw", "reopened"}:
            names = set()
        elif move.move in DECISIONS:
            proposal = pending_proposal(moves[:count])
            names = {move.moved_by}
            if proposal is not None and _rests_on(proposal) == _rests_on(move):
                names.add(proposal.moved_by)
        elif move.move == "agree":
            names.add(move.moved_by)
    return set(map(_written_plainly, names))


def _rests_on(move: Move) -> tuple[str, str | None]:
    return move.evidence_sha256, move.policy_sha256


def check_second_person(proposal: Move, by: str) -> None:
    """Check that whoever agrees to a proposal is not the one who made it.

    Raises:
        CaseError: It is the same person.
    """
    if same_person(proposal.moved_by, by):
        raise CaseError(
            f"rule 'two people': {by!r} proposed this decision on {proposal.case_id!r}; "
            "nobody confirms their own, so somebody else has to decide the same"
        )


def check_appeal(moves: Sequence[Move], owner_id: str, now: datetime) -> None:
    """Check that an owner may appeal now.

    Raises:
        CaseError: No notice was given, the last day has passed, or they have appealed already.
    """
    notice = _last(moves, "notice")
    if notice is None or notice.until is None:
        raise CaseError("rule 'notice first': appeals open when notice of the decision is given")
    if now >= notice.until:
        raise CaseError(
            f"rule 'appeal window': appeals on {notice.case_id!r} closed at "
            f"{notice.until:%Y-%m-%d %H:%M} UTC; what is found wrong now is put right with: "
            "winnow cases acknowledge"
        )
    if any(move.move == "appeal" and move.owner_id == owner_id for move in _since(moves, notice)):
        raise CaseError(
            f"rule 'one appeal a decision': {owner_id!r} has appealed against it already"
        )


def check_took_no_part(moves: Sequence[Move], by: str, what: str) -> None:
    """Check that somebody took no part in the decision that stands.

    Args:
        moves: Of the case, oldest first.
        by: Who.
        what: What they are about to do, as in 'answers the appeal'.

    Raises:
        CaseError: They took part in it.
    """
    if any(same_person(name, by) for name in deciders(moves)):
        raise CaseError(
            f"rule 'another pair of eyes': {by!r} took part in the decision, so somebody else "
            f"{what}"
        )


def check_answer(moves: Sequence[Move], owner_id: str, by: str) -> None:
    """Check that somebody may answer an owner's appeal.

    An appeal from before the last notice was against a decision that was withdrawn since: it is
    void.

    Raises:
        CaseError: The owner has no unanswered appeal, or `by` took part in the decision.
    """
    notice = _last(moves, "notice")
    concerned = [
        move
        for move in (_since(moves, notice) if notice else ())
        if move.owner_id == owner_id and move.move in {"appeal", "uphold", "reject"}
    ]
    if not concerned or concerned[-1].move != "appeal":
        raise CaseError(f"{owner_id!r} has no appeal that waits for an answer")
    check_took_no_part(moves, by, "answers the appeal against it")


def check_reach(policy: Policy, week: Week, calendars: Sequence[Calendar], now: datetime) -> None:
    """Check that a decision made now may reach back to a week.

    Args:
        policy: In force; it says how many weeks before the current one.
        week: The first week that it would take from.
        calendars: Of all seasons.
        now: The clock.

    Raises:
        CaseError: It is further back than the policy allows, or lies ahead.
    """
    calendar = next(calendar for calendar in calendars if calendar.season == week.season)
    ended = sum(one.end <= now for one in calendar.all_weeks())
    back = ended - week.number + 1
    if not 1 <= back <= policy.reach_back_weeks:
        raise CaseError(
            f"rule 'reach back': policy {policy.version!r} reaches back at most "
            f"{policy.reach_back_weeks} weeks that have ended; {week.label!r} is "
            + (f"{back} weeks back" if back > 0 else "not over yet")
        )


def grade(case_id: str, judged: pl.DataFrame, cleared: frozenset[str]) -> pl.DataFrame:
    """Return what a confirmation says of each account.

    Args:
        case_id: Of the case.
        judged: account_id, owner_id, rule, keep_bps: by the policy, were it confirmed whole.
        cleared: Accounts that the moderator clears.

    Returns:
        account_id, owner_id, verdict, keep_bps (Int32), rule; by account and owner.

    Raises:
        CaseError: An account is not in the case, an owner is cleared with a part of their accounts
            alone, or nobody is left to confirm.
    """
    unknown = cleared - set(judged["account_id"].to_list())
    if unknown:
        raise CaseError(f"account {min(unknown)!r} is not in {case_id!r}")
    is_cleared = pl.col("account_id").is_in(list(cleared))
    torn = judged.filter(is_cleared.any().over("owner_id"), ~is_cleared)["owner_id"]
    if not torn.is_empty():
        raise CaseError(
            f"rule 'points are the owner's': clear every account of {torn.min()!r} in "
            f"{case_id!r}, or none"
        )
    if len(cleared) == judged["account_id"].n_unique():
        raise CaseError("everyone would be cleared; dismiss the case instead")
    return judged.select(
        "account_id",
        "owner_id",
        pl.when(is_cleared).then(pl.lit(CLEARED)).otherwise(pl.lit(CONFIRMED)).alias("verdict"),
        pl.when(is_cleared).then(ALL_BPS).otherwise("keep_bps").cast(pl.Int32).alias("keep_bps"),
        pl.when(is_cleared).then(pl.lit(CLEARED)).otherwise("rule").alias("rule"),
    ).sort("account_id", "owner_id")


def owed_for(spread: pl.DataFrame, owner_id: str, taken_from: frozenset[str]) -> pl.DataFrame:
    """Return what is owed once a final decision is found wrong about an owner.

    A line of escrow was taken because of whose it was and because of whom it was earned through.
    It is owed once, when the last of the two from whom the case takes anything is found to be
    confirmed by mistake.

    Args:
        spread: owner_id, subject, season, week, micropoints: what settling spread of lines that
            the owner had a part in.
        owner_id: Whom it is found wrong about.
        taken_from: Owners from whom the case takes something, as its verdicts stood so far.

    Returns:
        owner_id (to whom it is owed), season, week, micropoints; sorted.
    """
    others = list(taken_from - {owner_id})
    is_owed = ~pl.col("owner_id").is_in(others) & ~pl.col("subject").is_in(others)
    return (
        spread.filter(is_owed & pl.lit(owner_id in taken_from))
        .group_by("owner_id", "season", "week")
        .agg(pl.col("micropoints").sum())
        .sort("owner_id", "season", "week")
    )


def _written_plainly(name: str) -> str:
    """Return a name with its spaces folded, in compatible letters of one case."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _last(moves: Sequence[Move], name: str) -> Move | None:
    return next((move for move in reversed(moves) if move.move == name), None)


def _since(moves: Sequence[Move], first: Move) -> list[Move]:
    return [move for move in moves if move.seq > first.seq]
