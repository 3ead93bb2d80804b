"""Nothing that runs a season knows of the simulator, or of what is made of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNING = ("warehouse", "seasons", "detection", "jobs")
APART = {"simulator", "rehearsal"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, inside of functions too, or names to import by hand."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (name for name in APART if node.value.startswith(f"{name}."))


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


@pytest.mark.parametrize("package", ["detection", "seasons"])
def test_what_decides_names_no_planted_pattern(package):
    """Not the simulator's ids of accounts, not the ids of its patterns."""
    words = [
        (path.name, node.value)
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    planted = {f"A{number}" for number in range(1, 16)} | {"lookalike_class"}
    assert [word for word in words if word[1] in planted or word[1].startswith("acct-")] == []
