"""Same inputs, same bytes: every batch can be recomputed, and whatever was changed is found."""

import pytest

from jobs.verify import CHECKS, verify
from tests.conftest import FOUR, PAIR, copy_home, issue_week, moderators_of, week_of
from tests.moderators import APPEAL_DAYS, Moderators
from warehouse.connection import warehouse
from warehouse.home import open_home

ONE, OTHER = PAIR


@pytest.fixture(scope="module")
def played(one_week, tmp_path_factory, open_case):
    """Two weeks with everything that can happen to a case, to be copied.

    C-1: confirmed before week 2, one appeal upheld in part, final, acknowledged for the other.
    C-2: proposed and confirmed with reach-back, withdrawn, dismissed. C-3: confirmed, final.
    C-4: confirmed, notice was given; what it took lies in escrow.
    """
    root = tmp_path_factory.mktemp("played-out")
    people = moderators_of(copy_home(one_week, root))
    home = people.home
    open_case(home, "C-3", "trader-8", "trader-9")
    people.confirm("C-1")
    people.notice("C-1")
    issue_week(home, "S1W02")
    for by in ("ana", "ben"):
        people.confirm("C-2", by, reach=week_of(home, "S1W01"))
    people.confirm("C-3", reach=week_of(home, "S1W02"))
    people.notice("C-3")
    people.appeal("C-1", ONE)
    people.uphold("C-1", ONE, 6_000)
    people.withdraw("C-2")
    for by in ("ana", "ben"):
        people.dismiss("C-2", by)
    late = people.later(APPEAL_DAYS)
    late.settle()
    late.acknowledge("C-1", OTHER)
    open_case(home, "C-4", "trader-10", "trader-11")
    week = week_of(home, "S1W02")
    within_reach = moderators_of(home).now  # a decision reaches back two weeks from its clock
    Moderators(home, people.keys, within_reach).confirm("C-4", reach=week)
    Moderators(home, people.keys, late.now).notice("C-4")
    return root


@pytest.fixture
def home_played(played, tmp_path) -> Moderators:
    """A copy of it."""
    return moderators_of(copy_home(played, tmp_path))


def test_an_honest_season_has_every_kind_of_batch_and_no_findings(home_played):
    kinds = {kind for (kind,) in home_played.read("select distinct kind from batches")}
    assert kinds == {"issue", "seize", "reach_back", "restore", "release", "redistribute"}
    found = verify(home_played.home, home_played.keys)
    assert found.findings == ()
    assert found.weeks_replayed == ("S1W01", "S1W02")


def test_what_is_recomputed_depends_on_no_clock_and_no_order_of_rows(home_played):
    with warehouse(home_played.home) as connection:
        for table in ("entries", "case_moves", "case_verdicts", "case_members", "batches"):
            connection.execute(f"create table turned as from {table} order by all desc")
            connection.execute(f"truncate {table}")
            connection.execute(f"insert into {table} from turned order by all desc")
            connection.execute("drop table turned")
    assert verify(home_played.home, home_played.keys).findings == ()


