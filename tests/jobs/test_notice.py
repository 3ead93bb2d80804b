"""Each owner is told what concerns them and nothing of anybody else; and it opens the appeals."""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from detection.patterns import PATTERNS
from jobs import appeal as appeals
from jobs import notice
from jobs.appeal import Answer
from jobs.decide import Decision, Verdict, decide
from jobs.issue import issue
from jobs.keys import Keys, load_keys
from jobs.notice import cases_with_notices_due, give_notice, preview_notice
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from jobs.settle import settle
from jobs.verify import verify
from seasons.calendar import find_week
from warehouse.cases import load_case
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import CaseError
from warehouse.home import Home, open_home
from warehouse.recording import NewMove

WORDS = dict(PATTERNS)
VALUE = "5e" * 32
NOW = datetime.fromisoformat("2025-04-12T02:00Z")
POLICY = """
version = "of-the-test"
appeal_days = 14
tolerated_accounts = 1
reach_back_weeks = 3
[deciding]
alone_owners = 100
alone_points = 100000000
[[rule]]
name = "seen-rarely"
keep_bps = 5000
most_score = "0.731"
why = "A few accounts were used together."
[[rule]]
name = "rest"
keep_bps = 0
why = "A group of accounts was used together."
"""
ACCUSING = re.compile(
    r"cheat|fraud|sybil|farm|abus|violat|illegal|fake|crim|guilt|punish|penal|suspect|dishonest",
    re.IGNORECASE,
)


@dataclass
class Exchange:
    """A copied home with its keys, and the instant that it is played at."""

    home: Home
    keys: Keys
    now: datetime

    def decide(self, verdict: Verdict, *cleared: str, reach: str | None = None) -> None:
        calendars = [terms.calendar for terms in load_seasons(self.home)]
        week = None if reach is None else find_week(calendars, reach)
        reason = "two devices, says ana"
        decision = Decision("C-1", verdict, "moderator-ana", reason, frozenset(cleared), week)
        decide(self.home, self.keys, decision, self.now)

    def confirm(self) -> None:
        """Confirm trader-1 and trader-2, clear trader-5, reach back to week 1."""
        self.decide(Verdict.CONFIRM, "trader-5", reach="S1W01")

    def give(self, case_id: str = "C-1", by: str = "support-sue") -> notice.Noticed:
        return give_notice(self.home, self.keys, case_id, by=by, now=self.now)

    def appeal(self, owner: str) -> None:
        new = NewMove("C-1", "appeal", "support-sue", "I share it", owner_id=owner)
        appeals.appeal(self.home, self.keys, new, self.now)

    def answer(self, owner: str, keep_bps: int | None) -> None:
        given = Answer("C-1", owner, keep_bps, "moderator-ben", "seen on video")
        appeals.answer(self.home, self.keys, given, self.now)

    def withdraw(self) -> None:
        new = NewMove("C-1", "withdraw", "moderator-ana", "the wrong case")
        appeals.withdraw(self.home, self.keys, new, self.now)

    def told(self, seq: int) -> dict[str, dict]:
        """Return the documents of one move by owner."""
        folder = self.home.notices / "C-1" / str(seq)
        documents = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        return {document["owner"]: document for document in documents}

    def text(self, seq: int, owner: str) -> str:
        reference = self.told(seq)[owner]["reference"]
        return (self.home.notices / "C-1" / str(seq) / f"{reference}.txt").read_text()

    def balance(self, account: str) -> int:
        with warehouse(self.home, read_only=True) as connection:
            ((total,),) = rows(
                connection,
                "select coalesce(sum(micropoints), 0)::bigint from entries where account = $1",
                [account],
            )
        return int(total)

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.home.notices)): path.read_bytes()
            for path in sorted(self.home.notices.rglob("*"))
            if path.is_file()
        }


