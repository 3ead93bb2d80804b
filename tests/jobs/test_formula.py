"""Sealing and opening formulas in a real home."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from jobs.formula import draw_and_seal, list_commitments, load_formula, require_sealed, seal
from jobs.keys import Keys
from seasons.calendar import BACKPACK
from seasons.drawing import draw, parse_family, week_seed
from seasons.formula_files import parse_formula
from warehouse import log
from warehouse.connection import warehouse
from warehouse.errors import FormulaError
from warehouse.home import Home

WEEK = BACKPACK[0].week(5)
BEFORE, AFTER = WEEK.start - timedelta(days=1), WEEK.start
FILE = """
[[pool]]
name = "a-telling-name"
share_bps = 10000
measure = "net_fees_usd"
curve = { kind = "linear" }
"""


def opened(home: Home, keys: Keys):
    with warehouse(home, read_only=True) as connection:
        return load_formula(home, keys, connection, WEEK.season, WEEK.number)


def leaf_bodies(home: Home) -> list[dict]:
    with warehouse(home, read_only=True) as connection:
        return [json.loads(body) for _, body, _ in log.leaves(connection)]


def test_a_sealed_formula_is_opened_for_the_issue(home: Home, keys: Keys) -> None:
    seal(home, keys, FILE, WEEK, real_now=BEFORE)
    assert opened(home, keys) == parse_formula(FILE)


def test_a_seal_is_one_leaf_and_one_commitment(home: Home, keys: Keys) -> None:
    sealed = seal(home, keys, FILE, WEEK, real_now=BEFORE)
    assert list_commitments(home) == (sealed,)
    assert leaf_bodies(home)[sealed.leaf_index] == {
        "type": "commitment",
        "season": 1,
        "week": 5,
        "commitment": sealed.commitment,
        "sealed_at": BEFORE.isoformat(),
        "late": False,
        "drawn": False,
        "family_sha256": None,
    }


def test_nothing_of_the_formula_can_be_read_in_the_home(home: Home, keys: Keys) -> None:
    sealed = seal(home, keys, FILE, WEEK, real_now=BEFORE)
    ciphertext = home.root / sealed.path
    assert ciphertext.stat().st_mode & 0o077 == 0
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert ciphertext in files
    assert [path for path in files if b"a-telling-name" in path.read_bytes()] == []


def test_a_week_has_one_commitment_and_it_stands(home: Home, keys: Keys) -> None:
    sealed = seal(home, keys, FILE, WEEK, real_now=BEFORE)
    for again in (FILE, FILE.replace("linear", "log")):
        with pytest.raises(FormulaError, match="has been sealed already"):
            seal(home, keys, again, WEEK, real_now=BEFORE)
    with pytest.raises(FormulaError, match="has been sealed already"):
        draw_and_seal(home, keys, WEEK, real_now=BEFORE)
    assert list_commitments(home) == (sealed,)
    assert len(leaf_bodies(home)) == 1
    assert len(list(home.sealed.iterdir())) == 1


def test_the_same_formula_gives_another_commitment_every_time(home: Home, keys: Keys) -> None:
    first = seal(home, keys, FILE, WEEK, real_now=BEFORE)
    second = seal(home, keys, FILE, BACKPACK[0].week(6), real_now=BEFORE)
    assert first.commitment != second.commitment


@pytest.mark.parametrize(("at", "late"), [(BEFORE, False), (AFTER, True)])
def test_a_seal_after_the_window_has_opened_is_late_in_public(
    home: Home, keys: Keys, at: datetime, late: bool
) -> None:
    assert seal(home, keys, FILE, WEEK, real_now=at).late is late
    assert leaf_bodies(home)[0]["late"] is late


def test_a_wrong_formula_is_refused_and_leaves_nothing(home: Home, keys: Keys) -> None:
    with pytest.raises(FormulaError, match="add up to"):
        seal(home, keys, FILE.replace("10000", "9999"), WEEK, real_now=BEFORE)
    assert list_commitments(home) == ()
    assert list(home.sealed.iterdir()) == []


def test_a_week_without_a_formula_says_what_to_do(home: Home, keys: Keys) -> None:
    with warehouse(home, read_only=True) as connection:
        with pytest.raises(FormulaError, match="winnow formula seal FILE --week S1W05"):
            require_sealed(connection, WEEK)
        with pytest.raises(FormulaError, match="no formula is sealed for 'S1W05'"):
            load_formula(home, keys, connection, 1, 5)


def test_another_key_opens_nothing(home: Home, keys: Keys) -> None:
    seal(home, keys, FILE, WEEK, real_now=BEFORE)
    with pytest.raises(FormulaError, match="cannot be opened"):
        opened(home, replace(keys, formula=bytes(32)))


def test_a_lost_ciphertext_is_named(home: Home, keys: Keys) -> None:
    sealed = seal(home, keys, FILE, WEEK, real_now=BEFORE)
    (home.root / sealed.path).unlink()
    with pytest.raises(FormulaError, match="from a backup"):
        opened(home, keys)


def test_a_ciphertext_that_was_never_registered_does_not_exist(home: Home, keys: Keys) -> None:
    seal(home, keys, FILE, WEEK, real_now=BEFORE)
    (home.sealed / "S1W06-0123456789abcdef.sealed").write_bytes(b"left behind by a crash")
    (home.sealed / ".S1W06-0123456789abcdef.sealed.00000000").write_bytes(b"half of one")
    seal(home, keys, FILE, BACKPACK[0].week(6), real_now=BEFORE)
    assert [commitment.label for commitment in list_commitments(home)] == ["S1W05", "S1W06"]


SEALING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from jobs.formula import seal
from jobs.keys import load_keys
from jobs.settings import Settings
from seasons.calendar import BACKPACK
from warehouse.errors import FormulaError
from warehouse.home import open_home

home = open_home(Path(sys.argv[1]))
try:
    seal(home, load_keys(home, Settings()), sys.argv[2], BACKPACK[0].week(5),
         real_now=datetime(2025, 1, 2, tzinfo=UTC))
except FormulaError:
    sys.exit(1)
"""


def test_of_two_processes_that_seal_at_once_one_wins(home: Home, keys: Keys) -> None:
    command = [sys.executable, "-c", SEALING, str(home.root), FILE]
    racing = [subprocess.Popen(command) for _ in range(2)]
    assert sorted(process.wait(60) for process in racing) == [0, 1]
    assert len(list_commitments(home)) == 1
    assert len(leaf_bodies(home)) == 1
    assert opened(home, keys) == parse_formula(FILE)


def test_a_drawn_formula_follows_from_family_and_season_key(home: Home, keys: Keys) -> None:
    sealed = draw_and_seal(home, keys, WEEK, real_now=BEFORE)
    assert sealed.drawn
    assert len(leaf_bodies(home)[0]["family_sha256"]) == 64
    family = parse_family(home.family.read_text())
    assert opened(home, keys) == draw(family, week_seed(keys.season, "S1W05"))


def test_a_draw_stays_what_it_was_when_the_family_changes(home: Home, keys: Keys) -> None:
    draw_and_seal(home, keys, WEEK, real_now=BEFORE)
    before = opened(home, keys)
    home.family.write_text("[[pool]]\n")
    assert opened(home, keys) == before


def test_without_a_family_nothing_is_drawn(home: Home, keys: Keys) -> None:
    home.family.unlink()
    with pytest.raises(FormulaError, match="declare ranges there"):
        draw_and_seal(home, keys, WEEK, real_now=BEFORE)
    assert list_commitments(home) == ()
