"""The moderators of a rehearsal: who they are, what they decide, and how often they are wrong.

Anna reviews, Ben is the second person where the policy wants two, Eve answers appeals. They decide
by a stated rule from the synthetic truth, as people who looked into a case well would:

- Where one operator of a farm, or one group that follows a playbook together (A15), holds at least
  half of a case's owners, it is to be confirmed, and everybody else in it cleared.
- Every other case is to be dismissed.

Each is wrong in a stated share of the cases: a right confirmation becomes a dismissal, a right
dismissal a confirmation of everybody. The draw follows from the seed, the case, the moderator and
how often the case has moved, so it does not change with the order of cases. Where two
decide and disagree, the case is dismissed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from jobs.decide import Decision, Outcome, Verdict, decide
from jobs.keys import Keys
from jobs.policy import LoadedFacts
from rehearsal.chance import happens
from rehearsal.truth import ACTS_TOGETHER, IN_PLAYBOOK, UNIT
from warehouse.home import Home
from warehouse.moves import UNDECIDED

FIRST: Final = "anna"
SECOND: Final = "ben"
THIRD: Final = "eve"
DISAGREED: Final = "two looked at it and do not agree, so nothing is taken"
_REASONS: Final = {
    Verdict.CONFIRM: "looked into it: most of it belongs together",
    Verdict.DISMISS: "looked into it: nothing shows that it belongs together",
}


@dataclass(frozen=True)
class View:
    """What somebody thinks of a case.

    Attributes:
        verdict: Confirm or dismiss.
        reason: Why, as it is recorded.
        cleared: Accounts that a confirmation leaves out.
    """

    verdict: Verdict
    reason: str
    cleared: frozenset[str] = frozenset()

    def decision(self, case_id: str, by: str) -> Decision:
        """Return it as a decision of somebody on a case."""
        return Decision(case_id, self.verdict, by, self.reason, self.cleared)


def belonging(members: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Say of every member of cases whether they belong to what holds half of the case.

    Args:
        members: case_id, account_id, owner_id.
        truth: `rehearsal.records.TRUTH`.

    Returns:
        case_id, account_id, owner_id, belongs; sorted. All accounts of an owner are alike. Where
        nobody belongs, nothing holds half of the case.
    """
    what = pl.when(IN_PLAYBOOK).then(pl.lit("group ")).otherwise(pl.lit("operator "))
    holder = pl.when(ACTS_TOGETHER).then(pl.concat_str(what, UNIT)).alias("holder")
    held = members.join(truth.select("account_id", holder), on="account_id")
    owners = held.group_by("case_id").agg(pl.col("owner_id").n_unique().alias("owners"))
    holding = (
        held.drop_nulls("holder")
        .group_by("case_id", "holder")
        .agg(pl.col("owner_id").n_unique().alias("its_owners"))
        .join(owners, on="case_id")
        .filter(2 * pl.col("its_owners") >= pl.col("owners"))
        .select("case_id", "holder", belongs=pl.lit(value=True))
    )
    marked = held.join(holding, on=["case_id", "holder"], how="left")
    belongs = pl.col("belongs").fill_null(value=False).any().over("case_id", "owner_id")
    return marked.select("case_id", "account_id", "owner_id", belongs).sort(
        "case_id", "account_id", "owner_id"
    )


def right_verdicts(members: pl.DataFrame, truth: pl.DataFrame) -> Mapping[str, View]:
    """Return what the stated rule says of every case, by case id, before anybody errs."""
    views = {}
    for (case_id,), of_case in belonging(members, truth).group_by("case_id", maintain_order=True):
        verdict = Verdict.CONFIRM if of_case["belongs"].any() else Verdict.DISMISS
        others = of_case.filter(~pl.col("belongs"))["account_id"].to_list()
        cleared = frozenset(others) if verdict is Verdict.CONFIRM else frozenset()
        views[str(case_id)] = View(verdict, _REASONS[verdict], cleared)
    return views


def seen(right: View, *, errs: bool) -> View:
    """Return what a moderator sees in a case of which the rule says what is right."""
    if not errs:
        return right
    wrong = Verdict.DISMISS if right.verdict is Verdict.CONFIRM else Verdict.CONFIRM
    return View(wrong, _REASONS[wrong])


@dataclass(frozen=True)
class Moderators:
    """The moderators of one rehearsal.

    Attributes:
        home: Where they decide.
        keys: Sign the log.
        seed: Of the rehearsal.
        error_bps: How often each of them is wrong.
    """

    home: Home
    keys: Keys
    seed: int
    error_bps: int

    def errs(self, by: str, *about: str) -> bool:
        """Whether somebody is wrong about something."""
        return happens(self.seed, self.error_bps, by, *about)

    def views(self, case_id: str, right: View, moves: int) -> tuple[tuple[str, View], ...]:
        """Return what the two who may decide a case see in it.

        Args:
            case_id: Which one.
            right: What the rule says of it.
            moves: Of the case so far, so that who was wrong once is not wrong for good.
        """
        return tuple(
            (by, seen(right, errs=self.errs(by, case_id, str(moves)))) for by in (FIRST, SECOND)
        )


def decide_together(
    home: Home,
    keys: Keys,
    case_id: str,
    views: Sequence[tuple[str, View]],
    now: datetime,
    facts: LoadedFacts | None = None,
) -> Outcome:
    """Decide a case by the first of two people, or by both where the policy wants two.

    Where they disagree it is dismissed: the second proposes that and the first agrees.

    Args:
        home: The home.
        keys: Sign the log.
        case_id: Which case.
        views: Who, and what they think: two.
        now: The clock.
        facts: As `jobs.decide.decide` takes them.
    """
    (first, alone), (second, other) = views
    outcome = decide(home, keys, alone.decision(case_id, first), now, facts)
    if outcome.state not in UNDECIDED:
        return outcome
    agreed = other if other.verdict is alone.verdict else View(Verdict.DISMISS, DISAGREED)
    for by in (second, first):
        outcome = decide(home, keys, agreed.decision(case_id, by), now, facts)
        if outcome.state not in UNDECIDED:
            break
    return outcome
