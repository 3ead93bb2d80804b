"""Nothing that runs a season knows of the simulator, or of what is made of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal import truth
from simulator.attacks import ATTACKS
from simulator.innocents import HONEST, SYSTEM

ROOT = Path(__file__).parents[2]
RUNNING = ("warehouse", "seasons", "detection", "jobs")
APART = {"simulator", "rehearsal"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, inside of functions too, or names to import by hand.

    In a text a name counts with a dot behind it, or alone where something is called with it that
    imports: elsewhere 'rehearsal' is a word like others.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (name for name in APART if node.value.startswith((f"{name}.", f"{name}/")))
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (str(one.value) for one in given if isinstance(one, ast.Constant))


@pytest.mark.parametrize(
    "text",
    [
        "import simulator",
        "def f():\n    from rehearsal import play",
        "importlib.import_module('simulator')",
        "__import__(name='rehearsal')",
        "run('simulator.people')",
    ],
)
def test_every_way_to_import_is_seen(tmp_path, text):
    path = tmp_path / "module.py"
    path.write_text(text, encoding="utf-8")
    assert {name.partition(".")[0] for name in imported(path)} & APART


@pytest.mark.parametrize("package", RUNNING)
def test_a_package_that_runs_seasons_imports_neither(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = {
        path.relative_to(ROOT).as_posix(): name
        for path in files
        for name in imported(path)
        if name.partition(".")[0] in APART
    }
    assert found == {}


def words(path: Path) -> Iterator[str]:
    """Texts of a module; of anything else everything that stands between blanks or quotes."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from re.split(r"[^\w.-]+", text)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("package", RUNNING)
def test_what_decides_names_no_planted_pattern(package):
    """Not the simulator's ids of accounts, not the ids of its patterns; in no statement either."""
    paths = [*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("*.sql")]
    planted = {f"A{number}" for number in range(1, 16)} | {"lookalike_class", "operator_id"}
    found = [
        (path.relative_to(ROOT).as_posix(), word)
        for path in sorted(paths)
        for word in words(path)
        if word in planted or word.startswith("acct-")
    ]
    assert paths
    assert found == []


def test_the_names_in_the_truth_are_those_of_the_simulator():
    assert (HONEST.name, SYSTEM.name) == (truth.HONEST, truth.SYSTEM)
    assert truth.PLAYBOOK in {attack.name for attack in ATTACKS}
