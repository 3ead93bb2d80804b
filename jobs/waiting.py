"""What waits: cases by what they wait for next, and points by hand that one person proposed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jobs.notice import cases_with_notices_due
from warehouse import proposals
from warehouse.cases import due_for_settlement, waiting_cases
from warehouse.connection import Connection, warehouse
from warehouse.home import Home
from warehouse.instants import from_stored
from warehouse.moves import UNDECIDED


class WaitsFor(StrEnum):
    """What a case waits for next; each for one thing."""

    DECISION = "decision"
    SECOND_PERSON = "second person"
    NOTICE = "notice"
    ANSWER = "answer"
    WINDOW = "window"  # the last day for appeals
    SETTLEMENT = "settlement"


@dataclass(frozen=True)
class WaitingCase:
    """A case that is not over.

    Attributes:
        case_id: Its id.
        waits_for: What comes next.
        unanswered: Its appeals without an answer.
        until: Appeals are open until then; None before a notice.
    """

    case_id: str
    waits_for: WaitsFor
    unanswered: int
    until: datetime | None


@dataclass(frozen=True)
class Waiting:
    """What waits in a home. Every case that is not over is counted once, but for notices.

    Attributes:
        undecided_cases: Nobody has decided them, nor proposed to.
        proposed_decisions: A second person has to decide the same.
        proposed_by_hand: Adjustments and drops that a second person has to carry out.
        decisions_without_notice: Nobody has been told, and the appeals are not open.
        other_notices: Cases with notices due of answers, withdrawals, dismissals and
            acknowledgements, or with notices whose files were lost.
        unanswered_appeals: Somebody who took no part in the decision has to answer them.
        cases_to_answer: In so many cases.
        cases_open_to_appeal: Told, nothing unanswered, and the last day has not passed.
        first_appeals_end: The earliest of these last days; None where there is none.
        cases_to_settle: Nobody can appeal any more.
    """

    undecided_cases: int
    proposed_decisions: int
    proposed_by_hand: int
    decisions_without_notice: int
    other_notices: int
    unanswered_appeals: int
    cases_to_answer: int
    cases_open_to_appeal: int
    first_appeals_end: datetime | None
    cases_to_settle: int


def what_waits(home: Home, now: datetime) -> Waiting:
    """Look what waits in a home at an instant."""
    with warehouse(home, read_only=True) as connection:
        cases = tuple(_cases(connection, now))
        by_hand = [one for one in proposals.load_proposals(connection) if one.outcome is None]
    of = {what: [case for case in cases if case.waits_for is what] for what in WaitsFor}
    untold = {case.case_id for case in of[WaitsFor.NOTICE]}
    ends = [case.until for case in of[WaitsFor.WINDOW] if case.until is not None]
    return Waiting(
        undecided_cases=len(of[WaitsFor.DECISION]),
        proposed_decisions=len(of[WaitsFor.SECOND_PERSON]),
        proposed_by_hand=len(by_hand),
        decisions_without_notice=len(untold),
        other_notices=len(set(cases_with_notices_due(home)) - untold),
        unanswered_appeals=sum(case.unanswered for case in of[WaitsFor.ANSWER]),
        cases_to_answer=len(of[WaitsFor.ANSWER]),
        cases_open_to_appeal=len(of[WaitsFor.WINDOW]),
        first_appeals_end=min(ends, default=None),
        cases_to_settle=len(of[WaitsFor.SETTLEMENT]),
    )


def _cases(connection: Connection, now: datetime) -> Iterator[WaitingCase]:
    due = set(due_for_settlement(connection, now))
    for case_id, state, is_proposed, unanswered, until in waiting_cases(connection).iter_rows():
        if state in UNDECIDED:
            what = WaitsFor.SECOND_PERSON if is_proposed else WaitsFor.DECISION
        elif until is None:
            what = WaitsFor.NOTICE
        elif unanswered:
            what = WaitsFor.ANSWER
        else:
            what = WaitsFor.SETTLEMENT if case_id in due else WaitsFor.WINDOW
        open_until = None if until is None else from_stored(until)
        yield WaitingCase(case_id, what, unanswered, open_until)
