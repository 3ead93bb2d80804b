"""Records a moderator's decision on a case, and carries out what is due by it.

1. The policy in force and the facts of the case are loaded without holding the warehouse, and the
   policy grades: what part each owner keeps, and by which rule. Who is cleared does not count then,
   though whether two people must decide goes by the whole case.
2. In one transaction: where the policy wants two people, the first one's decision is a proposal and
   moves nothing. Else the decision is recorded, its part of what is held goes to escrow, earlier
   weeks are reached back to if the decision says so, and what nothing keeps any longer is released.
   Where a case has moved in the meantime, it is graded anew: what earlier cases of the chain say
   counts too. Where this case itself has gained something, the moderator has not seen that yet, and
   the decision is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import polars as pl

from jobs.carrying_out import HELD, OWN, CarriedOut, Place, carry_out_decision
from jobs.keys import Keys
from jobs.moving import make_move
from jobs.policy import InForce, LoadedFacts, judge_members, load_facts, load_policy
from jobs.season_files import load_seasons
from seasons.accounts import held_lines, own_lines, owner_account
from seasons.moderation import (
    CLEARED,
    check_reach,
    check_second_person,
    grade,
    pending_proposal,
)
from seasons.policy import CaseFacts, check_moderator, needs_two
from warehouse import ledger
from warehouse.cases import (
    CaseFile,
    Decided,
    evidence_sha256,
    last_news,
    load_case,
    load_decision,
    moves_count,
)
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import CaseError, WarehouseBusy
from warehouse.home import Home
from warehouse.moves import DETECTION_MOVES, UNDECIDED, Move, allowed_by_people
from warehouse.policies import store_policy
from warehouse.recording import NewMove
from warehouse.records import Week

ATTEMPTS: Final = 5
PROPOSE: Final = "propose"
NO_VERDICTS: Final = pl.DataFrame(
    schema={
        "account_id": pl.String,
        "owner_id": pl.String,
        "verdict": pl.String,
        "keep_bps": pl.Int32,
        "rule": pl.String,
    }
)


class Verdict(StrEnum):
    """What a moderator decides on a case."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class Decision:
    """What a moderator decides.

    Attributes:
        case_id: On which case.
        verdict: What.
        by: Who; not empty.
        reason: Why; not empty.
        cleared: Accounts that a confirmation leaves out; every account of an owner or none.
        reach: A confirmation takes from earlier weeks of the season too, from this one on.
    """

    case_id: str
    verdict: Verdict
    by: str
    reason: str
    cleared: frozenset[str] = frozenset()
    reach: Week | None = None


@dataclass(frozen=True)
class Outcome:
    """A decision as recorded, or as it would be.

    Attributes:
        case: Its id.
        state: The case's state after it.
        move: confirm, partly or dismiss; or propose, where a second person has to agree.
        policy: Version of the policy that graded it.
        at_stake_micropoints: Held for the case, and own points that it reaches back to.
        verdicts: account_id, owner_id, verdict, keep_bps, rule.
        done: What it moved; nothing while it is a proposal.
    """

    case: str
    state: str
    move: str
    policy: str
    at_stake_micropoints: int
    verdicts: pl.DataFrame
    done: CarriedOut


@dataclass(frozen=True)
class _Graded:
    """A decision, graded by the policy from what was known when it was.

    Attributes:
        decision: As made.
        policy: In force.
        facts: Of the whole case, whoever is cleared.
        decided: What it says, and the facts that it was asked about.
        evidence_sha256: Of the evidence.
        case: As it was; it stands as long as no case has moved.
        moves: Number of moves over all cases that it was graded as of.
    """

    decision: Decision
    policy: InForce
    facts: CaseFacts
    decided: Decided
    evidence_sha256: str
    case: CaseFile = field(repr=False)
    moves: int


