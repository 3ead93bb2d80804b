"""A closed week is put right by two people, once, from a budget, and never by what is not there."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.adjust import adjust, list_late
from jobs.hand_files import read_proposal
from jobs.ingest import ingest
from jobs.issue import issue
from jobs.keys import Keys, load_keys
from jobs.proposal_checks import check_proposals
from jobs.proposals import pending, preview, replay_hand_batch, withdraw
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from jobs.verify import verify
from warehouse import ledger
from warehouse.cases import involved_owners
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import ProposalError, SeasonError
from warehouse.home import Home, open_home
from warehouse.records import Week

MILLION = 10**6


def week(home: Home, number: int) -> Week:
    return load_seasons(home)[0].calendar.week(number)


def copied(root: Path, place: Path) -> Home:
    for name in ("home", "home.keys"):
        shutil.copytree(root / name, place / name, symlinks=True)
    return open_home(place / "home")


@pytest.fixture(scope="session")
def issued(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared home with its first week issued, to be copied."""
    root = tmp_path_factory.mktemp("issued")
    home = copied(prepared, root)
    first = week(home, 1)
    issue(home, load_keys(home, read_settings({})), first, first.issue_at)
    return root


@pytest.fixture
def home(issued: Path, tmp_path: Path) -> Home:
    return copied(issued, tmp_path)


