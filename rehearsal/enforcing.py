"""Enforcement in a rehearsal, a week at a time: the queue, notices, appeals, and what is settled.

Eight hours after a week's issue what nobody can appeal any more is settled. Then the moderators
take up the first cases of the queue, as many as the budget allows, and everyone in a confirmed case
gets notice; notices of dismissals and of answers change nothing here and are left out. Two days
later owners from whom something is taken appeal: 80 % of those who belong to no farm and to no
group with a playbook, 20 % of the others. Another day later Eve answers: she upholds the appeals of
the former, rejects those of the latter, and is wrong as often as her colleagues.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from jobs import appeal as appeals
from jobs.appeal import Answer
from jobs.decide import Outcome, Verdict
from jobs.notice import give_notice
from jobs.policy import load_facts
from jobs.settle import settle
from rehearsal.chance import happens
from rehearsal.moderators import (
    DISAGREED,
    FIRST,
    SECOND,
    THIRD,
    Moderators,
    View,
    decide_together,
    right_verdicts,
    seen,
)
from rehearsal.records import APPEALS, REVIEWS
from rehearsal.truth import ACTS_TOGETHER
from warehouse.cases import list_cases
from warehouse.connection import warehouse
from warehouse.moves import DECIDED, UNDECIDED
from warehouse.policies import load_case_members
from warehouse.recording import NewMove
from warehouse.records import Week

AFTER_ISSUE: Final = timedelta(hours=8)
APPEAL_AFTER: Final = timedelta(days=2)
ANSWER_AFTER: Final = timedelta(days=3)
INNOCENT_APPEALS_BPS: Final = 8_000
FARM_APPEALS_BPS: Final = 2_000


@dataclass(frozen=True)
class Enforced:
    """What moderators did in one week.

    Attributes:
        reviews: `rehearsal.records.REVIEWS`.
        appeals: `rehearsal.records.APPEALS`.
        confirmed: case_id of the cases that they confirmed.
        until: The last day for appeals against what they decided; None where nothing was taken.
    """

    reviews: pl.DataFrame
    appeals: pl.DataFrame
    confirmed: tuple[str, ...]
    until: datetime | None


def enforce_week(moderators: Moderators, truth: pl.DataFrame, week: Week, budget: int) -> Enforced:
    """Settle what is due, review the queue, give notice, and answer the appeals.

    Args:
        moderators: Who decide.
        truth: `rehearsal.records.TRUTH`, of everybody so far.
        week: The week that was just issued.
        budget: Cases to take up, at most.
    """
    now = week.issue_at + AFTER_ISSUE
    settle_due(moderators, truth, now)
    reviewed = list(_review(moderators, truth, week, budget))
    confirmed = [outcome for _, outcome in reviewed if outcome.state in DECIDED]
    until = _give_notices(moderators, confirmed, now)
    answered = _answer_appeals(moderators, truth, confirmed, now)
    reviews = pl.DataFrame([row for row, _ in reviewed], schema=REVIEWS, orient="row")
    return Enforced(reviews, answered, tuple(outcome.case for outcome in confirmed), until)


def settle_due(moderators: Moderators, truth: pl.DataFrame, now: datetime) -> None:
    """Make final what nobody can appeal any more.

    Where Anna decided alone and the case takes by now more than one person may take, Ben looks at
    it: he agrees, or takes the decision back, and both dismiss the case.
    """
    home, keys = moderators.home, moderators.keys
    waiting = settle(home, keys, as_of=now, now=now).waiting
    if not waiting:
        return
    with warehouse(home, read_only=True) as connection:
        members = load_case_members(connection, waiting)
    rights = right_verdicts(members, truth)
    for case_id in waiting:
        view = seen(rights[case_id], errs=moderators.errs(SECOND, case_id, "agree"))
        if view.verdict is Verdict.CONFIRM:
            appeals.agree(home, keys, NewMove(case_id, "agree", SECOND, view.reason), now)
            continue
        appeals.withdraw(home, keys, NewMove(case_id, "withdraw", SECOND, DISAGREED), now)
        dismissal = View(Verdict.DISMISS, DISAGREED)
        decide_together(home, keys, case_id, [(SECOND, dismissal), (FIRST, dismissal)], now)
    settle(home, keys, as_of=now, now=now)


def _review(
    moderators: Moderators, truth: pl.DataFrame, week: Week, budget: int
) -> list[tuple[tuple[Any, ...], Outcome]]:
    """Decide the first cases of the queue; return a row of `REVIEWS` and the outcome of each."""
    with warehouse(moderators.home, read_only=True) as connection:
        queue = list_cases(connection).filter(pl.col("state").is_in(UNDECIDED)).head(budget)
        members = load_case_members(connection, queue["case_id"].to_list())
    rights = right_verdicts(members, truth)
    facts = load_facts(moderators.home, queue["case_id"].to_list())
    now, reviewed = week.issue_at + AFTER_ISSUE, []
    for rank, (case_id, moves) in enumerate(queue.select("case_id", "moves").iter_rows(), 1):
        right = rights[case_id]
        views = moderators.views(case_id, right, moves)
        outcome = decide_together(moderators.home, moderators.keys, case_id, views, now, facts)
        verdict = Verdict.CONFIRM if outcome.state in DECIDED else Verdict.DISMISS
        row = (week.number, rank, case_id, right.verdict.value, verdict.value)
        reviewed.append((row, outcome))
    return reviewed


def _give_notices(
    moderators: Moderators, confirmed: list[Outcome], now: datetime
) -> datetime | None:
    """Give notice of confirmations; return the last day for appeals, None without any."""
    given = [
        give_notice(moderators.home, moderators.keys, outcome.case, by=FIRST, now=now).until
        for outcome in confirmed
    ]
    return max((until for until in given if until is not None), default=None)


def _answer_appeals(
    moderators: Moderators, truth: pl.DataFrame, confirmed: list[Outcome], now: datetime
) -> pl.DataFrame:
    farmers = _farmers(confirmed, truth)
    appealing = [
        (outcome.case, owner_id)
        for outcome in confirmed
        for owner_id in _losing(outcome)
        if _appeals(moderators, outcome.case, owner_id, farms=owner_id in farmers)
    ]
    home, keys = moderators.home, moderators.keys
    for case_id, owner_id in appealing:
        said = NewMove(case_id, "appeal", "support", "they say that it is theirs alone", owner_id)
        appeals.appeal(home, keys, said, now + APPEAL_AFTER)
    rows = []
    for case_id, owner_id in appealing:
        wrong = moderators.errs(THIRD, case_id, owner_id)
        upheld = (owner_id in farmers) == wrong
        given = Answer(
            case_id,
            owner_id,
            10_000 if upheld else None,
            THIRD,
            "it is theirs alone" if upheld else "nothing new was shown",
        )
        appeals.answer(home, keys, given, now + ANSWER_AFTER)
        rows.append((case_id, owner_id, upheld))
    return pl.DataFrame(rows, schema=APPEALS, orient="row")


def _appeals(moderators: Moderators, case_id: str, owner_id: str, *, farms: bool) -> bool:
    rate = FARM_APPEALS_BPS if farms else INNOCENT_APPEALS_BPS
    return happens(moderators.seed, rate, "appeal", case_id, owner_id)


def _losing(outcome: Outcome) -> list[str]:
    """Return the owners from whom a decision takes something, sorted."""
    losing = outcome.verdicts.filter(pl.col("keep_bps") < 10_000)
    return losing["owner_id"].unique().sort().to_list()


def _farmers(confirmed: list[Outcome], truth: pl.DataFrame) -> frozenset[str]:
    """Return the owners of confirmed accounts of farms and of groups with a playbook."""
    accounts = truth.filter(ACTS_TOGETHER)["account_id"].implode()
    return frozenset(
        owner_id
        for outcome in confirmed
        for owner_id in outcome.verdicts.filter(pl.col("account_id").is_in(accounts))["owner_id"]
    )
