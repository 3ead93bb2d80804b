"""Plays a scenario on a real home, by the jobs that people call, and checks what it expects.

After every step no micropoint is missing, wherever points lie; what is refused changed nothing.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from jobs import appeal as appeals
from jobs.decide import Decision, Verdict, decide
from jobs.detect import detect
from jobs.issue import issue
from jobs.keys import Keys
from jobs.notice import give_notice
from jobs.points import OwnerPoints, WeekPoints, leaderboard, points_of
from jobs.proposals import put_forward
from jobs.settle import settle
from jobs.verify import verify
from seasons.proposals import LINES_SCHEMA, Proposal
from tests.scenarios.feed import prepare, week_of
from tests.scenarios.script import (
    AS_DECIDED,
    Adjust,
    Amounts,
    Answer,
    CaseSeen,
    Decide,
    Detect,
    Drop,
    Expect,
    Move,
    Notice,
    OwnersMove,
    Scenario,
    ScenarioError,
    Settle,
    Step,
)
from warehouse import ledger
from warehouse.cases import load_case
from warehouse.connection import rows, warehouse
from warehouse.errors import WinnowError
from warehouse.home import Home
from warehouse.proposals import left_budget
from warehouse.recording import NewMove
from warehouse.records import MICROPOINTS_PER_POINT

START = week_of("S1W01").end
SPAN = re.compile(r"(?P<number>[0-9]+) (?P<unit>days?|hours?)|until (?P<week>S1W[0-9]{2}) ends")
ACCUSING = re.compile(
    r"cheat|fraud|sybil|farm|abus|violat|illegal|fake|crim|guilt|punish|penal|suspect|dishonest",
    re.IGNORECASE,
)
TABLES = (
    *("batches", "entries", "log_leaves", "checkpoints", "cases", "case_members", "case_moves"),
    *("case_decisions", "case_verdicts", "policies", "settlements", "owed", "proposals"),
)
Act = Callable[[], object]


@dataclass
class Stage:
    """A home in which a scenario is played.

    Attributes:
        scenario: What is told.
        home: Where it is played.
        keys: Of the home.
        now: The clock; an hour passes with every step.
        cases: Ids of the cases that were found so far, by the name in the scenario.
    """

    scenario: Scenario
    home: Home
    keys: Keys
    now: datetime = START
    cases: dict[str, str] = field(default_factory=dict)

    def play(self) -> None:
        """Play every step, then verify the home and replay every batch.

        Raises:
            ScenarioError: Something was not as it is told; names the step.
        """
        for number, step in enumerate(self.scenario.steps, start=1):
            try:
                self.now += timedelta(hours=1)
                self.take(step)
                if step.action not in {"expect", "wait"}:
                    self.nothing_is_lost()
            except (ScenarioError, WinnowError) as error:
                raise ScenarioError(f"step {number}, {step.action}: {error}") from error
        with warehouse(self.home, read_only=True):  # held open: opening it often takes long
            found = verify(self.home, self.keys).findings
        equal("what verify finds at the end", found, ())

    def take(self, step: Step) -> None:
        """Take a step; the last of its acts may have to be refused, and then changes nothing."""
        *before, last = self.acts(step)
        for act in before:
            act()
        if step.refused is None:
            last()
            return
        stood = self.everything()
        try:
            last()
        except WinnowError as error:
            if step.refused not in str(error):
                raise ScenarioError(f"refused, but not with {step.refused!r}: {error}") from error
        else:
            raise ScenarioError(f"should have been refused with {step.refused!r}")
        equal("what is stored after a refusal", self.everything() == stood, True)

    # Steps ------------------------------------------------------------------------------------

    def acts(self, step: Step) -> list[Act]:
        """Return what a step does, one act a person."""
        said: Any = getattr(step, step.action)
        if not isinstance(said, Decide | Adjust | Drop):
            return [partial(getattr(self, step.action), said)]
        act: Any = self.decide if isinstance(said, Decide) else self.by_hand
        last = len(said.by) - 1
        return [partial(act, said, by, place == last) for place, by in enumerate(said.by)]

    def wait(self, span: str) -> None:
        """Let time pass."""
        match = SPAN.fullmatch(span)
        if match is None:
            raise ScenarioError(f"{span!r}: write '15 days', '3 hours' or 'until S1W02 ends'")
        if match["week"]:
            self.now = max(self.now, week_of(match["week"]).end)
            return
        unit = match["unit"].removesuffix("s") + "s"
        self.now += timedelta(**{unit: int(match["number"])})

    def detect(self, said: Detect) -> None:
        """Run the detection; it opens and changes exactly those cases that are told."""
        before = self.members()
        done = detect(self.home, as_of=self.now, now=self.now)
        after = self.members()
        opened = {frozenset(after[case_id]): case_id for case_id in after if case_id not in before}
        told = {
            frozenset(self.scenario.each(*self.scenario.cases[name])): name for name in said.opens
        }
        equal("cases that open", sorted(map(sorted, opened)), sorted(map(sorted, told)))
        self.cases |= {name: opened[owners] for owners, name in told.items()}
        gained = {case_id: after[case_id] - before[case_id] for case_id in before}
        names = {case_id: name for name, case_id in self.cases.items()}
        equal(
            "owners whom cases gain",
            {names[case_id]: sorted(owners) for case_id, owners in gained.items() if owners},
            {name: sorted(self.scenario.each(*who)) for name, who in said.gains.items() if who},
        )
        found = {"opened": done.opened, "changed": done.changed}
        equal("cases", found, {"opened": len(said.opens), "changed": len(said.gains)})

    def issue(self, label: str) -> None:
        """Issue a week when it is due, or now; each account's owner earns what is told."""
        week = week_of(label)
        self.now = max(self.now, week.issue_at)
        batch = issue(self.home, self.keys, week, self.now).batch
        with warehouse(self.home, read_only=True) as connection:
            entries = ledger.load_entries(connection, batch)
        account = pl.col("account")
        owner = account.str.extract("^(?:owner|held):(.*)$")
        got = dict(
            entries.filter(owner.is_not_null())
            .group_by(owner.alias("owner"))
            .agg(pl.col("micropoints").sum())
            .iter_rows()
        )
        told = self.owners_earn(label)
        for referrer in self.scenario.referrals:
            got.pop(referrer, None)
            told.pop(referrer, None)
        equal(f"earned in {label}", got, told)

    def owners_earn(self, label: str) -> dict[str, int]:
        """Return what owners earn in a week without referrals, in micropoints."""
        last_day = week_of(label).end.date()
        told: dict[str, int] = {}
        for account, micropoints in self.scenario.earned(label).items():
            known = self.scenario.accounts.get(account)
            owner = (known and known.owner) or account
            for change in self.scenario.changes:
                if change.account == account and change.owner and change.day < last_day:
                    owner = change.owner
            told[owner] = told.get(owner, 0) + micropoints
        return {owner: amount for owner, amount in told.items() if amount}

    def review(self, said: Move) -> None:
        """Take a case up."""
        appeals.review(self.home, self.keys, self.new_move(said, "review"), self.now)

    def decide(self, said: Decide, by: str, is_last: bool) -> None:
        """Decide a case; all but the last person propose."""
        reach = week_of(said.reach_back) if said.reach_back else None
        decision = Decision(
            self.case(said.case),
            Verdict(said.verdict),
            by,
            said.because,
            frozenset(self.scenario.each(*said.clear)),
            reach,
        )
        outcome = decide(self.home, self.keys, decision, self.now)
        if (outcome.move == "propose") == is_last:
            raise ScenarioError(f"by {by!r} it was a {outcome.move!r}, the state {outcome.state!r}")

    def notice(self, said: Notice) -> None:
        """Give notice; exactly those are told who are named, and nobody reads of anybody else."""
        done = give_notice(self.home, self.keys, self.case(said.case), by=said.by, now=self.now)
        letters = {
            json.loads(path.read_text())["owner"]: path.read_text()
            + " ".join(path.with_suffix(".txt").read_text().split())
            for path in done.notices
            if path.suffix == ".json"
        }
        phrases = {
            owner: told for name, told in said.tells.items() for owner in self.scenario.each(name)
        }
        equal("who is told", sorted(letters), sorted(phrases))
        for owner, letter in letters.items():
            for phrase in phrases[owner]:
                if phrase not in letter:
                    raise ScenarioError(f"{owner!r} is not told {phrase!r}:\n{letter}")
            self.nobody_else_is_told_of(letter, owner, (*said.hides, said.by))

    def nobody_else_is_told_of(self, letter: str, owner: str, hidden: tuple[str, ...]) -> None:
        """Check that a letter names nobody else, hides what has to be hidden and accuses nobody."""
        about_owner = re.sub(rf"(?<![\w-]){re.escape(owner)}(?![\w-])", "", letter)
        for word in (*self.people() - {owner}, *hidden):
            if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", about_owner):
                raise ScenarioError(f"the notice to {owner!r} says {word!r}:\n{letter}")
        if ACCUSING.search(about_owner):
            raise ScenarioError(f"the notice to {owner!r} accuses:\n{letter}")

    def people(self) -> set[str]:
        """Return every account and owner of the story, and everything they were seen with."""
        scenario = self.scenario
        named = {name for week in scenario.weeks.values() for name in scenario.each(*week)}
        named |= set(scenario.accounts) | {change.owner or "" for change in scenario.changes}
        named |= {account.owner or "" for account in scenario.accounts.values()}
        for seen in scenario.seen:
            named |= {seen.device or "", seen.address or "", seen.sends_to or ""}
        return named - {""}

    def appeal(self, said: OwnersMove) -> None:
        """Take an appeal down."""
        appeals.appeal(self.home, self.keys, self.new_move(said, "appeal"), self.now)

    def answer(self, said: Answer) -> None:
        """Answer an appeal."""
        keeps = None if said.keeps == AS_DECIDED else int(said.keeps)
        case_id = self.case(said.case)
        given = appeals.Answer(case_id, said.owner, keeps, said.by, said.because)
        appeals.answer(self.home, self.keys, given, self.now)

    def withdraw(self, said: Move) -> None:
        """Take a decision back."""
        appeals.withdraw(self.home, self.keys, self.new_move(said, "withdraw"), self.now)

    def acknowledge(self, said: OwnersMove) -> None:
        """Acknowledge that a final decision was wrong about somebody."""
        appeals.acknowledge(self.home, self.keys, self.new_move(said, "acknowledge"), self.now)

    def settle(self, said: Settle) -> None:
        """Settle what is due: exactly the cases that are told."""
        done = settle(self.home, self.keys, as_of=self.now, now=self.now)
        final = sorted(self.case(name) for name in said.makes_final)
        equal("cases made final", sorted(done.cases), final)
        reserve = sum(week.to_reserve_micropoints for week in done.weeks)
        if said.spreads is not None:
            spread = done.redistributed_micropoints - reserve
            equal("points spread over owners", in_points(spread), in_points(said.spreads))
        equal("points to the reserve", in_points(reserve), in_points(said.to_reserve))

    def by_hand(self, said: Adjust | Drop, by: str, is_last: bool) -> None:
        """Propose points by hand, or carry them out as the last of the people who are named."""
        proposal = Proposal(
            kind="adjust" if isinstance(said, Adjust) else "drop",
            season=1,
            week=int(said.week[-2:]) if isinstance(said, Adjust) else 0,
            sort=said.kind if isinstance(said, Drop) else "",
            budget=said.budget,
            name=said.name,
            reason=said.because,
            lines=pl.DataFrame(
                [(owner, points, said.because) for owner, points in sorted(said.lines.items())],
                LINES_SCHEMA,
                orient="row",
            ),
        )
        state = put_forward(self.home, self.keys, proposal, by, self.now).state
        equal(f"what became of it by {by!r}", state, "done" if is_last else "proposed")

    # What is expected -------------------------------------------------------------------------

    def expect(self, said: Expect) -> None:
        """Check everything that is told of points, cases, memos and budgets."""
        with warehouse(self.home, read_only=True):  # held open: opening it often takes long
            self.expect_points(said)
            for name, case in said.cases.items():
                self.expect_case(name, case)
            self.expect_standings(said.public)
            self.expect_memos(said)
            self.expect_accounts(said)

    def expect_points(self, said: Expect) -> None:
        """Check what owners have, over all weeks and by week."""
        for name, amounts in said.points.items():
            self.expect_alike(name, None)
            equal(f"points of {name!r}", told_of(self.points(name).total), told(amounts))
        for label, of_week in said.weeks.items():
            for name, amounts in of_week.items():
                self.expect_alike(name, week_of(label).number)
                nothing = WeekPoints(label, 0, 0, 0, 0, 0)
                weeks = {week.week: week for week in self.points(name).weeks}
                found = told_of(weeks.get(label, nothing))
                equal(f"points of {name!r} of {label}", found, told(amounts))

    def points(self, name: str) -> OwnerPoints:
        """Return what an owner has, or the first one of a group; see `expect_alike`."""
        return points_of(self.home, self.scenario.each(name)[0])

    def expect_alike(self, group: str, week: int | None) -> None:
        """Check that every owner of a group has the same; asking each of forty takes long."""
        if group not in self.scenario.groups:
            return
        account = pl.col("account")
        with warehouse(self.home, read_only=True) as connection:
            balances = ledger.balances(connection, under=("owner:", "held:", "escrow:"))
        of_weeks = balances if week is None else balances.filter(week=week)
        amounts = (
            of_weeks.with_columns(
                owner=account.str.extract("[:/]([^:/]+)$"), kind=account.str.head(5)
            )
            .group_by("owner", "kind")
            .agg(pl.col("micropoints").sum())
        )
        members = list(self.scenario.each(group))
        found = amounts.filter(pl.col("owner").is_in(members)).sort("kind", "owner")
        for _, of_kind in found.group_by("kind"):
            equal(f"owners of {group!r} with as much", of_kind["owner"].to_list(), members)
            equal(f"amounts of {group!r}", of_kind["micropoints"].n_unique(), 1)

    def expect_case(self, name: str, said: CaseSeen) -> None:
        """Check a case's state, what it follows, and by which rules owners were judged."""
        with warehouse(self.home, read_only=True) as connection:
            case = load_case(connection, self.case(name))
        equal(f"state of {name!r}", case.state, said.state)
        if said.follows is not None:
            equal(f"what {name!r} follows", case.follows, self.case(said.follows))
        judged = dict(case.verdicts.sort("seq").select("owner_id", "rule").iter_rows())
        for group, rule in said.rules.items():
            for owner in self.scenario.each(group):
                equal(f"rule for {owner!r} in {name!r}", judged.get(owner), rule)

    def expect_standings(self, public: Mapping[str, int]) -> None:
        """Check what everybody can see."""
        standings = leaderboard(self.home, 1) if public else pl.DataFrame()
        for name, points in public.items():
            for owner in self.scenario.each(name):
                shown = standings.filter(owner_id=owner)["micropoints"].to_list()
                equal(f"public points of {owner!r}", shown, [points])

    def expect_memos(self, said: Expect) -> None:
        """Check what is owed, to owners and by them."""
        memos = self.read("select direction, owner_id, micropoints from owed")
        for direction, told_owed in (("to_owner", said.owed_to), ("by_owner", said.owed_by)):
            if told_owed is None:
                continue
            owed: dict[str, int] = {}
            for found, owner, micropoints in memos:
                if found == direction:
                    owed[owner] = owed.get(owner, 0) + micropoints
            expected = {owner: in_points(amount) for owner, amount in told_owed.items()}
            in_all = {owner: in_points(amount) for owner, amount in owed.items()}
            equal(f"owed {direction}", in_all, expected)

    def expect_accounts(self, said: Expect) -> None:
        """Check the reserve and what has left budgets."""
        with warehouse(self.home, read_only=True) as connection:
            if said.reserve is not None:
                lying = ledger.balances(connection, under=("reserve",))["micropoints"].to_list()
                equal("the reserve", in_points(sum(lying)), in_points(said.reserve))
            for name, points in said.spent.items():
                left = left_budget(connection, 1, name)
                equal(f"what left budget {name!r}", in_points(left), in_points(points))

    # What always holds ------------------------------------------------------------------------

    def nothing_is_lost(self) -> None:
        """Check that every week is whole, wherever its points lie, and nobody is below zero."""
        with warehouse(self.home, read_only=True) as connection:
            balances = ledger.balances(connection)
            issued = {
                one.batch.week for one in ledger.batches(connection) if one.batch.kind == "issue"
            }
        source = pl.col("account").str.contains("^(emission|budget):")
        spread = balances.filter(~pl.col("account").str.starts_with("emission:"))
        weeks = dict(spread.group_by("week").agg(pl.col("micropoints").sum()).iter_rows())
        emission = self.scenario.emission * MICROPOINTS_PER_POINT
        whole = dict.fromkeys(issued, emission)
        equal("weeks", {week: total for week, total in weeks.items() if total}, whole)
        below = balances.filter(~source, pl.col("micropoints") <= 0)
        equal("accounts below zero", below.rows(), [])

    def everything(self) -> list[object]:
        """Return all that is stored of cases and points."""
        with warehouse(self.home, read_only=True) as connection:
            return [rows(connection, f"from {table} order by all") for table in TABLES]

    def read(self, sql: str) -> list[Any]:
        """Return the rows of a query."""
        with warehouse(self.home, read_only=True) as connection:
            return rows(connection, sql)

    # Cases by their names ---------------------------------------------------------------------

    def case(self, name: str) -> str:
        """Return the id of a case that the detection has opened."""
        if name not in self.cases:
            raise ScenarioError(f"no case {name!r} has opened; there are {sorted(self.cases)}")
        return self.cases[name]

    def members(self) -> dict[str, set[str]]:
        """Return the owners of every case."""
        owners: dict[str, set[str]] = {}
        for case_id, owner in self.read("select case_id, owner_id from case_members"):
            owners.setdefault(case_id, set()).add(owner)
        return owners

    def new_move(self, said: Move, name: str) -> NewMove:
        """Return a move as it is recorded."""
        owner = said.owner if isinstance(said, OwnersMove) else None
        return NewMove(self.case(said.case), name, said.by, said.because, owner_id=owner)


def play(scenario: Scenario, place: Path) -> Stage:
    """Play a scenario in an empty folder.

    Raises:
        ScenarioError: Something was not as it is told.
    """
    stage = Stage(scenario, *prepare(scenario, place))
    stage.play()
    return stage


def equal(what: str, found: object, told_: object) -> None:
    """Check that something is as it is told."""
    if found != told_:
        raise ScenarioError(f"{what}: told {told_!r}, found {found!r}")


def told(amounts: Amounts) -> dict[str, str]:
    """Return amounts in points, by name."""
    return {name: in_points(amount) for name, amount in amounts}


def told_of(week: WeekPoints) -> dict[str, str]:
    """Return an owner's amounts in points, by the names that scenarios use."""
    return {name: in_points(getattr(week, f"{name}_micropoints")) for name in Amounts.model_fields}


def in_points(micropoints: int) -> str:
    """Return micropoints as points, in as many digits as it takes."""
    return f"{micropoints / MICROPOINTS_PER_POINT:.6f}"
