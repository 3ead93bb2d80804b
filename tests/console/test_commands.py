"""The command line: help, exit codes, refusals in one line, JSON for machines."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from console.cli import DOORS, app

AT = "2025-04-12T00:00:00Z"
SECRETS = ("Traceback", "site-packages")


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its words, groups opened."""
    for door in DOORS:
        loaded = door.load()
        if isinstance(loaded, TyperGroup):
            for name, command in loaded.commands.items():
                yield f"{door.name} {name}", command
        else:
            yield door.name, loaded


def test_every_command_has_a_sentence_and_an_example() -> None:
    for words, command in commands():
        help_text = command.help or ""
        sentence = help_text.split("\n\n")[0].strip()
        assert sentence.endswith("."), words
        assert "Example: winnow " in help_text, words
        example = help_text.split("Example: ")[1]
        assert words.split()[0] in example, words


def test_no_command_offers_to_install_completion() -> None:
    for words, command in commands():
        names = {parameter.name for parameter in command.params}
        assert "install_completion" not in names, words
    for door in DOORS:
        names = {parameter.name for parameter in door.load().params}
        assert "install_completion" not in names, door.name


def test_every_option_and_argument_is_explained() -> None:
    for words, command in commands():
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{words} {parameter.name}"


def test_the_overview_names_every_command_in_one_sentence(winnow: Any) -> None:
    told = winnow("--help")
    assert told.code == 0
    for door in DOORS:
        assert door.name in told.out
        assert door.summary in told.out
        assert door.summary.endswith(".")


def test_the_overview_loads_no_large_library() -> None:
    probe = (
        "import sys, runpy\n"
        "sys.argv = ['winnow', '--help']\n"
        "try: runpy.run_module('console')\n"
        "except SystemExit: pass\n"
        "print(sorted({'duckdb', 'polars', 'sklearn', 'numpy', 'cryptography'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"


def test_the_app_is_a_typer_app() -> None:
    assert isinstance(app, typer.Typer)


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("issue",), ("cases", "decide", "C-1"), ("--now", "soon", "status"), ()],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(winnow: Any, words: tuple[str, ...]) -> None:
    assert winnow(*words).code == 2


def test_without_a_home_a_command_is_refused_and_says_how_to_make_one(winnow: Any) -> None:
    told = winnow("status")
    assert told.code == 1
    assert told.out == ""
    assert told.err.startswith("refused: ")
    assert "init" in told.err
    assert len(told.err.splitlines()) == 1


def test_a_refusal_is_one_line_and_with_json_one_object(winnow: Any, process: Any) -> None:
    winnow("init")
    plain = process("issue", "S9W01")
    assert (plain.code, len(plain.err.splitlines())) == (1, 1)
    assert not any(word in plain.err for word in SECRETS)
    machine = winnow("issue", "S9W01", "--json")
    assert machine.code == 1
    assert list(machine.json) == ["error"]
    assert "season 9" in machine.json["error"]


def test_a_misspelt_variable_is_refused(winnow: Any) -> None:
    told = winnow("status", WINNOW_HOMES="x")
    assert told.code == 1
    assert "did you mean 'WINNOW_HOME'" in told.err


def test_init_says_where_the_keys_are_and_what_losing_them_means(winnow: Any) -> None:
    told = winnow("init")
    assert told.code == 0
    assert "home.keys" in told.err
    assert "loses the sealed formulas" in told.err
    assert winnow("init").code == 1


def test_a_stand_in_for_the_clock_is_refused_outside_of_a_rehearsal(winnow: Any) -> None:
    winnow("init")
    told = winnow("--now", AT, "status")
    assert told.code == 1
    assert "--now is refused" in told.err


def test_a_rehearsal_takes_the_stand_in_and_says_that_it_is_one(winnow: Any) -> None:
    assert winnow("init", "--rehearsal", "--json").json["rehearsal"] is True
    status = winnow("--now", AT, "status", "--json").json
    assert status["rehearsal"] is True
    assert status["now"] == AT
    assert [run["job"] for run in status["due"]] == [*["detect", "issue"] * 3, "publish"]
    assert "Rehearsal" in winnow("--now", AT, "status").out


def test_a_season_of_ones_own_may_be_given(winnow: Any, tmp_path: Any) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "season = 7\nopens = 2026-01-01T00:00:00Z\nfirst_cutoff = 2026-01-08T00:00:00Z\nweeks = 3\n"
    )
    made = winnow("init", "--season-file", str(own), "--json").json
    assert made["season_file"].endswith("S7.toml")
    assert [week["week"] for week in winnow("status", "--json").json["weeks"]] == [
        "S7W01",
        "S7W02",
        "S7W03",
    ]


def test_commands_that_only_read_need_no_secret_key(winnow: Any, tmp_path: Any) -> None:
    winnow("init")
    for key in (tmp_path / "home.keys").iterdir():
        key.unlink()
    for words in (["status"], ["verify"], ["leaderboard"], ["points", "x"], ["cases", "list"]):
        assert winnow(*words).code == 0, words
    told = winnow("ingest", str(tmp_path))
    assert told.code == 1
    assert "WINNOW_FORMULA_KEY_FILE" in told.err
