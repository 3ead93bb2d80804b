"""The rules of the house, checked over every tracked file."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "warehouse",
    "seasons",
    "detection",
    "jobs",
    "console",
    "simulator",
    "rehearsal",
    "benchmarks",
)
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "common", "misc"})
LONGEST_MODULE = 400
LONGEST_BODY = 50
SHORT_BODY = 20
SHARE_OF_SHORT_BODIES = 0.9
MOST_PARAMETERS = 6

# Put together here so that this file doesn't hold what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("crates", "io"),
        ("anaconda", "org"),
    )
)
MACHINE_PATHS = tuple("/" + place for place in ("work/", "root/", "home/runner/"))


@cache
def tracked(ending: str = "") -> tuple[Path, ...]:
    """Every file that git knows and that is there, save licences."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return tuple(
        ROOT / name
        for name in listed
        if name.endswith(ending) and name not in {"", "LICENSE"} and (ROOT / name).is_file()
    )


def modules() -> Iterator[Path]:
    for path in tracked(".py"):
        if path.relative_to(ROOT).parts[0] in PACKAGES:
            yield path


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Lines of a body without its docstring."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]


def is_command(function: Function) -> bool:
    """Whether a function is a command of the terminal, where a parameter is an option."""
    return any(argument.arg == "as_json" for argument in function.args.args)


def test_git_knows_the_files_that_are_checked() -> None:
    assert len(list(modules())) > 30


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {place(path): path.read_text().count("\n") for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_body_is_longer_than_fifty_lines() -> None:
    long = [
        f"{place(path)}:{function.lineno} {function.name} {body_lines(function)}"
        for path in modules()
        for function in functions(path)
        if body_lines(function) > LONGEST_BODY
    ]
    assert long == []


def test_nine_of_ten_bodies_have_at_most_twenty_lines() -> None:
    lengths = {
        f"{place(path)}:{function.lineno} {function.name}": body_lines(function)
        for path in modules()
        for function in functions(path)
    }
    long = [name for name, lines in lengths.items() if lines > SHORT_BODY]
    assert len(long) <= (1 - SHARE_OF_SHORT_BODIES) * len(lengths), f"{len(lengths)}: {long}"


def test_no_function_takes_more_than_six_parameters() -> None:
    many = [
        f"{place(path)}:{function.lineno} {function.name}"
        for path in modules()
        for function in functions(path)
        if not is_command(function)
        and len(function.args.posonlyargs + function.args.args + function.args.kwonlyargs)
        > MOST_PARAMETERS + (function.args.args[:1] != [] and function.args.args[0].arg == "self")
    ]
    assert many == []


def test_nothing_is_named_like_a_drawer() -> None:
    stems = {
        place(path): set(re.split(r"[_\W]+", place(path).removesuffix(path.suffix).lower()))
        for path in tracked()
    }
    assert {name for name, words in stems.items() if words & BANNED_NAMES} == set()


def test_no_file_name_carries_a_version_or_a_doubt() -> None:
    doubtful = re.compile(r"(_v\d+|_old|_new|_final|\.bak|_copy)(\.|$)")
    assert [place(path) for path in tracked() if doubtful.search(path.name)] == []


@pytest.mark.parametrize("needle", [*REGISTRY_HOSTS, *MACHINE_PATHS])
def test_no_file_names_a_registry_or_a_path_of_one_machine(needle: str) -> None:
    holding = [place(path) for path in tracked() if needle.encode() in path.read_bytes()]
    assert holding == []


def test_every_statement_begins_with_its_story() -> None:
    silent = [place(path) for path in tracked(".sql") if not path.read_text().startswith("-- ")]
    assert silent == []


def test_every_module_and_every_public_function_says_what_it_does() -> None:
    silent = [place(path) for path in modules() if not ast.get_docstring(tree(path))]
    silent += [
        f"{place(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in chain(tree(path).body, *(n.body for n in classes(path)))
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def classes(path: Path) -> Iterator[ast.ClassDef]:
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node


def test_nothing_is_left_for_later() -> None:
    later = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)))
    assert [place(path) for path in tracked(".py") if later.search(path.read_text())] == []


def test_only_the_clock_reads_the_clock() -> None:
    """A decision takes the instant as an argument; `now()` is written once."""
    reading = re.compile(r"datetime\.now\(|\.utcnow\(|date\.today\(|time\.time\(")
    places = {place(path) for path in modules() if reading.search(path.read_text())}
    assert places == {"jobs/clock.py"}
