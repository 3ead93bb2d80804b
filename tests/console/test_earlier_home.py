"""A home that an earlier Winnow made is brought up to date by any command, once, and says so."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.connection import warehouse
from warehouse.home import open_home
from warehouse.migrations import pending
from warehouse.statements import names, statement

FIRST, *LATER = names("migrations")
DAY = "2025-03-27"
NO_EVIDENCE = sha256().hexdigest()


def put_in_place(file: Path) -> None:
    """Put a warehouse of the first migration alone in place: an open and a confirmed case."""
    file.unlink()
    with duckdb.connect(str(file)) as connection:
        connection.execute(statement(FIRST))
        connection.execute("insert into migrations values ($1, $2)", [FIRST, DAY])
        for case_id, state, moves in (("C-1", "open", 1), ("C-2", "confirmed", 2)):
            connection.execute(
                "insert into cases values ($1, 'K-1', $2, 0.9, $3, 'D-1')", [case_id, state, DAY]
            )
            for owner in (f"{case_id}-a", f"{case_id}-b"):
                connection.execute(
                    "insert into case_members values ($1, $2, $2, $3)", [case_id, owner, DAY]
                )
            done = (("opened", "open", "D-1"), ("confirm", "confirmed", "ana"))[:moves]
            for seq, (move, after, by) in enumerate(done, 1):
                connection.execute(
                    "insert into case_moves values ($1, $2, $3, $4, $5, $6, 'seen', $7)",
                    [case_id, seq, move, after, by, DAY, NO_EVIDENCE],
                )


@pytest.fixture
def earlier(winnow: Any, tmp_path: Path) -> Path:
    """The folder of a home with such a warehouse."""
    assert winnow("init").code == 0
    put_in_place(tmp_path / "home" / "warehouse.duckdb")
    return tmp_path / "home"


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--json"),
        ("cases", "list", "--json"),
        ("points", "C-1-a", "--json"),
        ("policy", "preview", "--json"),
        ("settle", "--preview", "--json"),
    ],
    ids=lambda words: words[0],
)
def test_any_command_brings_it_up_to_date_and_says_so_once(
    winnow: Any, earlier: Path, words: tuple[str, ...]
) -> None:
    told = winnow(*words)
    assert (told.code, bool(told.json)) == (0, True), told
    (line,) = told.err.splitlines()
    assert line.startswith("note: ")
    assert all(name.removeprefix("migrations/") in line for name in LATER)
    with warehouse(open_home(earlier), read_only=True) as connection:
        assert pending(connection) == ()
    again = winnow(*words)
    assert (again.code, again.err) == (0, "")


def test_what_was_in_it_is_there_and_what_was_confirmed_waits_anew(
    winnow: Any, earlier: Path
) -> None:
    states = {case["case_id"]: case["state"] for case in winnow("cases", "list", "--json").json}
    assert states == {"C-1": "open", "C-2": "under_review"}
    shown = winnow("cases", "show", "C-2", "--json").json
    assert [move["move"] for move in shown["moves"]] == ["opened", "confirm", "withdraw"]


def test_a_home_that_is_up_to_date_is_only_looked_at(winnow: Any, tmp_path: Path) -> None:
    winnow("init")
    file = tmp_path / "home" / "warehouse.duckdb"
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    assert winnow("status").err == ""
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_commands_that_need_no_home_touch_none(winnow: Any, earlier: Path, tmp_path: Path) -> None:
    before = (earlier / "warehouse.duckdb").read_bytes()
    assert winnow("policy", "show", str(earlier / "policy.toml")).code == 0
    out = str(tmp_path / "events")
    assert winnow("simulate", out, "--seed", "1", "--accounts", "100", "--weeks", "1").code == 0
    assert (earlier / "warehouse.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    "words", [("status",), ("run", "--once"), ("verify",), ("cases", "list")], ids=lambda x: x[0]
)
def test_a_home_of_a_later_winnow_is_refused_and_left_as_it_is(
    winnow: Any, earlier: Path, words: tuple[str, ...]
) -> None:
    file = earlier / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into migrations values ('migrations/9999_later', $1)", [DAY])
    before = file.read_bytes()
    told = winnow(*words)
    assert told.code == 1
    (line,) = told.err.splitlines()
    assert "made by a later Winnow" in line
    assert "'migrations/9999_later'" in line
    assert file.read_bytes() == before
