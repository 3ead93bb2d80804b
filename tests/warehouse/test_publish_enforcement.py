"""What analysts see of enforcement: every promise kept at every stage, and no number of a pool.

One season is played through the jobs: two weeks, of which the first is revealed and the second is
not, two cases with referees of trader-0, an appeal that is upheld in part, points by hand, a
settlement, and the second reveal. An edition is published after each stage.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from jobs.adjust import adjust
from jobs.appeal import Answer, answer, appeal
from jobs.decide import Decision, Outcome, Verdict, decide
from jobs.drop import drop
from jobs.issue import issue
from jobs.keys import Keys, load_keys
from jobs.notice import give_notice
from jobs.points import leaderboard
from jobs.publish import publish
from jobs.reveal import reveal
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from jobs.settle import Settled, settle
from tests.conftest import copy_home, let_one_person_decide, week_of
from warehouse.cases import standing_verdicts
from warehouse.connection import Connection, rows, transaction, warehouse
from warehouse.home import Home, create_home
from warehouse.ledger import ENTRY_SCHEMA, StoredBatch, store_batch
from warehouse.migrations import migrate
from warehouse.recording import OWED_SCHEMA, NewMove, store_owed
from warehouse.records import Batch
from warehouse.statements import statement

NOW = datetime(2025, 4, 1, tzinfo=UTC)
HIDDEN_STAGES = ("issued", "seized", "upheld")
STAGES = (*HIDDEN_STAGES, "settled", "revealed")

# Each finds what breaks a promise that a comment makes.
PROMISES = (
    "select batch_id from entries group by batch_id having sum(micropoints) <> 0",
    "select 1 from ledger_balances having sum(micropoints) <> 0",
    "from ledger_balances where micropoints < 0 and account not similar to '(emission|budget):.*'",
    "from points where micropoints <> own_micropoints + held_micropoints + escrowed_micropoints"
    " + undivided_micropoints",
    "from points where least(own_micropoints, held_micropoints, escrowed_micropoints,"
    " undivided_micropoints) < 0",
    "from week_totals where issued_micropoints + dropped_micropoints"
    " <> owners_micropoints + escrow_micropoints + reserve_micropoints",
    "from week_totals join weeks using (season, week)"
    " where state = 'issued' and issued_micropoints <> emission_micropoints",
    "select season, owner_id from standings full join"
    " (select season, owner_id, sum(micropoints) as theirs from points group by all)"
    " using (season, owner_id) where coalesce(micropoints, 0) <> theirs",
    "from standings s where rank <> 1 + (select count(*) from standings o"
    " where o.season = s.season and o.micropoints > s.micropoints)",
    "select season, week, kind, key from batches group by all having count(*) > 1",
    "from batches where moves > (select max(number) from case_moves)",
    "select 1 from case_moves having count(*) <> max(number) or count(*) <> count(distinct number)",
    "from cases c where state <> (select max_by(state, seq) from case_moves m"
    " where m.case_id = c.case_id)",
    "select case_id, owner_id from case_verdicts where in_force group by all"
    " having count(distinct seq) > 1 or bool_or(proposed)",
    "select version from policies group by version having count(*) > 1",
    "from case_moves anti join policies using (policy_sha256) where policy_sha256 is not null",
    "select case_id from settlements group by case_id having count(*) > 1",
    "from ledger_balances join settlements using (case_id) where micropoints <> 0",
    "from budgets where spent_micropoints > declared_micropoints",
    "from proposals where state = 'approved' and lower(proposed_by) = lower(ended_by)",
    f"from ({statement('examples/seized_points').strip().removesuffix(';')})"
    " where seized <> restored + to_owners + to_reserve + still_in_escrow",
)


@dataclass(frozen=True)
class Played:
    """A season that was played: where, what the jobs said, and an edition of every stage."""

    home: Home
    first: Outcome
    second: Outcome
    restored: int
    settled: Settled
    editions: dict[str, duckdb.DuckDBPyConnection]
    leaderboards: dict[str, list[tuple]]

    def read(self, stage: str, sql: str) -> list[tuple]:
        return self.editions[stage].execute(sql).fetchall()


@pytest.fixture(scope="module")
def played(prepared, tmp_path_factory, open_case) -> Iterator[Played]:
    root = tmp_path_factory.mktemp("played")
    home = copy_home(prepared, root)
    season = _Season(home, load_keys(home, read_settings({})), root)
    season.issue_both(open_case)
    first, second = season.seize()
    restored = season.uphold()
    season.give_by_hand()
    settled = season.settle()
    yield Played(home, first, second, restored, settled, season.editions, season.leaderboards)
    for edition in season.editions.values():
        edition.close()


class _Season:
    """Plays the stages, one method a stage, and publishes after each."""

    def __init__(self, home: Home, keys: Keys, folder: Path) -> None:
        self.home, self.keys, self.folder = home, keys, folder
        self.editions: dict[str, duckdb.DuckDBPyConnection] = {}
        self.leaderboards: dict[str, list[tuple]] = {}
        self.now = week_of(home, "S1W02").issue_at

    def publish(self, stage: str) -> None:
        path = publish(self.home, load_seasons(self.home), self.now).path
        self.editions[stage] = duckdb.connect(path, read_only=True)
        self.leaderboards[stage] = leaderboard(self.home, 1).rows()

    def reveal(self, label: str) -> None:
        terms = load_seasons(self.home)[0]
        reveal(self.home, self.keys, terms, week_of(self.home, label), self.now)

    def issue_both(self, open_case) -> None:
        """C-1 is open at both issues; C-2 is found between them, so it has own points of week 1."""
        let_one_person_decide(self.home)
        open_case(self.home, "C-1", "trader-1", "trader-2")
        for label in ("S1W01", "S1W02"):
            week = week_of(self.home, label)
            issue(self.home, self.keys, week, week.issue_at)
            if label == "S1W01":
                open_case(self.home, "C-2", "trader-3", "trader-7")
        self.reveal("S1W01")
        self.publish("issued")

    def seize(self) -> tuple[Outcome, Outcome]:
        back = week_of(self.home, "S1W01")
        confirm = Verdict.CONFIRM
        first = Decision("C-1", confirm, "ana", "one device in two hands")
        second = Decision("C-2", confirm, "ana", "one device in two hands", reach=back)
        done = [decide(self.home, self.keys, one, self.now) for one in (first, second)]
        self.publish("seized")
        return done[0], done[1]

    def uphold(self) -> int:
        for case_id in ("C-1", "C-2"):
            give_notice(self.home, self.keys, case_id, by="ana", now=self.now)
        asked = NewMove("C-1", "appeal", "desk", "it is my sister's tablet", owner_id="trader-1")
        appeal(self.home, self.keys, asked, self.now)
        given = Answer("C-1", "trader-1", 9_000, "ben", "the tablet is shown")
        restored = answer(self.home, self.keys, given, self.now).done.restored_micropoints
        self.publish("upheld")
        return restored

    def give_by_hand(self) -> None:
        """Both people agree to everything: a drop, an adjustment, more taken than there was."""
        adjustment = self.folder / "adjustment.toml"
        adjustment.write_text(
            'season = 1\nweek = 2\nbudget = "corrections"\nname = "late"\nreason = "late fills"\n'
            '[[line]]\nowner = "trader-0"\npoints = "-0.5"\n'
            '[[line]]\nowner = "trader-8"\npoints = "2.5"\n'
            '[[line]]\nowner = "trader-9"\npoints = "-99999999"\n'
        )
        bonus = self.folder / "bonus.toml"
        bonus.write_text(
            'season = 1\nkind = "bonus"\nbudget = "corrections"\nname = "thanks"\n'
            'reason = "a report"\n[[line]]\nowner = "trader-8"\npoints = "7"\n'
        )
        for by in ("ana", "ben"):
            adjust(self.home, self.keys, adjustment, by, self.now)
            drop(self.home, self.keys, bonus, by, self.now)

    def settle(self) -> Settled:
        self.now += timedelta(days=20)
        settled = settle(self.home, self.keys, as_of=self.now, now=self.now)
        self.publish("settled")
        self.reveal("S1W02")
        self.publish("revealed")
        return settled


@pytest.mark.parametrize("stage", STAGES)
def test_every_promise_of_a_comment_is_kept_at_every_stage(played, stage):
    for promise in PROMISES:
        assert played.read(stage, promise) == [], promise


def test_the_stages_are_what_they_are_called(played):
    assert played.first.done.seized_micropoints > 0
    assert played.second.done.reached_back_micropoints > 0
    assert played.restored > 0
    assert played.settled.cases == ("C-1", "C-2")
    states = [played.read(stage, "select state from cases order by case_id") for stage in STAGES]
    assert states == [
        [("open",), ("open",)],
        [("confirmed",), ("confirmed",)],
        [("upheld",), ("noticed",)],
        [("final",), ("final",)],
        [("final",), ("final",)],
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_published_standings_are_the_leaderboard_at_every_stage(played, stage):
    published = played.read(stage, "select rank, owner_id, micropoints, tier from standings")
    assert published == played.leaderboards[stage]


def test_a_decision_and_an_upheld_appeal_change_no_standing(played):
    assert played.leaderboards["issued"] == played.leaderboards["seized"]
    assert played.leaderboards["seized"] == played.leaderboards["upheld"]


# The hidden week ----------------------------------------------------------------------------------


def numbers_of_the_referral_pool(home: Home) -> set[int]:
    """Return every amount and balance of the hidden week that only a division of points tells."""
    with warehouse(home, read_only=True) as connection:
        lines = rows(
            connection,
            "select abs(micropoints) from entries join batches using (batch_id) where week = 2 "
            "and (account in ('owner:trader-0', 'held:trader-0') "
            "or starts_with(account, 'escrow:') and ends_with(account, '/trader-0'))"
            "and kind in ('issue', 'seize', 'release', 'restore') ",
        )
    return {int(amount) for (amount,) in lines}


def amounts_in(edition: duckdb.DuckDBPyConnection) -> set[int]:
    """Return every whole number in any cell of the edition, without its sign."""
    names = edition.execute("select table_name from information_schema.tables").fetchall()
    cells = (row for (name,) in names for row in edition.table(name).fetchall())
    return {abs(cell) for row in cells for cell in row if isinstance(cell, int)}


def test_no_number_of_the_referral_pool_can_be_read_while_its_week_is_hidden(played):
    secret = numbers_of_the_referral_pool(played.home)
    assert len(secret) > 6
    for stage in HIDDEN_STAGES:
        assert amounts_in(played.editions[stage]).isdisjoint(secret)
    assert secret <= amounts_in(played.editions["revealed"])


def test_a_seizure_or_restoration_of_a_referrers_share_moves_nothing_that_is_seen(played):
    theirs = "from points where owner_id = 'trader-0' and week = 2"
    before = played.read("issued", theirs)
    assert [played.read(stage, theirs) for stage in HIDDEN_STAGES] == [before] * 3
    ((_, _, _, whole, own, held, escrowed, undivided),) = before
    assert (own, held, escrowed, undivided) == (0, 0, 0, whole)
    moved = (
        "from entries join batches using (batch_id) where owner_id = 'trader-0' "
        "and entries.week = 2 and kind <> 'issue'"
    )
    assert played.read("upheld", moved) == []


def test_in_a_revealed_week_the_share_is_told_apart_and_follows_the_decision(played):
    theirs = (
        "select own_micropoints, held_micropoints, escrowed_micropoints, undivided_micropoints "
        "from points where owner_id = 'trader-0' and week = 1"
    )
    ((own, held, nothing, undivided),) = played.read("issued", theirs)
    ((with_kept, still_held, escrowed, _),) = played.read("seized", theirs)
    assert (nothing, undivided, still_held) == (0, 0, 0)
    assert 0 < escrowed < held
    assert with_kept - own + escrowed == held


def test_what_the_comment_says_still_shows_after_a_settlement_does(played):
    settled = played.read(
        "settled",
        "select account, micropoints from entries where owner_id = 'trader-0' and week = 2 "
        "and batch_id like '%/redistribute/%'",
    )
    assert [account for account, _ in settled] == ["undivided:trader-0"]


@pytest.mark.parametrize("keep_bps", [0, 3_333])
def test_two_ledgers_that_divide_a_hidden_week_differently_look_the_same(tmp_path, keep_bps):
    pages = []
    for share in (1_001, 899_999):
        home = bare_home(tmp_path / str(share))
        with transaction(home) as connection:
            store_referral(connection, share, keep_bps)
        with duckdb.connect(published(home), read_only=True) as edition:
            names = edition.execute("select table_name from information_schema.tables").fetchall()
            pages.append(
                {name: sorted(map(str, edition.table(name).fetchall())) for (name,) in names}
            )
        del pages[-1]["edition"]  # which home it is
    assert pages[0] == pages[1]
    assert len(pages[0]["entries"]) > len(pages[0]["batches"]) == 6


def store_referral(connection: Connection, share: int, keep_bps: int) -> None:
    """Store a hidden week of a million of ada's, a share of which bob brought, who is in a case."""
    taken = share - -(-share * keep_bps // 10_000)
    ada, bob = ("held:ada", "bob"), ("held:bob", "bob")
    ada_lost, bob_lost = ("escrow:C-1/ada", "bob"), ("escrow:C-1/bob", "bob")
    own, budget = ("owner:ada", None), ("budget:corrections", None)
    earned = {own: 1_000_000 - share, ada: share, bob: 500_000}
    store(connection, "issue", "", {("emission:S1W01", None): -1_500_000, **earned})
    seized = {ada: -taken, ada_lost: taken, bob: -400_000, bob_lost: 400_000}
    store(connection, "seize", "C-1/2", seized)
    back = taken // 2
    restored = {ada_lost: -back, ada: back, bob_lost: -200_000, bob: 200_000}
    store(connection, "restore", "C-1/4", restored)
    store(connection, "release", "C-1/4", {ada: -back, own: back})
    store(connection, "reach_back", "C-2/2", {own: -100, ("escrow:C-2/ada", None): 100})
    store(connection, "adjust", "late", {own: -50, budget: 50})


def store(
    connection: Connection, kind: str, key: str, amounts: Mapping[tuple[str, str | None], int]
) -> None:
    """Store a batch of the first week, by account and subject; the kind stands for the reason."""
    lines = [(account, amount, kind, subject) for (account, subject), amount in amounts.items()]
    content = pl.DataFrame(lines, ENTRY_SCHEMA, orient="row")
    batch = Batch(1, 1, kind, key, NOW, content.height, "digest")
    ((leaf,),) = rows(connection, "select count(*) from batches")
    store_batch(connection, StoredBatch(batch, leaf, moves=0), content)


def bare_home(folder: Path) -> Home:
    home = create_home(folder / "home", "bare", rehearsal=False)
    (home.seasons / "S1.toml").write_text(
        "season = 1\nopens = 2025-03-21T00:00:00Z\nfirst_cutoff = 2025-03-27T00:00:00Z\n"
    )
    with warehouse(home) as connection:
        migrate(connection, NOW)
    return home


def published(home: Home) -> Path:
    return publish(home, load_seasons(home), NOW).path


# Where the points went ----------------------------------------------------------------------------


def test_the_example_says_where_the_seized_points_went_and_adds_up(played):
    went = played.read("revealed", statement("examples/seized_points"))
    assert [row[:3] for row in went] == [
        ("C-1", 1, 1),
        ("C-1", 1, 2),
        ("C-2", 1, 1),
        ("C-2", 1, 2),
    ]
    seized, restored, to_owners, to_reserve, left = (
        sum(row[place] for row in went) for place in range(3, 8)
    )
    taken = sum(
        done.seized_micropoints + done.reached_back_micropoints
        for done in (played.first.done, played.second.done)
    )
    assert seized == taken + played.settled.seized_micropoints
    assert restored == played.restored
    assert to_owners + to_reserve == played.settled.redistributed_micropoints
    assert to_owners == sum(week.to_owners_micropoints for week in played.settled.weeks)
    assert left == 0
    assert seized == restored + to_owners + to_reserve


def test_before_the_settlement_the_example_shows_what_is_still_in_escrow(played):
    went = played.read("upheld", statement("examples/seized_points"))
    assert all(to_owners == to_reserve == 0 for *_, to_owners, to_reserve, _ in went)
    ((in_escrow,),) = played.read("upheld", "select sum(escrow_micropoints) from week_totals")
    assert sum(row[-1] for row in went) == in_escrow > 0


def test_what_nobody_could_get_went_to_the_reserve(tmp_path):
    home = bare_home(tmp_path)
    held, lost = ("held:bob", "bob"), ("escrow:C-1/bob", "bob")
    with transaction(home) as connection:
        store(connection, "issue", "", {("emission:S1W01", None): -9, held: 9})
        store(connection, "seize", "C-1/2", {held: -9, lost: 9})
        store(connection, "redistribute", "settle-1", {lost: -9, ("reserve", None): 9})
    with duckdb.connect(published(home), read_only=True) as edition:
        went = edition.execute(statement("examples/seized_points")).fetchall()
        totals = edition.execute("select escrow_micropoints, reserve_micropoints from week_totals")
        assert totals.fetchall() == [(0, 9)]
    assert went == [("C-1", 1, 1, 9, 0, 0, 9, 0)]


# Cases, decisions, points by hand -----------------------------------------------------------------


def test_verdicts_in_force_are_those_that_the_jobs_go_by(played):
    with warehouse(played.home, read_only=True) as connection:
        standing = standing_verdicts(connection).select("case_id", "owner_id", "keep_bps").rows()
    in_force = (
        "select distinct case_id, owner_id, keep_bps from case_verdicts where in_force order by all"
    )
    assert played.read("revealed", in_force) == standing
    assert ("C-1", "trader-1", 9_000) in standing


def test_a_proposal_is_told_from_a_decision_and_undone_by_nothing_but_a_decision(
    season_home, season_keys, week, open_case
):
    open_case(season_home, "C-1", "trader-1", "trader-2")
    now = week("S1W01").issue_at
    issue(season_home, season_keys, week("S1W01"), now)
    for by in ("ana", "ben"):
        decision = Decision("C-1", Verdict.CONFIRM, by, "one device in two hands")
        decide(season_home, season_keys, decision, now)
    path = publish(season_home, load_seasons(season_home), now).path
    with duckdb.connect(path, read_only=True) as edition:
        said = "select distinct seq, move, proposed, in_force from case_verdicts order by seq"
        assert edition.execute(said).fetchall() == [
            (2, "propose", True, False),
            (3, "confirm", False, True),
        ]


def test_the_facts_of_a_decision_are_counts_and_names_of_families(played):
    facts = played.read("seized", "select facts, reach_week from case_decisions order by case_id")
    said = json.loads(facts[0][0])
    assert said.pop("case_id") == "C-1"
    assert said == {
        "accounts": 2,
        "declared_group": False,
        "families": ["device"],
        "kinds": {},
        "owners": 2,
        "score_millionths": 900_000,
        "shared_devices": 1,
    }
    assert [reach for _, reach in facts] == [None, 1]


def test_points_by_hand_are_shown_with_their_budget_and_what_is_owed(played):
    assert played.read(
        "revealed",
        "select kind, week, sort, to_give_micropoints, to_take_micropoints, state, ended_by "
        "from proposals order by kind",
    ) == [
        ("adjust", 2, None, 2_500_000, 99_999_999_500_000, "approved", "ben"),
        ("drop", 0, "bonus", 7_000_000, 0, "approved", "ben"),
    ]
    ((owner, direction, owed, taken),) = played.read(
        "revealed",
        "select owed.owner_id, direction, owed.micropoints, -entries.micropoints from owed "
        "join entries on batch_id = cause and entries.owner_id = owed.owner_id",
    )
    assert (owner, direction, owed + taken) == ("trader-9", "by_owner", 99_999_999_000_000)
    ((spent, left),) = played.read(
        "revealed", "select spent_micropoints, left_micropoints from budgets"
    )
    assert spent == 2_500_000 + 7_000_000 - 500_000 - taken
    assert spent + left == 250_000_000_000


def test_what_an_adjustment_asked_back_of_a_hidden_week_waits_for_the_reveal(played):
    asked = "select to_take_micropoints from proposals where week = 2"
    assert played.read("settled", asked) == [(None,)]


def test_what_an_undivided_owner_owes_of_a_hidden_week_waits_for_the_reveal(
    season_home, season_keys, week, open_case
):
    open_case(season_home, "C-1", "trader-1")
    now = week("S1W01").issue_at
    issue(season_home, season_keys, week("S1W01"), now)
    owed = pl.DataFrame(
        [
            (owner, "by_owner", 1, 1, 5, "S1W01/adjust/late", "it was not there")
            for owner in ("trader-0", "trader-8")
        ],
        OWED_SCHEMA,
        orient="row",
    )
    with transaction(season_home) as connection:
        store_owed(connection, owed, now)
    terms = load_seasons(season_home)
    seen = []
    for is_revealed in (False, True):
        if is_revealed:
            reveal(season_home, season_keys, terms[0], week("S1W01"), now)
        with duckdb.connect(publish(season_home, terms, now).path, read_only=True) as edition:
            seen.append(edition.execute("select owner_id from owed order by 1").fetchall())
    assert seen == [[("trader-8",)], [("trader-0",), ("trader-8",)]]


def test_evidence_and_facts_carry_no_device_and_no_address(played):
    shown = played.read("revealed", "select distinct value_hash from case_evidence")
    assert all(len(value) <= 16 for (value,) in shown)
