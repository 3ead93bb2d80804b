"""Whatever is changed behind our back is found, and named."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from detection.boosting import Boosting
from detection.season_model import ROWS_SCHEMA, Recipe, fit
from jobs.decide import Decision, Verdict, decide
from jobs.file_checks import check_files
from jobs.ingest import ingest
from jobs.issue import issue
from jobs.keys import Keys, load_keys
from jobs.model_files import features_sha256, fingerprint, model_id, versions, write_model
from jobs.reveal import reveal
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from jobs.verify import verify
from tests.conftest import FindCase, let_one_person_decide
from warehouse.connection import rows, transaction, warehouse
from warehouse.home import Home, open_home
from warehouse.models import NewModel, store_model
from warehouse.trait_files import store_traits


@pytest.fixture(scope="module")
def played(prepared: Path, tmp_path_factory: pytest.TempPathFactory, open_case: FindCase) -> Path:
    """Two issued weeks, the first revealed.

    Of two cases that held trader-1 and trader-5 one was dismissed; week 2 excludes trader-2. The
    traits of a detection are kept, and a model.
    """
    root = tmp_path_factory.mktemp("played")
    for name in ("home", "home.keys"):
        shutil.copytree(prepared / name, root / name)
    home = open_home(root / "home")
    keys = load_keys(home, read_settings({}))
    terms = load_seasons(home)[0]
    first, second = terms.calendar.week(1), terms.calendar.week(2)
    accounts = root / "accounts-2025-03-28.csv"
    accounts.write_text(
        "account_id,opened_at,changed_at,kyc_level\n"
        "trader-2,2025-03-20T00:00:00Z,2025-03-28T00:00:00Z,0\n"
    )
    ingest(home, keys.identifier, [accounts], first.issue_at)
    let_one_person_decide(home)
    open_case(home, "C-1", "trader-1")
    open_case(home, "C-2", "trader-5")
    for week in (first, second):
        issue(home, keys, week, week.issue_at)
    decide(home, keys, Decision("C-1", Verdict.DISMISS, "ana", "one family"), second.issue_at)
    reveal(home, keys, terms, first, second.issue_at)
    keep_files(home, second.issue_at)
    return root


def keep_files(home, now) -> None:
    """Keep the traits of one detection and a model, of twenty made-up clusters."""
    places = range(20)
    made_up = {
        "week": "D-000001",
        "cluster_id": [f"K-{place:02d}" for place in places],
        "group": places,
        "label": [place % 2 for place in places],
        "tier": "T2",
        "weight_millis": 1_000,
        "score": 0.5,
        "by_rules": "passed",
    }
    told = pl.DataFrame(made_up, schema=ROWS_SCHEMA).with_columns(flat_fills=pl.col("label") * 1.0)
    recipe = Recipe(told, ("flat_fills",), Boosting(iterations=2, least_rows=2))
    fitted = fit(recipe)
    name, print_ = model_id(fitted), fingerprint(fitted.fingerprint, versions())
    digest = write_model(home, recipe, fitted)
    names = features_sha256(recipe.names)
    model = NewModel(name, print_, digest, names, 1, "D-000001", "D-000001", 20, "{}")
    with transaction(home) as connection:
        store_traits(home, connection, "D-000001", told)
        store_model(connection, model, now)


@pytest.fixture
def issued_home(played: Path, tmp_path: Path) -> Home:
    """A copy of it."""
    for name in ("home", "home.keys"):
        shutil.copytree(played / name, tmp_path / name)
    return open_home(tmp_path / "home")


@pytest.fixture
def season_keys(issued_home: Home) -> Keys:
    return load_keys(issued_home, read_settings({}))


def checks_that_fail(home, keys=None) -> set[str]:
    return {finding.check for finding in verify(home, keys).findings}


def change(home, sql: str, *values: object) -> None:
    with warehouse(home) as connection:
        connection.execute(sql, values)


def test_an_honest_home_has_no_findings_and_replays_to_the_byte(issued_home, season_keys):
    result = verify(issued_home, season_keys)
    assert result.findings == ()
    assert result.weeks_replayed == ("S1W01", "S1W02")
    assert result.leaves == 8  # two commitments, two issues, a decision, two releases, a reveal


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
        ("delete from batches where week = 2", {"batches", "books"}),
        (
            "update log_leaves set body = replace(body, '\"week\":1', '\"week\":3')",
            {"log", "batches", "formulas"},
        ),
        ("update commitments set late = not late", {"formulas"}),
        ("delete from commitments", {"formulas"}),
        (
            "update log_leaves set body = 'no JSON' where leaf_index = 2",
            {"log", "batches", "books"},
        ),
        ("update checkpoints set root = '\\x00'::blob where tree_size = 3", {"log"}),
        ("update checkpoints set note = replace(note, 'winnow/', 'other/')", {"log"}),
        ("delete from checkpoints where tree_size = 4", {"log"}),
        ("update checkpoints set note = left(note, 170) || '!' || note[171:]", {"log"}),
        ("delete from closes where week = 1", {"conservation"}),
        ("update closes set season_terms = 'no JSON' where week = 1", {"conservation", "books"}),
        ("update closes set closed_at = closed_at - interval 1 day where week = 2", {"books"}),
        ("update closes set window_end = window_end + interval 1 day where week = 1", {"books"}),
        ("update closes set accepted_missing = 'it was late' where week = 1", {"books"}),
        ("update close_files set sha256 = 'aa' where week = 1", {"books"}),
        ("delete from close_files where path like '%fills/day=2025-03-22%'", {"books"}),
        ("delete from event_files where day = '2025-03-22'", {"books"}),
        ("update event_files set sha256 = 'aa' where day = '2025-03-22'", {"books"}),
        ("update exclusions set reason = 'country US'", {"books"}),
        ("delete from exclusions", {"books"}),
        ("insert into exclusions values (1, 3, 'trader-2', 'country US')", {"books"}),
        ("update reveals set revealed_at = revealed_at - interval 1 day", {"formulas"}),
        ("delete from reveals", {"formulas"}),
        ("update cases set state = 'dismissed' where case_id = 'C-2'", {"cases"}),
        ("update cases set state = 'open' where case_id = 'C-1'", {"cases"}),
        ("update case_moves set moved_by = 'ben' where move = 'dismiss'", {"cases"}),
        ("update case_moves set reason = 'two devices' where seq = 2", {"cases"}),
        ("delete from case_moves where seq = 2", {"batches", "cases"}),
        ("delete from case_moves where seq = 1", {"batches", "cases"}),
        ("delete from case_members where case_id = 'C-2'", {"batches", "cases"}),
        ("update trait_files set sha256 = 'aa'", {"files"}),
    ],
)
def test_a_changed_warehouse_is_found(issued_home, sql, expected):
    change(issued_home, sql)
    assert checks_that_fail(issued_home) == expected


@pytest.mark.parametrize(
    "pattern", ["traits/D-000001.parquet", "models/*/recipe.json", "models/*/rows.parquet"]
)
def test_a_kept_file_that_was_damaged_or_is_missing_is_found(issued_home, pattern):
    (file,) = issued_home.root.glob(pattern)
    path = file.relative_to(issued_home.root)
    subject = path.parts[1] if path.parts[0] == "models" else str(path)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with warehouse(issued_home, read_only=True) as connection:
        (damaged,) = check_files(issued_home, connection)
        file.unlink()
        (missing,) = check_files(issued_home, connection)
    for (about, detail), said in ((damaged, "is not the file that was"), (missing, "is missing")):
        assert about == subject
        assert f"{file.name}' {said}" in detail


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


def test_the_replay_names_the_file_that_is_gone(issued_home, season_keys):
    with warehouse(issued_home, read_only=True) as connection:
        ((path,),) = rows(
            connection,
            "select path from event_files where kind = 'fills' and day = '2025-03-22'",
        )
    (issued_home.root / path).unlink()
    (finding,) = verify(issued_home, season_keys).findings
    assert finding.detail == (
        f"it cannot be recomputed: the event file {path!r} cannot be read "
        "(No such file or directory); restore it from a backup"
    )


def test_the_replay_names_changed_terms(issued_home, season_keys):
    change(
        issued_home,
        "update closes set season_terms = replace(season_terms, "
        "'\"minimum_kyc_level\":1', '\"minimum_kyc_level\":0') where week = 2",
    )
    findings = verify(issued_home, season_keys).findings
    assert {finding.check for finding in findings} == {"books", "replay"}
    assert {finding.subject for finding in findings} == {"S1W02/issue"}
    assert all("terms_sha256" in finding.detail for finding in findings)


@pytest.mark.parametrize("leaves", [2, 3, 4, 5, 6, 7])
def test_a_log_that_is_cut_off_is_found_and_does_not_stop_the_replay(
    issued_home, season_keys, leaves
):
    change(issued_home, "delete from log_leaves where leaf_index >= $1", leaves)
    change(issued_home, "delete from checkpoints where tree_size > $1", leaves)
    assert verify(issued_home, season_keys).findings != ()


def test_a_release_that_is_cut_off_with_its_leaf_is_found(issued_home):
    last = "S1W02/release/C-1/2"
    change(issued_home, "delete from entries where batch_id = $1", last)
    change(issued_home, "delete from batches where batch_id = $1", last)
    change(issued_home, "delete from reveals")
    change(issued_home, "delete from log_leaves where leaf_index >= 6")
    change(issued_home, "delete from checkpoints where tree_size > 6")
    assert checks_that_fail(issued_home) == {"cases"}


def test_verifying_needs_no_secret_key(issued_home, tmp_path):
    (tmp_path / "home.keys").rename(tmp_path / "elsewhere")
    assert verify(issued_home).findings == ()
