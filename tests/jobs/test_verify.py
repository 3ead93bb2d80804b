"""Whatever is changed behind our back is found, and named."""

import pytest

from jobs.issue import issue
from jobs.verify import verify
from warehouse.connection import rows, warehouse


@pytest.fixture
def issued_home(season_home, season_keys, week):
    """A home with two issued weeks."""
    for label in ("S1W01", "S1W02"):
        issue(season_home, season_keys, week(label), week(label).issue_at)
    return season_home


def checks_that_fail(home, keys=None) -> set[str]:
    return {finding.check for finding in verify(home, keys).findings}


def change(home, sql: str) -> None:
    with warehouse(home) as connection:
        connection.execute(sql)


def test_an_honest_home_has_no_findings_and_replays_to_the_byte(issued_home, season_keys):
    result = verify(issued_home, season_keys)
    assert result.findings == ()
    assert result.weeks_replayed == ("S1W01", "S1W02")
    assert result.leaves == 4  # two commitments, two batches


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "update entries set micropoints = micropoints + 1 where account = 'owner:trader-3'",
            {"batches", "conservation"},
        ),
        (
            "update entries set account = 'owner:trader-9' where account = 'owner:trader-3'",
            {"batches"},
        ),
        ("delete from entries where batch_id = 'S1W01/issue'", {"batches", "conservation"}),
        ("update batches set created_at = created_at + interval 1 second", {"batches"}),
        ("delete from batches where week = 2", {"batches"}),
        (
            "update log_leaves set body = replace(body, '\"week\":1', '\"week\":3')",
            {"log", "batches", "formulas"},
        ),
        ("update commitments set late = not late", {"formulas"}),
        ("delete from commitments", {"formulas"}),
        ("update checkpoints set root = '\\x00'::blob where tree_size = 3", {"log"}),
        ("update checkpoints set note = replace(note, 'winnow/', 'other/')", {"log"}),
        ("delete from checkpoints where tree_size = 4", {"log"}),
        (
            "insert into batch_blocked_owners values ('S1W01/issue', 'trader-3', 'C-1', 'open')",
            {"batches"},
        ),
    ],
)
def test_a_changed_warehouse_is_found(issued_home, sql, expected):
    change(issued_home, sql)
    assert checks_that_fail(issued_home) == expected


def test_a_pair_of_entries_that_still_balances_is_found(issued_home):
    change(
        issued_home,
        "update entries set micropoints = micropoints + case account "
        "when 'owner:trader-3' then 5 when 'owner:trader-4' then -5 else 0 end",
    )
    assert checks_that_fail(issued_home) == {"batches"}


def test_the_replay_names_the_file_that_was_changed(issued_home, season_keys):
    with warehouse(issued_home, read_only=True) as connection:
        ((path,),) = rows(
            connection,
            "select path from event_files where kind = 'fills' and day = '2025-03-22'",
        )
    file = issued_home.root / path
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    (finding,) = verify(issued_home, season_keys).findings
    assert (finding.check, finding.subject) == ("replay", "S1W01/issue")
    assert path in finding.detail


def test_the_replay_names_changed_terms(issued_home, season_keys):
    change(
        issued_home,
        "update closes set season_terms = replace(season_terms, "
        "'\"minimum_kyc_level\":1', '\"minimum_kyc_level\":0') where week = 2",
    )
    (finding,) = verify(issued_home, season_keys).findings
    assert finding.subject == "S1W02/issue"
    assert "terms_sha256" in finding.detail


def test_verifying_needs_no_secret_key(issued_home, tmp_path):
    (tmp_path / "home.keys").rename(tmp_path / "elsewhere")
    assert verify(issued_home).findings == ()