def decide(
    home: Home, keys: Keys, decision: Decision, now: datetime, facts: LoadedFacts | None = None
) -> Outcome:
    """Record a decision on a case, or the first of two, and carry out what is due.

    Args:
        home: The home.
        keys: Sign the log.
        decision: What is decided.
        now: The clock.
        facts: Of many cases, loaded a moment ago by whoever decides them one after the other; they
            are used where nothing was decided or found in the case's chain since.

    Raises:
        CaseError: The case is unknown or decided already, somebody may not decide it or not alone,
            or `by` or `reason` is empty.
        PolicyError: The policy is malformed, or changed without a new version.
        WarehouseBusy: Cases kept moving while it was graded.
    """

    def carry_out(graded: _Graded) -> Outcome | None:
        with transaction(home) as connection:
            return _record(Place(connection, home, keys, now), graded)

    return _graded_anew(lambda: _grade(home, decision, now, facts), carry_out)


def preview_decision(home: Home, keys: Keys, decision: Decision, now: datetime) -> Outcome:
    """Return what a decision would do; everything is carried out, looked at and rolled back.

    Where two people have to agree, it is what would be done once they do.

    Raises:
        CaseError: As `decide`.
        PolicyError: As `decide`.
        WarehouseBusy: As `decide`.
    """

    def try_out(graded: _Graded) -> Outcome | None:
        with warehouse(home) as connection:
            connection.begin()
            outcome = _record(Place(connection, home, keys, now), graded, preview=True)
            connection.rollback()
        return outcome

    return _graded_anew(lambda: _grade(home, decision, now), try_out)


def _graded_anew(
    grade_it: Callable[[], _Graded], act: Callable[[_Graded], Outcome | None]
) -> Outcome:
    """Grade a decision and act on it; again where `act` says that something has moved since."""
    for _ in range(ATTEMPTS):
        graded = grade_it()
        outcome = act(graded)
        if outcome is not None:
            return outcome
    raise WarehouseBusy(
        f"cases moved {ATTEMPTS} times while {graded.case.case_id!r} was graded; decide it again"
    )


def _grade(
    home: Home, decision: Decision, now: datetime, known: LoadedFacts | None = None
) -> _Graded:
    policy = load_policy(home)
    check_moderator(policy.policy, decision.by)
    with warehouse(home, read_only=True) as connection:
        case, moves = load_case(connection, decision.case_id), moves_count(connection)
        stands = known is not None and _still_stands(connection, case, known)
    if case.state not in UNDECIDED:
        raise CaseError(
            f"{case.case_id!r} is {case.state}, so it is decided; what can be done about it: "
            f"{', '.join(allowed_by_people(case.state)) or 'nothing until there is new evidence'}"
        )
    loaded = known.of(case.case_id) if known and stands else load_facts(home, [case.case_id])
    facts = loaded.facts[case.case_id]
    if decision.verdict is Verdict.DISMISS:
        if decision.cleared or decision.reach:
            raise CaseError("a dismissal clears everyone and reaches back to nothing")
        verdicts = NO_VERDICTS
    else:
        loaded = _without(loaded, case.case_id, decision.cleared)
        judged = judge_members(policy.policy, loaded)
        verdicts = grade(case.case_id, judged, decision.cleared)
    reach = _reach(home, policy, decision.reach, now)
    decided = Decided(loaded.canonical(case.case_id), reach, verdicts)
    evidence = evidence_sha256(case.evidence)
    return _Graded(decision, policy, facts, decided, evidence, case, moves)


def _still_stands(connection: Connection, case: CaseFile, known: LoadedFacts) -> bool:
    """Whether nothing has changed that a policy may ask about a case since it was loaded."""
    return case.case_id in known.facts and last_news(connection, case.root) <= known.moves


def _without(loaded: LoadedFacts, case_id: str, cleared: frozenset[str]) -> LoadedFacts:
    """Return what a policy may ask about a case once some of its accounts count no longer."""
    facts = loaded.facts[case_id]
    gone = loaded.members.filter(pl.col("account_id").is_in(list(cleared)))
    left = replace(
        facts,
        owners=facts.owners - gone["owner_id"].n_unique(),
        accounts=facts.accounts - gone["account_id"].n_unique(),
    )
    return replace(loaded, facts={**loaded.facts, case_id: left})


