"""`winnow formula …` at the terminal."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.cli.formula import formula_app
from jobs.initialise import initialise, preset_text
from jobs.settings import Settings
from seasons.calendar import BACKPACK
from warehouse.connection import transaction
from warehouse.errors import FormulaError
from warehouse.events import store_close
from warehouse.home import Home

FILE = """
[[pool]]
name = "fees"
share_bps = 10000
measure = "net_fees_usd"
curve = { kind = "power", tenths = 9 }
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    text = preset_text("backpack", 1)
    now = datetime(2025, 1, 1, tzinfo=UTC)
    return initialise(tmp_path / "home", Settings(), text, rehearsal=True, now=now).home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "formula.toml"
    path.write_text(FILE)
    return path


def winnow_formula(*arguments: str, home: Path | None = None) -> Result:
    env = {"WINNOW_HOME": str(home)} if home else {}
    result = CliRunner().invoke(formula_app, list(arguments), env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_lint_needs_no_home_and_warns_with_the_number(file: Path) -> None:
    result = winnow_formula("lint", str(file))
    assert result.exit_code == 0
    assert "+25.89 %" in result.output
    assert "pays for splitting" in result.stderr


def test_lint_prints_the_gain_for_2_10_and_100_accounts(file: Path) -> None:
    answer = json.loads(winnow_formula("lint", str(file), "--json").stdout)
    assert [gain["accounts"] for gain in answer["split_gain"]] == [2, 10, 100]
    assert answer["split_gain"][1]["typical_bps"] == 2589
    assert len(answer["warnings"]) == 1


def test_lint_explains_a_mistake(file: Path) -> None:
    file.write_text(FILE.replace("net_fees_usd", "net_fee_usd"))
    with pytest.raises(FormulaError, match="did you mean 'net_fees_usd'"):
        winnow_formula("lint", str(file))


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(FormulaError, match="not UTF-8"):
        winnow_formula("lint", str(file))


def test_a_formula_is_sealed_at_the_real_time_and_listed(home: Home, file: Path) -> None:
    before = datetime.now(UTC)
    sealed = winnow_formula("seal", str(file), "--week", "S1W05", "--json", home=home.root)
    answer = json.loads(sealed.stdout)
    assert before <= datetime.fromisoformat(answer["sealed_at"]) <= before + timedelta(minutes=1)
    assert answer["late"] is True
    assert "recorded" in sealed.stderr or "records the seal as late" in sealed.stderr
    listed = json.loads(winnow_formula("commitments", "--json", home=home.root).stdout)
    assert [commitment["commitment"] for commitment in listed] == [answer["commitment"]]
    assert listed[0]["revealed_at"] is None


def test_a_drawn_formula_is_not_shown_before_it_is_revealed(home: Home) -> None:
    drawn = winnow_formula("draw", "--week", "S1W05", home=home.root)
    assert "net-fees" not in drawn.output
    fifth = BACKPACK[0].week(5)
    with transaction(home) as connection:
        store_close(
            connection,
            fifth,
            now=fifth.issue_at,
            season_terms="{}",
            required=(),
            accept_missing="there are no events",
        )
    revealed = winnow_formula("reveal", "S1W05", "--json", home=home.root)
    document = json.loads(Path(json.loads(revealed.stdout)["path"]).read_text())
    assert document["draw"]["family"] == home.family.read_text()


def test_the_list_of_commitments_fits_a_terminal_and_says_where_they_are_whole(
    home: Home, file: Path
) -> None:
    sealed = winnow_formula("seal", str(file), "--week", "S1W05", "--json", home=home.root)
    commitment = json.loads(sealed.stdout)["commitment"]
    told = winnow_formula("commitments", home=home.root).stdout
    assert f"{commitment[:12]}…" in told
    assert commitment[:13] not in told
    assert "--json" in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("command", ["seal", "draw", "commitments", "reveal", "lint", "preview"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    assert f"Example: winnow formula {command}" in winnow_formula(command, "--help").output
