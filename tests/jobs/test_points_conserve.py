"""Whatever is issued, opened, decided or interrupted, in any order: not one micropoint is lost."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.batches import Draft, write_batch
from jobs.decide import Decision, Verdict, decide, held_points
from jobs.initialise import initialise, preset_text
from jobs.keys import Keys, load_keys
from jobs.settings import read_settings
from seasons.allocation import Split
from seasons.issuance import issue_entries
from seasons.terms import parse_terms
from warehouse import ledger
from warehouse.cases import blocked_owners
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import CaseError, LedgerError
from warehouse.home import Home, open_home

NOW = datetime(2025, 7, 1, tzinfo=UTC)
OWNERS = tuple("abcdef")
CALENDAR = parse_terms(preset_text("backpack", 1)).calendar


class Interrupted(Exception):
    """Stands for a crash inside a transaction."""


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


class Season(RuleBasedStateMachine):
    """A season on a real ledger, beside a plain account of what everybody should have."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="season-"))
        for name in ("home", "home.keys"):
            shutil.copytree(self.template / name, self.root / name)
        self.home: Home = open_home(self.root / "home")
        self.keys: Keys = load_keys(self.home, read_settings({}))
        self.issued: dict[int, dict[str, int]] = {}
        self.states: dict[str, str] = {}
        self.members: dict[str, frozenset[str]] = {}
        self.now = NOW

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize()
    def start(self) -> None:
        self.now = NOW

    def blocked(self) -> frozenset[str]:
        standing = [case for case, state in self.states.items() if state in ("open", "confirmed")]
        return frozenset().union(*(self.members[case] for case in standing))

    def write_issue(self, number: int, split: Split, *, interrupted: bool = False) -> None:
        with transaction(self.home) as connection:
            blocked = blocked_owners(connection)
            owners = frozenset(blocked["owner_id"].to_list())
            entries = issue_entries(CALENDAR.week(number), split, owners)
            draft = Draft(1, number, "issue", "", entries, blocked, {})
            write_batch(connection, self.home, self.keys, draft, self.now)
            if interrupted:
                raise Interrupted

    @precondition(lambda self: len(self.issued) < 6)
    @rule(split=splits())
    def issue_the_next_week(self, split: Split) -> None:
        number = len(self.issued) + 1
        self.write_issue(number, split)
        self.issued[number] = dict(split.by_owner.iter_rows())

    @precondition(lambda self: self.issued)
    @rule(split=splits())
    def issuing_a_week_again_is_refused(self, split: Split) -> None:
        before = self.everything()
        with pytest.raises(LedgerError, match="exists already"):
            self.write_issue(len(self.issued), split)
        assert self.everything() == before

    @rule(split=splits())
    def an_interrupted_issue_leaves_nothing(self, split: Split) -> None:
        before = self.everything()
        with pytest.raises(Interrupted):
            self.write_issue(len(self.issued) + 1, split, interrupted=True)
        assert self.everything() == before

    @rule(owners=st.frozensets(st.sampled_from(OWNERS), min_size=1, max_size=3))
    def open_a_case(self, owners: frozenset[str]) -> None:
        case = f"C-{len(self.states)}"
        self.states[case], self.members[case] = "open", owners
        with transaction(self.home) as connection:
            connection.execute(
                "insert into cases values ($1, 'K', 'open', 0.9, '2025-07-01', 'D-1')", [case]
            )
            for owner in sorted(owners):
                connection.execute(
                    "insert into case_members values ($1, $2, $2, '2025-07-01')", [case, owner]
                )

    @precondition(lambda self: self.states)
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def decide_a_case(self, data: st.DataObject, verdict: Verdict) -> None:
        case = data.draw(st.sampled_from(sorted(self.states)))
        self.now += timedelta(hours=1)
        decision = Decision(case, verdict, "ana", "seen")
        if self.states[case] == "dismissed":
            before = self.everything()
            with pytest.raises(CaseError):
                decide(self.home, self.keys, decision, self.now)
            assert self.everything() == before
        else:
            decide(self.home, self.keys, decision, self.now)
            self.states[case] = "dismissed" if verdict is Verdict.DISMISS else "confirmed"

    def everything(self) -> list:
        with warehouse(self.home, read_only=True) as connection:
            tables = ("batches", "entries", "log_leaves", "checkpoints", "case_moves", "cases")
            return [rows(connection, f"from {table} order by all") for table in tables]

    @invariant()
    def the_ledger_is_whole(self) -> None:
        with warehouse(self.home, read_only=True) as connection:
            sums = rows(connection, "select sum(micropoints) from entries group by batch_id")
            points = dict(ledger.season_points(connection, 1).iter_rows())
            balances = ledger.balances(connection)
            held = held_points(connection)
        assert all(total == 0 for (total,) in sums), "a batch does not balance"
        assert points == self.expected(), "own and held together are not what was issued"
        kept = balances.filter(~pl.col("account").str.starts_with("emission:"))
        assert all(amount > 0 for amount in kept["micropoints"].to_list()), "below zero"
        blocked = self.blocked()
        for owner, subject in held.select("owner_id", "subject").iter_rows():
            assert owner in blocked or subject in blocked, "held without a case"

    def expected(self) -> dict[str, int]:
        """Return what each owner was issued, by plain addition."""
        expected: dict[str, int] = {}
        for amounts in self.issued.values():
            for owner, amount in amounts.items():
                expected[owner] = expected.get(owner, 0) + amount
        return expected


def test_no_micropoint_is_made_or_lost(tmp_path: Path) -> None:
    text = preset_text("backpack", 1)
    initialise(tmp_path / "home", read_settings({}), text, rehearsal=False, now=NOW)
    Season.template = tmp_path
    run_state_machine_as_test(
        Season,
        settings=settings(
            max_examples=8,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
