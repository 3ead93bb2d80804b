"""A drop gives from a budget for the season as a whole, to a hundred thousand as to one."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.drop import drop
from jobs.hand_files import read_proposal
from jobs.proposal_checks import check_proposals
from jobs.proposals import preview, replay_hand_batch
from warehouse import ledger
from warehouse.cases import involved_owners
from warehouse.connection import warehouse
from warehouse.errors import ProposalError

NOW = datetime(2025, 4, 2, tzinfo=UTC)
HEAD = (
    'season = 1\nkind = "{}"\nbudget = "corrections"\nname = "gift"\nreason = "thanks"\n'
    'lines = "lines.csv"\n'
)


def write(folder: Path, content: str | bytes, kind: str = "legacy") -> Path:
    (folder / "gift.toml").write_text(HEAD.format(kind))
    lines = content if isinstance(content, bytes) else content.encode()
    (folder / "lines.csv").write_bytes(lines)
    return folder / "gift.toml"


@pytest.mark.parametrize("kind", ["legacy", "bonus", "compensation"])
def test_a_drop_is_its_owners_own_and_says_what_it_is(home, keys, tmp_path, kind):
    path = write(tmp_path, 'owner_id,points,reason\nana,1.5,\nben,2,"early, and kind"\n', kind)
    assert drop(home, keys, path, "anna", NOW).state == "proposed"
    done = drop(home, keys, path, "ben", NOW)
    assert (done.state, done.batch, done.origin) == ("done", "S1W00/drop/gift", "S1W00")
    assert done.strangers == ("ana", "ben")
    with warehouse(home, read_only=True) as connection:
        (stored,) = ledger.batches(connection)
        entries = ledger.load_entries(connection, stored.batch.batch_id)
        assert ("owner:ana", 1_500_000, f"drop_{kind}", None) in entries.rows()
        assert set(entries["reason"]) == {f"drop_{kind}"}
        involved = involved_owners(connection, moves=stored.moves)
        assert replay_hand_batch(connection, stored, involved).equals(entries)
        assert list(check_proposals(home, connection)) == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is empty"),
        ("owner_id,points\nana,1\n", "has the columns"),
        ("points,owner_id,reason\n1,ana,x\n", "has the columns"),
        ("owner_id,points,reason\nana,1,x,y\n", "is no CSV"),
        ('owner_id,points,reason\n"ana,1,x\n', "is no CSV"),
        (b"owner_id,points,reason\nan\xff,1,x\n", "is no CSV"),
        ("owner_id,points,reason\n", "no line"),
        ("owner_id,points,reason\nana,1,x\n\nben,1,x\n", "line 3"),
        ("owner_id,points,reason\nana,-1,x\n", "only gives"),
    ],
)
def test_a_wrong_list_is_refused(home, tmp_path, content, complaint):
    with pytest.raises(ProposalError, match=complaint):
        read_proposal(write(tmp_path, content), "drop")


def test_what_a_spreadsheet_saves_is_read(tmp_path):
    content = b"\xef\xbb\xbfowner_id,points,reason\r\nana,1,x\r\n"
    assert read_proposal(write(tmp_path, content), "drop").lines.rows() == [("ana", 1_000_000, "x")]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "gift.toml"
    path.write_bytes(b'reason = "\xff"')
    with pytest.raises(ProposalError, match="not UTF-8"):
        read_proposal(path, "drop")


def test_a_hundred_thousand_owners_take_seconds(home, keys, tmp_path):
    lines = "".join(f"owner-{number},2.000001,x\n" for number in range(100_000))
    path = write(tmp_path, "owner_id,points,reason\n" + lines)
    started = time.perf_counter()
    shown = preview(home, read_proposal(path, "drop"))
    drop(home, keys, path, "anna", NOW)
    done = drop(home, keys, path, "ben", NOW)
    assert time.perf_counter() - started < 15
    assert shown.given_micropoints == done.given_micropoints == 100_000 * 2_000_001