@pytest.mark.parametrize(
    "sql",
    [
        # verdicts
        "update case_verdicts set keep_bps = 2501 where case_id = 'C-1' and keep_bps = 2500",
        "update case_verdicts set keep_bps = 9000 where rule = 'appeal' and keep_bps = 6000",
        "update case_verdicts set verdict = 'cleared' where case_id = 'C-4'",
        "update case_verdicts set rule = 'more' where case_id = 'C-4'",
        "update case_verdicts set owner_id = 'trader-3' where owner_id = 'trader-10'",
        "update case_verdicts set seq = seq + 1 where case_id = 'C-4'",
        "delete from case_verdicts where case_id = 'C-2'",
        "delete from case_verdicts where case_id = 'C-4' and owner_id = 'trader-10'",
        "insert into case_verdicts values ('C-4', 2, 'x', 'x', 'cleared', 10000, 'cleared')",
        # members
        "delete from case_members where owner_id = 'trader-10'",
        "insert into case_members by name select 'C-4' as case_id, 'trader-3' as account_id, "
        "'trader-3' as owner_id, now()::timestamp as added_at, 1 as since",
        "update case_members set since = 9 where case_id = 'C-1'",
        # decisions
        "update case_decisions set facts = '{}' where case_id = 'C-1' and seq = 2",
        "update case_decisions set reach_week = 1 where case_id = 'C-4'",
        "update case_decisions set reach_week = null, reach_season = null where case_id = 'C-4'",
        "delete from case_decisions where case_id = 'C-4'",
        "delete from case_decisions where case_id = 'C-2' and seq = 2",
        # settlements
        "delete from settlements where case_id = 'C-3'",
        "delete from settlements",
        "update settlements set key = 'settle-000000000000' where case_id = 'C-3'",
        "insert into settlements select key, 'C-4', settled_at from settlements limit 1",
        # moves
        "update case_moves set moved_by = 'eve' where move = 'confirm' and case_id = 'C-4'",
        "update case_moves set moved_at = moved_at + interval 1 second where move = 'appeal'",
        "update case_moves set reason = 'another' where move = 'uphold'",
        "update case_moves set owner_id = 'trader-2' where move = 'appeal'",
        "update case_moves set policy_sha256 = 'ab' where case_id = 'C-4' and move = 'confirm'",
        "update case_moves set until = until + interval 1 day where case_id = 'C-4'",
        "update case_moves set evidence_sha256 = 'ab' where move = 'propose'",
        "update case_moves set state = 'dismissed' where case_id = 'C-4' and move = 'notice'",
        "delete from case_moves where move = 'acknowledge'",
        "delete from case_moves where move = 'settle'",
        "update case_moves set number = 100 - number",
        "update cases set state = 'final' where case_id = 'C-4'",
        "update cases set root = 'C-1', follows = 'C-1' where case_id = 'C-4'",
        # what a decision rested on
        "delete from case_evidence where case_id = 'C-4'",
        "update case_evidence set value_hash = 'tablet' where case_id = 'C-2'",
        "update policies set text = replace(text, 'keep_bps = 0', 'keep_bps = 1')",
        "delete from policies",
        # what is owed
        "update owed set micropoints = micropoints + 1",
        "delete from owed where owner_id = 'trader-0'",
        "update owed set direction = 'by_owner'",
        "insert into owed by name select * replace ('trader-9' as owner_id) from owed limit 1",
        # batches
        "update batches set moves = moves - 1 where kind = 'redistribute'",
        "update batches set key = 'C-3/3' where key = 'C-3/2' and kind = 'seize'",
        "update entries set subject = 'trader-3' where reason = 'seized' and micropoints < 0",
    ],
)
def test_whatever_is_changed_behind_our_back_is_found_even_without_a_key(played, sql):
    home = open_home(played / "home")
    with warehouse(home) as connection:
        connection.begin()
        ((changed,),) = connection.execute(sql).fetchall()
        assert changed > 0, "the test changes something"
        found = [finding for _, check in CHECKS for finding in check(home, connection)]
        connection.rollback()
    assert found != []


@pytest.mark.parametrize("kind", ["seize", "reach_back", "restore", "release", "redistribute"])
def test_a_batch_that_balances_and_says_something_else_is_recomputed_and_named(home_played, kind):
    with warehouse(home_played.home) as connection:
        connection.execute(
            "update entries set micropoints = micropoints + case line when 0 then -7 else 7 end "
            "where line < 2 and batch_id = (select batch_id from batches where kind = $1 "
            "order by leaf_index limit 1)",
            [kind],
        )
    replayed = [detail for check, _, detail in home_played.findings() if check == "replay"]
    assert "is stored as" in replayed[0]


def test_everyone_of_the_four_has_everything_back(home_played):
    assert all(home_played.points(owner)[1:] == (0, 0) for owner in FOUR)
