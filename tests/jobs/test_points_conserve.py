"""Whatever is issued, decided, appealed, settled, given or interrupted: no micropoint is lost.

A random season on a real ledger. After every step everything is checked that has to hold in every
home, and every new batch is recomputed to the byte.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs import appeal, decide, notice, proposals, settle
from jobs.appeal import Answer
from jobs.batches import Draft, write_batch
from jobs.case_checks import check_cases
from jobs.decide import Decision, Verdict
from jobs.initialise import initialise, preset_text
from jobs.keys import Keys, load_keys
from jobs.proposal_checks import check_proposals
from jobs.replay import replay
from jobs.settings import read_settings
from jobs.verify import CHECKS
from seasons.accounts import escrow_lines
from seasons.allocation import Split
from seasons.enforcement import blocking
from seasons.issuance import issue_entries
from seasons.proposals import LINES_SCHEMA, Proposal
from seasons.terms import parse_terms
from warehouse import ledger
from warehouse.cases import due_for_settlement, involved_owners, moves_count
from warehouse.connection import rows, transaction, warehouse
from warehouse.detections import DetectionRun, store_detection
from warehouse.errors import LedgerError, WinnowError
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    EDGES_SCHEMA,
    HUBS_SCHEMA,
    MEMBERS_SCHEMA,
    CaseChange,
    Detection,
)
from warehouse.home import Home, open_home
from warehouse.moves import DECIDED, UNDECIDED
from warehouse.recording import NewMove

START = datetime(2025, 7, 1, tzinfo=UTC)  # every week of season 1 has ended
OWNERS = tuple("abcdef")
SEASON = preset_text("backpack", 1)  # declares the budget "corrections"
CALENDAR = parse_terms(SEASON).calendar
POLICY = """
version = "for-tests"
appeal_days = 14
tolerated_accounts = 1
reach_back_weeks = 99
[deciding]
alone_owners = 2
alone_points = 1000000000
[[rule]]
name = "pair"
keep_bps = 3333
most_owners = 2
why = "Two accounts were used together."
[[rule]]
name = "group"
keep_bps = 0
why = "A group of accounts was used together."
"""
TABLES = (
    *("batches", "entries", "log_leaves", "checkpoints", "cases", "case_members", "case_moves"),
    *("case_decisions", "case_verdicts", "policies", "settlements", "owed", "proposals"),
)


class Interrupted(Exception):
    """Stands for a crash between two statements."""


class Dying:
    """A connection that dies at one of its statements."""

    def __init__(self, connection: Any, statements: int) -> None:
        self.connection, self.left = connection, statements

    def __getattr__(self, name: str) -> Any:
        if name in {"execute", "sql", "register"}:
            self.left -= 1
            if self.left < 0:
                raise Interrupted
        return getattr(self.connection, name)


@contextmanager
def dying_after(statements: int) -> Iterator[None]:
    """Let every transaction of the jobs die after some statements."""

    @contextmanager
    def dying_transaction(home: Home) -> Iterator[Any]:
        with transaction(home) as connection:
            yield Dying(connection, statements)

    with pytest.MonkeyPatch.context() as patch:
        for job in (decide, appeal, settle, notice, proposals):
            patch.setattr(job, "transaction", dying_transaction)
        yield


@st.composite
def splits(draw: st.DrawFn) -> Split:
    """Draw what owners earn, and the part that referrers earn by their referees."""
    alone = draw(st.dictionaries(st.sampled_from(OWNERS), st.integers(1, 10**12), min_size=1))
    brought = draw(st.dictionaries(st.sampled_from(OWNERS[1:]), st.integers(1, 10**9), max_size=3))
    totals = {**alone, OWNERS[0]: alone.get(OWNERS[0], 0) + sum(brought.values())}
    amounts = {"owner_id": pl.String, "micropoints": pl.Int64}
    rows_of = sorted((owner, amount) for owner, amount in totals.items() if amount)
    return Split(
        by_pool=pl.DataFrame(),
        by_owner=pl.DataFrame(rows_of, amounts, orient="row"),
        referred=pl.DataFrame(
            [(OWNERS[0], referee, amount) for referee, amount in sorted(brought.items())],
            {"owner_id": pl.String, "referee_id": pl.String, "micropoints": pl.Int64},
            orient="row",
        ),
    )


@st.composite
def lines(draw: st.DrawFn, least: int) -> pl.DataFrame:
    """Draw lines of points by hand."""
    amounts = st.integers(least, 10**10).filter(bool)
    drawn = draw(st.dictionaries(st.sampled_from(OWNERS), amounts, min_size=1, max_size=4))
    found = [(owner, amount, "counted anew") for owner, amount in sorted(drawn.items())]
    return pl.DataFrame(found, LINES_SCHEMA, orient="row")


def verify_findings(home: Home) -> list[tuple[str, str]]:
    """Return what `winnow verify` finds, save for closes and formulas, which are not drawn."""
    named = dict(CHECKS)
    with warehouse(home, read_only=True) as connection:
        checks = (named["log"], named["batches"], check_cases, check_proposals)
        return [found for check in checks for found in check(home, connection)]


class Season(RuleBasedStateMachine):
    """A season whose events are drawn, on the product's own ledger, cases and jobs."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="season-"))
        for name in ("home", "home.keys"):
            shutil.copytree(self.template / name, self.root / name)
        self.home: Home = open_home(self.root / "home")
        self.keys: Keys = load_keys(self.home, read_settings({}))
        self.issued: dict[int, int] = {}
        self.states: dict[str, str] = {}
        self.members: dict[str, list[str]] = {}
        self.by_hand = 0
        self.replayed = 0
        self.races = 0
        self.now = START

    def teardown(self) -> None:
        try:
            self.wind_up()
            assert verify_findings(self.home) == []
        finally:
            shutil.rmtree(self.root)

    # What happens ------------------------------------------------------------------------------

    @initialize(split=splits())
    def a_case_is_open_when_the_first_week_is_issued(self, split: Split) -> None:
        self.detected("opened", "C-1", frozenset("bcd"))
        self.issue_the_next_week(split)

    @precondition(lambda self: len(self.issued) < CALENDAR.weeks)
    @rule(split=splits())
    def issue_the_next_week(self, split: Split) -> None:
        number = len(self.issued) + 1
        self.write_issue(number, split)
        self.issued[number] = split.by_owner["micropoints"].sum()
        before = self.everything()
        with pytest.raises(LedgerError, match="exists already"):
            self.write_issue(number, split)
        assert self.everything() == before

    @precondition(lambda self: len(self.states) < 6)
    @rule(owners=st.frozensets(st.sampled_from(OWNERS), min_size=2, max_size=4))
    def a_case_opens_or_gains(self, owners: frozenset[str]) -> None:
        undecided = self.in_state(UNDECIDED)
        if len(undecided) < 2:
            self.detected("opened", f"C-{len(self.states) + 1}", owners)
        elif new := owners - set(self.members[undecided[-1]]):
            self.detected("gained", undecided[-1], new)

    @precondition(lambda self: self.in_state(UNDECIDED))
    @rule(
        data=st.data(),
        verdict=st.sampled_from((Verdict.CONFIRM,) * 4 + (Verdict.DISMISS,)),
        reach=st.none() | st.integers(1, 3),
    )
    def two_people_decide_a_case(
        self, data: st.DataObject, verdict: Verdict, reach: int | None
    ) -> None:
        case_id = data.draw(st.sampled_from(self.in_state(UNDECIDED)))
        confirm = verdict is Verdict.CONFIRM
        members = st.sampled_from(self.members[case_id])
        cleared = data.draw(st.frozensets(members, max_size=1)) if confirm else frozenset()
        week = None if reach is None or not confirm else CALENDAR.week(reach)
        for by in ("ana", "ana", "ben"):
            decision = Decision(case_id, verdict, by, "seen", cleared, week)
            self.attempt(lambda d=decision: decide.decide(self.home, self.keys, d, self.later()))

    @precondition(lambda self: self.in_state(DECIDED))
    @rule(data=st.data())
    def a_decided_case_moves_on(self, data: st.DataObject) -> None:
        """Give notice, appeal, answer; now and then what a rule refuses."""
        case_id = data.draw(st.sampled_from(self.in_state(DECIDED)))
        owner = data.draw(st.sampled_from(self.members[case_id]))
        by = data.draw(st.sampled_from(("eve", "eve", "ana")))
        home, keys, now = self.home, self.keys, self.later()
        if self.states[case_id] in {"confirmed", "partly"}:
            self.attempt(lambda: notice.give_notice(home, keys, case_id, by=by, now=now))
            return
        new = NewMove(case_id, "appeal", by, "it was my brother", owner_id=owner)
        self.attempt(lambda: appeal.appeal(home, keys, new, now))
        keep = data.draw(st.none() | st.just(10_000) | st.integers(1, 9_999))
        given = Answer(case_id, owner, keep, by, "looked at again")
        self.attempt(lambda: appeal.answer(home, keys, given, self.later()))

    @precondition(lambda self: self.in_state((*DECIDED, "final")))
    @rule(data=st.data(), owner=st.sampled_from(OWNERS))
    def a_mistake_is_found(self, data: st.DataObject, owner: str) -> None:
        case_id = data.draw(st.sampled_from(self.in_state((*DECIDED, "final"))))
        new = NewMove(case_id, "acknowledge", "ana", "it was wrong", owner_id=owner)
        self.attempt(lambda: appeal.acknowledge(self.home, self.keys, new, self.later()))
        withdrawn = NewMove(case_id, "withdraw", "ana", "the wrong case")
        if data.draw(st.booleans()):
            self.attempt(lambda: appeal.withdraw(self.home, self.keys, withdrawn, self.later()))

    @precondition(lambda self: self.in_state(DECIDED))
    @rule(days=st.sampled_from((0, 15, 15)))
    def settle_what_is_due(self, days: int) -> None:
        self.now += timedelta(days=days)
        now = self.later()
        due = self.due()
        done = self.attempt(lambda: settle.settle(self.home, self.keys, as_of=now, now=now))
        if done is not None:
            assert done.cases == due
            assert settle.settle(self.home, self.keys, as_of=now, now=now).cases == ()

    @precondition(lambda self: self.races < 1 and self.in_state(("noticed", "rejected", "upheld")))
    @rule()
    def two_processes_settle_at_once(self) -> None:
        self.now += timedelta(days=15)
        due = self.due()
        if not due:
            return
        self.races += 1
        command = [sys.executable, "-m", "console", "--home", str(self.home.root), "settle"]
        command += ["--as-of", self.now.isoformat()]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate()[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sorted("nothing is due" in told for told in said) == [False, True]
        assert not set(due) & set(self.due())

    @precondition(lambda self: self.issued)
    @rule(data=st.data(), kind=st.sampled_from(("adjust", "drop")))
    def points_by_hand(self, data: st.DataObject, kind: str) -> None:
        self.by_hand += 1
        adjusts = kind == "adjust"
        proposal = Proposal(
            kind=kind,
            season=1,
            week=data.draw(st.sampled_from(sorted(self.issued))) if adjusts else 0,
            sort="" if adjusts else "bonus",
            budget="corrections",
            name=f"by-hand-{self.by_hand}",
            reason="a bust that came late",
            lines=data.draw(lines(least=-(10**12) if adjusts else 1)),
        )
        for by in ("ana", "ben"):
            now = self.later()
            self.attempt(
                lambda by=by, now=now: proposals.put_forward(
                    self.home, self.keys, proposal, by, now
                )
            )

    @rule(statements=st.integers(0, 60), data=st.data())
    def a_crash_between_two_statements_leaves_nothing(
        self, statements: int, data: st.DataObject
    ) -> None:
        undecided, decided = self.in_state(UNDECIDED), self.in_state(DECIDED)
        if undecided:
            case_id = data.draw(st.sampled_from(undecided))
            decision = Decision(case_id, Verdict.CONFIRM, "eve", "seen")

            def step() -> Any:
                return decide.decide(self.home, self.keys, decision, self.later())

        elif decided:
            new = NewMove(data.draw(st.sampled_from(decided)), "withdraw", "eve", "wrong")

            def step() -> Any:
                return appeal.withdraw(self.home, self.keys, new, self.later())

        else:

            def step() -> Any:
                return settle.settle(self.home, self.keys, as_of=self.now, now=self.now)

        before = self.everything()
        try:
            with dying_after(statements):
                step()
        except (Interrupted, WinnowError):
            assert self.everything() == before

    def wind_up(self) -> None:
        """End the season: every case is decided, notice given, appeals answered, and settled."""
        home, keys = self.home, self.keys
        for case_id in self.in_state(UNDECIDED):
            for by in ("ana", "ben"):
                decision = Decision(case_id, Verdict.CONFIRM, by, "seen")
                self.attempt(lambda d=decision: decide.decide(home, keys, d, self.later()))
        for case_id in self.states:
            self.attempt(
                lambda c=case_id: notice.give_notice(home, keys, c, by="ana", now=self.later())
            )
            for owner in self.members[case_id]:
                given = Answer(case_id, owner, None, "eve", "nothing new")
                self.attempt(lambda g=given: appeal.answer(home, keys, g, self.later()))
        self.now += timedelta(days=15)
        settle.settle(home, keys, as_of=self.now, now=self.now)
        self.it_all_adds_up()
        assert self.in_state((*UNDECIDED, *DECIDED)) == []

    # What always holds -------------------------------------------------------------------------

    @invariant()
    def it_all_adds_up(self) -> None:
        with warehouse(self.home, read_only=True) as connection:
            self.every_batch_adds_up_to_zero(connection)
            self.every_week_is_whole_wherever_its_points_lie(connection)
            self.a_case_takes_and_gives_once(connection)
            assert list(check_cases(self.home, connection)) == []
            new = ledger.batches(connection)[self.replayed :]
        for batch in new:
            if batch.batch.kind != "issue":  # its split was drawn, not measured
                assert replay(self.home, self.keys, batch) is None, batch.batch.batch_id
        self.replayed += len(new)

    def every_batch_adds_up_to_zero(self, connection: Any) -> None:
        sums = rows(connection, "select sum(micropoints) from entries group by batch_id")
        assert all(total == 0 for (total,) in sums)

    def every_week_is_whole_wherever_its_points_lie(self, connection: Any) -> None:
        balances = ledger.balances(connection)
        source = pl.col("account").str.starts_with("emission:")
        budget = pl.col("account").str.starts_with("budget:")
        elsewhere = balances.filter(~source).group_by("week").agg(pl.col("micropoints").sum())
        spread = dict(elsewhere.iter_rows())
        assert {week: spread[week] for week in self.issued} == self.issued
        kept = balances.filter(~source & ~budget)["micropoints"].to_list()
        assert all(amount > 0 for amount in kept), "below zero"

    def a_case_takes_and_gives_once(self, connection: Any) -> None:
        """What a case took is in escrow, was restored or was spread; settled once, and empty."""
        self.states = dict(rows(connection, "select case_id, state from cases order by case_id"))
        left = set(escrow_lines(ledger.balances(connection, under=("escrow:",)))["case_id"])
        settled = rows(connection, "select case_id from case_moves where move = 'settle'")
        moved = rows(
            connection,
            "select substr(split_part(account, '/', 1), 8), kind, micropoints "
            "from entries join batches using (batch_id) where starts_with(account, 'escrow:')",
        )
        assert len(settled) == len(set(settled))
        assert all(self.states[case_id] in DECIDED for case_id in left)
        for case_id, kind, micropoints in moved:
            assert (micropoints > 0) == (kind in {"seize", "reach_back"}), (case_id, kind)
            assert kind != "redistribute" or self.states[case_id] == "final"

    # How -----------------------------------------------------------------------------------------

    def attempt(self, step: Callable[[], Any]) -> Any:
        """Take a step; where it is refused, nothing may have changed."""
        before = self.everything()
        try:
            return step()
        except WinnowError:
            assert self.everything() == before
            return None

    def everything(self) -> list[Any]:
        with warehouse(self.home, read_only=True) as connection:
            return [rows(connection, f"from {table} order by all") for table in TABLES]

    def later(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    def in_state(self, states: Any) -> list[str]:
        """Return the cases in some states as of the step before: opening the file takes long."""
        return [case_id for case_id, state in self.states.items() if state in states]

    def due(self) -> tuple[str, ...]:
        with warehouse(self.home, read_only=True) as connection:
            return due_for_settlement(connection, self.now)

    def write_issue(self, number: int, split: Split) -> None:
        with transaction(self.home) as connection:
            owners = blocking(involved_owners(connection))
            entries = issue_entries(CALENDAR.week(number), split, owners)
            draft = Draft(1, number, "issue", "", entries, moves_count(connection), {})
            write_batch(connection, self.home, self.keys, draft, self.now)

    def detected(self, move: str, case_id: str, owners: frozenset[str]) -> None:
        accounts = pl.DataFrame({"account_id": sorted(owners), "owner_id": sorted(owners)})
        change = CaseChange(
            case_id, f"K-{case_id}", move, 0.9, "for a test", accounts, EDGES_SCHEMA.to_frame()
        )
        nothing = Detection(
            edges=EDGES_SCHEMA.to_frame(),
            pairs=pl.DataFrame(),
            clusters=CLUSTERS_SCHEMA.to_frame(),
            members=MEMBERS_SCHEMA.to_frame(),
            hubs=HUBS_SCHEMA.to_frame(),
            scores=pl.DataFrame(),
        )
        self.members.setdefault(case_id, []).extend(sorted(owners))
        run = DetectionRun(self.later(), self.now, len(OWNERS), "{}")
        with transaction(self.home) as connection:
            store_detection(connection, run, nothing, [change])


def test_no_micropoint_is_made_or_lost(tmp_path: Path) -> None:
    initialise(tmp_path / "home", read_settings({}), SEASON, rehearsal=False, now=START)
    (tmp_path / "home" / "policy.toml").write_text(POLICY)
    Season.template = tmp_path
    run_state_machine_as_test(
        Season,
        settings=settings(
            max_examples=3,
            stateful_step_count=12,
            deadline=None,
            phases=(Phase.reuse, Phase.generate),  # shrinking would take an hour
            suppress_health_check=list(HealthCheck),
        ),
    )