def open_case(home: Home) -> None:
    """Three owners, one account each: 1 and 2 share a device, 5 was on a network with 2."""
    with transaction(home) as connection:
        connection.execute(
            "insert into cases (case_id, cluster_id, root, state, score, opened_at, opened_by) "
            "values ('C-1', 'K-1', 'C-1', 'open', 0.5312, '2025-03-27', 'D-000001')"
        )
        for owner in ("trader-1", "trader-2", "trader-5"):
            connection.execute(
                "insert into case_members values ('C-1', $1, $1, '2025-03-27', 1)", [owner]
            )
        for a, b, signal, family, two_sided in (
            ("trader-1", "trader-2", "device", "device", True),
            ("trader-1", "trader-5", "network", "network", False),
        ):
            connection.execute(
                "insert into case_evidence values ('C-1', '2025-03-27', $1, $2, $3, $4, $5, 77, "
                "13579, $6, '2025-03-22 03:04:05', '2025-03-23', 24680, $1, $2, 1)",
                [a, b, family, signal, VALUE, two_sided],
            )
        connection.execute(
            "insert into case_moves (case_id, seq, number, move, state, moved_by, moved_at, "
            "reason, evidence_sha256) values ('C-1', 1, 1, 'opened', 'open', 'D-000001', "
            "'2025-03-27', 'they share a device', $1)",
            [hashlib.sha256().hexdigest()],
        )