@pytest.fixture(scope="session")
def adjusted(issued: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with an adjustment that gave, and could not take back."""
    place = tmp_path_factory.mktemp("adjusted")
    home = copied(issued, place)
    keys = load_keys(home, read_settings({}))
    path = write(place, ("trader-1", "10"), ("nobody", "-1"))
    for name in ("anna", "ben"):
        adjust(home, keys, path, name, week(home, 1).issue_at)
    return home


@pytest.fixture
def now(home: Home):
    return week(home, 1).issue_at + timedelta(days=1)


def write(folder: Path, *lines: tuple[str, str], name: str = "late", number: int = 1) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(
        f'season = 1\nweek = {number}\nbudget = "corrections"\nname = "{name}"\n'
        'reason = "late fills"\nlines = "lines.csv"\n'
    )
    said = "".join(f"{owner},{points},late\n" for owner, points in lines)
    (folder / "lines.csv").write_text("owner_id,points,reason\n" + said)
    return path


def owns(home: Home, owner: str) -> int:
    with warehouse(home, read_only=True) as connection:
        own = ledger.balances(connection, week=(1, 1), under=("owner:",))
    return int(own.filter(account=f"owner:{owner}")["micropoints"].sum())


def everything(home: Home) -> list[object]:
    tables = ("batches", "entries", "log_leaves", "proposals", "proposal_lines", "owed")
    with warehouse(home, read_only=True) as connection:
        return [rows(connection, f"from {table} order by all") for table in tables]


def check(home: Home, keys: Keys) -> list[object]:
    """Everything that verification says, with and without what is special to points by hand."""
    with warehouse(home, read_only=True) as connection:
        by_hand = list(check_proposals(home, connection))
        for stored in ledger.batches(connection):
            if stored.batch.kind in ("adjust", "drop"):
                involved = involved_owners(connection, moves=stored.moves)
                again = replay_hand_batch(connection, stored, involved)
                assert again.equals(ledger.load_entries(connection, stored.batch.batch_id))
    return [*by_hand, *verify(home, keys).findings]


def test_one_person_proposes_and_another_carries_out(home, keys, now, tmp_path):
    before = owns(home, "trader-1")
    path = write(tmp_path, ("trader-1", "12.5"), ("trader-2", "-3"))
    proposed = adjust(home, keys, path, "anna", now)
    assert (proposed.state, proposed.given_micropoints) == ("proposed", 12_500_000)
    assert proposed.budget.after == 9_500_000
    assert owns(home, "trader-1") == before
    done = adjust(home, keys, path, "ben", now + timedelta(hours=1))
    assert (done.state, done.batch) == ("done", "S1W01/adjust/late")
    assert (done.proposed_by, done.approved_by) == ("anna", "ben")
    assert owns(home, "trader-1") == before + 12_500_000
    assert check(home, keys) == []


def test_the_same_person_is_refused_however_they_write_their_name(home, keys, now, tmp_path):
    path = write(tmp_path, ("trader-1", "12.5"))
    adjust(home, keys, path, "anna", now)
    before = everything(home)
    for name in ("anna", " Anna ", "ANNA"):
        with pytest.raises(ProposalError, match="rule 'two people'"):
            adjust(home, keys, path, name, now)
    assert everything(home) == before


def test_what_is_done_is_answered_and_not_done_again(home, keys, now, tmp_path):
    path = write(tmp_path, ("trader-1", "12.5"), ("trader-2", "-99999999"))
    adjust(home, keys, path, "anna", now)
    done = adjust(home, keys, path, "ben", now)
    before = everything(home)
    again = adjust(home, keys, path, "carl", now + timedelta(days=1))
    assert again.state == "already"
    assert (again.batch, again.budget, again.owed_micropoints) == (
        done.batch,
        done.budget,
        done.owed_micropoints,
    )
    assert (again.proposed_by, again.approved_by) == ("anna", "ben")
    assert preview(home, read_proposal(path, "adjust")).state == "already"
    assert everything(home) == before


def test_a_changed_file_is_another_content(home, keys, now, tmp_path):
    first = adjust(home, keys, write(tmp_path, ("trader-1", "12.5")), "anna", now)
    path = write(tmp_path, ("trader-1", "13"))
    with pytest.raises(ProposalError, match=rf"{first.content_sha256}.*--withdraw"):
        adjust(home, keys, path, "ben", now)
    withdraw(home, ("adjust", 1, "late"), "ben", now)
    assert pending(home, "adjust") == ()
    assert adjust(home, keys, path, "ben", now).state == "proposed"
    assert adjust(home, keys, path, "anna", now).state == "done"
    with pytest.raises(ProposalError, match="a name is used once"):
        adjust(home, keys, write(tmp_path, ("trader-1", "12.5")), "anna", now)
    assert check(home, keys) == []


def test_a_record_that_was_changed_is_not_carried_out(home, keys, now, tmp_path):
    path = write(tmp_path, ("trader-1", "1"))
    adjust(home, keys, path, "anna", now)
    with transaction(home) as connection:
        connection.execute("update proposal_lines set micropoints = 2")
    with pytest.raises(ProposalError, match="not those of its content"):
        adjust(home, keys, path, "ben", now)


def test_lines_in_another_order_are_the_same_content(home, keys, now, tmp_path):
    adjust(home, keys, write(tmp_path, ("trader-1", "1"), ("trader-2", "2")), "anna", now)
    path = write(tmp_path, ("trader-2", "2.0"), ("trader-1", "1"))
    assert adjust(home, keys, path, "ben", now).state == "done"


def test_nothing_is_withdrawn_that_is_not_pending(home, keys, now, tmp_path):
    path = write(tmp_path, ("trader-1", "1"))
    with pytest.raises(ProposalError, match="nothing is pending"):
        withdraw(home, ("adjust", 1, "late"), "anna", now)
    adjust(home, keys, path, "anna", now)
    assert [one.name for one in pending(home, "adjust")] == ["late"]
    assert pending(home, "drop") == ()
    adjust(home, keys, path, "ben", now)
    with pytest.raises(ProposalError, match="nothing is pending"):
        withdraw(home, ("adjust", 1, "late"), "anna", now)


def test_what_is_not_there_any_more_is_owed(home, keys, now, tmp_path):
    own = owns(home, "trader-1")
    path = write(tmp_path, ("trader-1", f"-{own // MILLION + 5}"))
    shown = preview(home, read_proposal(path, "adjust"))
    adjust(home, keys, path, "anna", now)
    done = adjust(home, keys, path, "ben", now)
    assert done.taken_micropoints == shown.taken_micropoints == own
    assert done.owed_micropoints == (own // MILLION + 5) * MILLION - own
    assert owns(home, "trader-1") == 0
    with warehouse(home, read_only=True) as connection:
        owed = ledger.owner_owed(connection, "trader-1")
    assert owed.select("direction", "season", "week", "micropoints", "cause").rows() == [
        ("by_owner", 1, 1, done.owed_micropoints, "S1W01/adjust/late")
    ]
    assert done.budget.after == -own  # it may be given to others
    assert check(home, keys) == []


def open_case(home: Home, *owners: str) -> None:
    with transaction(home) as connection:
        connection.execute(
            "insert into cases (case_id, cluster_id, state, score, opened_at, opened_by, root) "
            "values ('C-1', 'K-1', 'open', 0.9, '2025-03-27', 'run-1', 'C-1')"
        )
        connection.execute(
            "insert into case_moves (case_id, seq, number, move, state, moved_by, moved_at, "
            "reason, evidence_sha256) values "
            "('C-1', 1, 1, 'opened', 'open', 'run-1', '2025-03-27', 'one device', '')"
        )
        for owner in owners:
            connection.execute(
                "insert into case_members (case_id, account_id, owner_id, added_at, since) "
                "values ('C-1', $1, $1, '2025-03-27', 1)",
                [owner],
            )


def test_points_for_an_owner_in_an_open_case_are_held(home, keys, now, tmp_path):
    path = write(tmp_path, ("trader-1", "2"), ("trader-2", "3"))
    adjust(home, keys, path, "anna", now)
    open_case(home, "trader-1")
    done = adjust(home, keys, path, "ben", now)
    assert (done.given_micropoints, done.held_micropoints) == (5 * MILLION, 2 * MILLION)
    with warehouse(home, read_only=True) as connection:
        entries = ledger.load_entries(connection, done.batch or "")
    assert ("held:trader-1", 2 * MILLION, "adjusted", "trader-1") in entries.rows()
    with warehouse(home, read_only=True) as connection:
        assert list(check_proposals(home, connection)) == []


def test_a_preview_changes_nothing(home, now, tmp_path):
    before = everything(home)
    path = write(tmp_path, ("trader-1", "2"), ("trader-99", "3"))
    shown = preview(home, read_proposal(path, "adjust"))
    assert (shown.state, shown.owners, shown.given_micropoints) == ("preview", 2, 5 * MILLION)
    assert shown.strangers == ("trader-99",)
    assert everything(home) == before


@pytest.mark.parametrize(
    ("was", "wrong", "complaint"),
    [
        ("week = 1", "week = 2", "'S1W02' is not issued yet"),
        ("lines.csv", "more.csv", "budget 'corrections' has 250000.000000 points"),
        ('"corrections"', '"gifts"', "declares no budget 'gifts'"),
    ],
)
def test_a_rule_that_refuses_is_named(home, now, tmp_path, was, wrong, complaint):
    (tmp_path / "more.csv").write_text("owner_id,points,reason\ntrader-1,250000.000001,x\n")
    path = write(tmp_path, ("trader-1", "1"))
    path.write_text(path.read_text().replace(was, wrong))
    before = everything(home)
    keys = load_keys(home, read_settings({}))
    with pytest.raises(ProposalError, match=complaint):
        adjust(home, keys, path, "anna", now)
    assert everything(home) == before


@pytest.mark.parametrize(("was", "wrong"), [("season = 1", "season = 9"), ("= 1\nb", "= 99\nb")])
def test_a_season_or_week_that_is_not_there_is_refused(home, keys, now, tmp_path, was, wrong):
    path = write(tmp_path, ("trader-1", "1"))
    path.write_text(path.read_text().replace(was, wrong))
    with pytest.raises(SeasonError):
        adjust(home, keys, path, "anna", now)


def test_a_budget_that_is_spent_in_between_refuses_the_second_person(home, keys, now, tmp_path):
    for name in ("one", "two"):
        path = write(tmp_path, ("trader-1", "200000"), name=name)
        adjust(home, keys, path, "anna", now)
    adjust(home, keys, path, "ben", now)
    path = write(tmp_path, ("trader-1", "200000"), name="one")
    with pytest.raises(ProposalError, match="has 250000"):
        adjust(home, keys, path, "ben", now)
    assert check(home, keys) == []


def test_nobody_proposes_without_a_name(home, keys, now, tmp_path):
    path = write(tmp_path, ("trader-1", "1"))
    for name in ("", "  ", "a\nb", "x" * 129):
        with pytest.raises(ProposalError, match="is no name"):
            adjust(home, keys, path, name, now)


@pytest.mark.parametrize(
    ("tampering", "complaint"),
    [
        ("update proposal_lines set micropoints = micropoints + 1", "not those of its content"),
        ("update proposals set content_sha256 = 'x'", "does not hash to its digest"),
        ("delete from proposal_ends", "has 0 approved proposals"),
        ("update proposal_ends set ended_by = 'eve'", "approval is not the one in the log"),
        ("update proposals set proposed_by = 'ben'", "the same person"),
        ("update owed set micropoints = 1", "what is owed because of it"),
        ("update owed set cause = 'C-9/9'", "has no cause 'C-9/9'"),
        ("delete from batches where kind = 'adjust'", "is missing"),
        ("update entries set account = 'budget:x' where account like 'budget%'", "does not say so"),
        (
            "update entries set micropoints = -250000000001 where account like 'budget:%' "
            "and micropoints < 0",
            "more left the budget",
        ),
    ],
)
def test_what_was_tampered_with_is_found(adjusted, tampering, complaint):
    with warehouse(adjusted) as connection:
        connection.begin()
        connection.execute(tampering)
        found = list(check_proposals(adjusted, connection))
        connection.rollback()
    assert any(complaint in detail for _, detail in found)


def test_what_came_too_late_is_listed(home, keys, now, tmp_path):
    head = (
        "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,"
        "notional_usd,maker_fee_usd,taker_fee_usd,busts\n"
    )
    fill = "{},{}T12:00:00Z,SOL-USDC,spot,trader-1,trader-2,buy,100,{},{}00.00,0,0.1,{}\n"
    feed = tmp_path / "feed"
    feed.mkdir()
    first, after = "2025-03-22", "2025-04-09"
    (feed / f"fills-{first}.csv").write_text(
        head + fill.format("late-1", first, 5, 5, "") + fill.format("late-2", first, 7, 7, "")
    )
    (feed / f"fills-{after}.csv").write_text(
        head
        + fill.format("bust-1", after, 1, 1, "f1-3")
        + fill.format("bust-2", after, 1, 1, "late-2")
        + fill.format("bust-3", after, 1, 1, "f1-3")
    )
    assert list_late(home, week(home, 1)).is_empty()
    summary = ingest(home, keys.identifier, [feed], now)
    assert summary.total.quarantined == 0
    found = list_late(home, week(home, 1))
    assert sorted(found.select("event", "fill_id").rows()) == [("bust", "f1-3"), ("fill", "late-1")]
    late = found.filter(event="fill").row(0, named=True)
    assert (late["maker_owner"], late["taker_owner"], str(late["notional_usd"])) == (
        "trader-1",
        "trader-2",
        "500.0000000000",
    )
    with pytest.raises(SeasonError, match="not closed"):
        list_late(home, week(home, 2))