def _check_seen(connection: Connection, case: CaseFile) -> None:
    if _last_found(load_case(connection, case.case_id)) != _last_found(case):
        raise CaseError(f"{case.case_id!r} gained accounts or evidence just now; look at it again")


def _last_found(case: CaseFile) -> int:
    return max(move.seq for move in case.moves if move.move in DETECTION_MOVES)


def _reach(home: Home, policy: InForce, week: Week | None, now: datetime) -> tuple[int, int] | None:
    if week is None:
        return None
    calendars = [terms.calendar for terms in load_seasons(home)]
    check_reach(policy.policy, week, calendars, now)
    return week.season, week.number


def _record(place: Place, graded: _Graded, *, preview: bool = False) -> Outcome | None:
    """Record a decision and carry it out; None where a case has moved since it was graded."""
    connection, decision, case = place.connection, graded.decision, graded.case
    if moves_count(connection) != graded.moves:
        _check_seen(connection, case)
        return None
    store_policy(
        connection,
        graded.policy.sha256,
        graded.policy.policy.version,
        graded.policy.text,
        place.now,
    )
    stake = _at_stake(connection, case, graded.decided.reach)
    alone = _move_name(graded)
    name = alone if _may_act(connection, case, graded, stake) else PROPOSE
    made = alone if preview else name
    new = NewMove(
        case.case_id, made, decision.by, decision.reason, policy_sha256=graded.policy.sha256
    )
    move = make_move(connection, place.home, place.keys, new, place.now, graded.decided)
    done = CarriedOut()
    if made != PROPOSE:
        done = carry_out_decision(place, move, graded.decided.reach)
    return Outcome(
        case=case.case_id,
        state=move.state,
        move=name,
        policy=graded.policy.policy.version,
        at_stake_micropoints=stake,
        verdicts=graded.decided.verdicts,
        done=done,
    )


def _move_name(graded: _Graded) -> str:
    if (graded.decided.verdicts["verdict"] == CLEARED).any():
        return "partly"
    return graded.decision.verdict.value


def _may_act(connection: Connection, case: CaseFile, graded: _Graded, stake: int) -> bool:
    """Whether a decision takes effect at once, or waits for the second person."""
    if not needs_two(graded.policy.policy, graded.facts.owners, stake):
        return True
    proposal = pending_proposal(case.moves)
    if proposal is None or not _agrees(connection, proposal, graded):
        return False
    check_second_person(proposal, graded.decision.by)
    return True


def _agrees(connection: Connection, proposal: Move, graded: _Graded) -> bool:
    """Whether a decision is the one that was proposed, on the same evidence and policy."""
    proposed = load_decision(connection, proposal.case_id, proposal.seq)
    return (
        proposal.evidence_sha256 == graded.evidence_sha256
        and proposal.policy_sha256 == graded.policy.sha256
        and proposed.reach == graded.decided.reach
        and proposed.verdicts.equals(graded.decided.verdicts)
    )


def _at_stake(connection: Connection, case: CaseFile, reach: tuple[int, int] | None) -> int:
    """Return what is held for a case's owners, and of their own what it reaches back to."""
    owners = case.members["owner_id"].unique().to_list()
    concerned = pl.col("owner_id").is_in(owners)
    held = held_lines(ledger.balances(connection, under=HELD)).filter(
        concerned | pl.col("subject").is_in(owners)
    )
    stake = sum(held["micropoints"].to_list())
    if reach is not None:
        season, week = reach
        accounts = [owner_account(owner_id) for owner_id in owners]
        own = own_lines(ledger.balances(connection, under=OWN, accounts=accounts)).filter(
            pl.col("season") == season, pl.col("week") >= week
        )
        stake += sum(own["micropoints"].to_list())
    return int(stake)