@pytest.fixture(scope="module")
def played(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Week 1 is issued, then the case opens, then week 2 is issued; trader-0 referred 1, 2, 3."""
    root = tmp_path_factory.mktemp("noticed")
    for name in ("home", "home.keys"):
        shutil.copytree(prepared / name, root / name, symlinks=True)
    home = open_home(root / "home")
    home.policy.write_text(POLICY)
    keys = load_keys(home, read_settings({}))
    calendars = [terms.calendar for terms in load_seasons(home)]
    first, second = (find_week(calendars, label) for label in ("S1W01", "S1W02"))
    issue(home, keys, first, first.issue_at)
    open_case(home)
    issue(home, keys, second, second.issue_at)
    return root


def copied(root: Path, place: Path) -> Exchange:
    for name in ("home", "home.keys"):
        shutil.copytree(root / name, place / name, symlinks=True)
    home = open_home(place / "home")
    return Exchange(home, load_keys(home, read_settings({})), NOW)


@pytest.fixture
def exchange(played: Path, tmp_path: Path) -> Exchange:
    """Two weeks are issued, the case is open."""
    return copied(played, tmp_path)


@pytest.fixture(scope="module")
def told_root(played: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case is decided, and notice was given."""
    root = tmp_path_factory.mktemp("told")
    exchange = copied(played, root)
    exchange.confirm()
    assert exchange.give().until == NOW + timedelta(days=14)
    return root


@pytest.fixture(scope="module")
def told(told_root: Path) -> Exchange:
    """The case is decided and notice was given; only to be read."""
    home = open_home(told_root / "home")
    return Exchange(home, load_keys(home, read_settings({})), NOW)


@pytest.fixture
def noticed(told_root: Path, tmp_path: Path) -> Exchange:
    """The case is decided and notice was given; a copy."""
    return copied(told_root, tmp_path)


@pytest.fixture(scope="module")
def everything(told_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """Every sort of notice was given."""
    exchange = copied(told_root, tmp_path_factory.mktemp("everything"))
    exchange.appeal("trader-1")
    exchange.appeal("trader-2")
    exchange.answer("trader-1", 7500)
    exchange.answer("trader-2", None)
    exchange.give()
    exchange.withdraw()
    exchange.give()
    exchange.decide(Verdict.DISMISS)
    exchange.give()
    return exchange


def test_an_owner_reads_what_was_observed_what_it_costs_and_until_when_to_appeal(told):
    read = told.told(2)["trader-1"]
    assert (read["what"], read["case"], read["rehearsal"]) == ("confirmed", "C-1", False)
    assert read["patterns"] == [WORDS["device"]]
    assert read["why"] == "A few accounts were used together."
    assert read["appeal_until"] == "2025-04-26T02:00:00Z"
    assert "C-1" in read["how_to_appeal"]


def test_the_amounts_are_those_of_the_ledger(told):
    read = told.told(2)["trader-1"]
    first, second = read["weeks"]
    assert (first["week"], second["week"]) == ("S1W01", "S1W02")
    assert (first["escrowed_micropoints"], second["reached_back_micropoints"]) == ("0", "0")
    taken = int(first["reached_back_micropoints"]) + int(second["escrowed_micropoints"])
    assert taken == told.balance("escrow:C-1/trader-1") > 0
    total = read["total"]
    assert int(total["in_escrow_micropoints"]) == taken
    assert int(total["kept_micropoints"]) == told.balance("owner:trader-1")
    assert int(total["held_micropoints"]) == told.balance("held:trader-1") == 0
    assert verify(told.home, told.keys).findings == ()


def test_the_text_says_the_same_in_lines_that_fit(told):
    for owner, document in told.told(2).items():
        text = told.text(2, owner)
        assert max(map(len, text.splitlines())) <= 72
        flat = " ".join(text.split())
        for sentence in (document["summary"], *document["patterns"], *document["next"]):
            assert sentence in flat
    assert told.told(2)["trader-1"]["how_to_appeal"] in " ".join(told.text(2, "trader-1").split())


def test_no_notice_names_another_or_tells_a_value_a_weight_or_a_rule(everything):
    files = everything.files()
    assert len(files) > 20
    secret = (
        *(VALUE[:8], "0.5312", "13579", "24680", "77 ", "03:04", "D-000001", "K-1"),
        *("0.731", "seen-rarely", "moderator-", "support-", "video", "ana"),
    )
    for name, content in files.items():
        text = content.decode()
        owner = json.loads(files[name.replace(".txt", ".json")])["owner"]
        assert set(re.findall(r"trader-\d+", text)) == {owner}
        assert [word for word in secret if word in text] == []
        assert ACCUSING.findall(text) == []


def test_a_referrer_reads_of_their_share_without_the_case(told):
    read = told.told(2)["trader-0"]
    assert read["what"] == "referrals"
    assert (read["case"], read["appeal_until"], read["how_to_appeal"]) == (None, None, None)
    assert (read["patterns"], read["why"], read["policy_version"]) == ([], None, None)
    assert all(week["from_referrals"] for week in read["weeks"])
    assert int(read["total"]["escrowed_micropoints"]) == told.balance("escrow:C-1/trader-0") > 0
    text = told.text(2, "trader-0")
    assert "C-1" not in text + json.dumps(read)
    assert "nothing about your own account" in text


def test_a_cleared_owner_reads_that_nothing_was_taken(told):
    read = told.told(2)["trader-5"]
    assert (read["what"], read["patterns"], read["appeal_until"]) == ("cleared", [], None)
    assert int(read["total"]["kept_micropoints"]) > 0
    assert read["total"]["escrowed_micropoints"] == "0"


def test_who_has_nothing_to_do_with_a_case_is_told_nothing(told):
    assert sorted(told.told(2)) == ["trader-0", "trader-1", "trader-2", "trader-5"]


def test_files_are_for_the_home_s_user_alone_and_their_names_tell_nobody(told):
    folder = told.home.notices
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    assert len(names) == 8
    assert all(re.fullmatch(r"N-[0-9a-f]{12}\.(json|txt)", name) for name in names)


def test_given_twice_it_changes_nothing(noticed):
    files, stored = noticed.files(), noticed.home.warehouse.read_bytes()
    noticed.now += timedelta(days=1)
    again = noticed.give()
    assert (again.until, again.notices) == (NOW + timedelta(days=14), ())
    assert (noticed.files(), noticed.home.warehouse.read_bytes()) == (files, stored)


def test_a_run_that_was_killed_before_the_move_is_made_up_for(exchange, monkeypatch):
    exchange.confirm()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(notice, "make_move", killed)
        with pytest.raises(KeyboardInterrupt):
            exchange.give()
    assert exchange.told(2)
    (exchange.home.notices / "C-1" / ".2.dead").mkdir()  # of a run that was killed while it wrote
    assert cases_with_notices_due(exchange.home) == ("C-1",)
    exchange.now += timedelta(hours=30)
    given = exchange.give()
    with warehouse(exchange.home, read_only=True) as connection:
        last = load_case(connection, "C-1").moves[-1]
    assert (last.move, last.until) == ("notice", given.until)
    assert exchange.told(2)["trader-1"]["appeal_until"] == "2025-04-27T08:00:00Z"
    assert sorted(path.name for path in (exchange.home.notices / "C-1").iterdir()) == ["2"]
    assert cases_with_notices_due(exchange.home) == ()


def test_files_that_were_lost_are_written_anew_to_the_byte(noticed):
    files = noticed.files()
    shutil.rmtree(noticed.home.notices / "C-1" / "2")
    noticed.now += timedelta(days=3)
    assert len(noticed.give().notices) == 8
    assert noticed.files() == files


def test_an_appeal_upheld_in_part_says_what_came_back_and_what_did_not(noticed):
    noticed.appeal("trader-1")
    before = noticed.balance("escrow:C-1/trader-1")
    noticed.answer("trader-1", 7500)
    given = noticed.give()
    assert given.until == noticed.now + timedelta(days=14)
    answered = noticed.told(5)
    assert sorted(answered) == ["trader-0", "trader-1"]  # trader-0 referred trader-1
    total = answered["trader-1"]["total"]
    assert answered["trader-1"]["what"] == "upheld"
    assert "in part" in answered["trader-1"]["summary"]
    left = noticed.balance("escrow:C-1/trader-1")
    assert int(total["in_escrow_micropoints"]) == left
    assert int(total["returned_micropoints"]) == before - left > 0


def test_an_appeal_upheld_wholly_leaves_nothing_in_escrow(noticed):
    noticed.appeal("trader-1")
    noticed.answer("trader-1", 10_000)
    noticed.give()
    told = noticed.told(5)["trader-1"]
    assert told["total"]["in_escrow_micropoints"] == "0"
    assert "does not hold for you any more" in told["summary"]


def test_a_rejected_appeal_says_what_stays_set_aside(noticed):
    noticed.appeal("trader-2")
    noticed.answer("trader-2", None)
    noticed.give()
    answered = noticed.told(5)
    assert sorted(answered) == ["trader-2"]
    told = answered["trader-2"]
    assert (told["what"], told["patterns"]) == ("rejected", [WORDS["device"]])
    assert int(told["total"]["in_escrow_micropoints"]) == noticed.balance("escrow:C-1/trader-2")
    assert told["how_to_appeal"] is None


def test_whoever_was_told_of_a_decision_is_told_that_it_was_withdrawn(noticed):
    taken = noticed.balance("escrow:C-1/trader-1")
    noticed.withdraw()
    assert noticed.give().until is None
    withdrawn = noticed.told(4)
    assert sorted(withdrawn) == ["trader-0", "trader-1", "trader-2", "trader-5"]
    assert withdrawn["trader-1"]["total"]["returned_micropoints"] == str(taken)
    assert withdrawn["trader-1"]["total"]["in_escrow_micropoints"] == "0"


def test_a_decision_that_was_withdrawn_before_anybody_was_told_is_not_told(exchange):
    exchange.confirm()
    exchange.withdraw()
    exchange.give()
    assert exchange.told(2) == {}
    assert "trader-5" not in exchange.told(3)  # nothing came back to them
    assert int(exchange.told(3)["trader-1"]["total"]["returned_micropoints"]) > 0


def test_a_second_decision_counts_from_itself(noticed):
    noticed.withdraw()
    noticed.decide(Verdict.CONFIRM)
    given = noticed.give()
    assert given.until == noticed.now + timedelta(days=14)
    told = noticed.told(5)["trader-5"]
    assert told["what"] == "confirmed"
    first = noticed.told(5)["trader-1"]["total"]
    assert int(first["in_escrow_micropoints"]) == noticed.balance("escrow:C-1/trader-1")
    assert first["escrowed_micropoints"] == first["in_escrow_micropoints"]


def test_a_dismissal_is_told_to_those_whom_it_gave_something_back(exchange):
    exchange.decide(Verdict.DISMISS)
    assert exchange.give().until is None
    told = exchange.told(2)
    assert {owner: document["what"] for owner, document in told.items()} == {
        "trader-0": "referrals",
        "trader-1": "dismissed",
        "trader-2": "dismissed",
        "trader-5": "dismissed",
    }
    assert all(int(document["total"]["kept_micropoints"]) > 0 for document in told.values())


def test_a_preview_writes_nothing(exchange):
    exchange.confirm()
    before = exchange.home.warehouse.read_bytes()
    sheets = preview_notice(exchange.home, exchange.keys, "C-1", exchange.now)
    assert not exchange.home.notices.exists()
    assert exchange.home.warehouse.read_bytes() == before
    exchange.give()
    written = {exchange.home.notices / name: content for name, content in exchange.files().items()}
    assert {sheet.path.with_suffix(".txt"): sheet.text.encode() for sheet in sheets} == {
        path: content for path, content in written.items() if path.suffix == ".txt"
    }
    assert preview_notice(exchange.home, exchange.keys, "C-1", exchange.now) == ()


def test_what_was_found_wrong_too_late_is_told_as_owed_and_promised_to_nobody(noticed):
    lost = noticed.balance("escrow:C-1/trader-1")
    noticed.now += timedelta(days=14)
    settle(noticed.home, noticed.keys, as_of=noticed.now, now=noticed.now)
    new = NewMove("C-1", "acknowledge", "moderator-ben", "a desk of two", owner_id="trader-1")
    owed = appeals.acknowledge(noticed.home, noticed.keys, new, noticed.now).owed_micropoints
    assert cases_with_notices_due(noticed.home) == ("C-1",)
    before = noticed.home.warehouse.read_bytes()
    assert noticed.give().until is None
    assert noticed.home.warehouse.read_bytes() == before  # no move: it opens nothing
    told = noticed.told(5)
    assert {owner: document["what"] for owner, document in told.items()} == {
        "trader-0": "referrals",  # trader-0 referred trader-1
        "trader-1": "acknowledged",
    }
    totals = {owner: document["total"] for owner, document in told.items()}
    assert totals["trader-1"]["owed_micropoints"] == str(lost)
    assert sum(int(total["owed_micropoints"]) for total in totals.values()) == owed
    assert {total["in_escrow_micropoints"] for total in totals.values()} == {"0"}
    assert [week["week"] for week in told["trader-1"]["weeks"]] == ["S1W01", "S1W02"]
    assert "promise" in noticed.text(5, "trader-1")
    assert told["trader-1"]["how_to_appeal"] is None
    assert "C-1" not in json.dumps(told["trader-0"])
    assert noticed.give().notices == ()


@pytest.mark.parametrize(
    ("case_id", "by"), [("C-1", "support-sue"), ("C-404", "support-sue"), ("C-1", " ")]
)
def test_what_is_not_decided_or_not_there_is_not_told(exchange, case_id, by):
    before = exchange.home.warehouse.read_bytes()
    with pytest.raises(CaseError):
        exchange.give(case_id, by)
    assert exchange.home.warehouse.read_bytes() == before
    assert cases_with_notices_due(exchange.home) == ()
    assert not exchange.home.notices.exists()
