"""Reveals: when they are allowed, and that a trader needs nothing of ours to check one."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785

from jobs.formula import draw_and_seal, list_commitments, load_formula, seal
from jobs.formula_checks import check_formulas
from jobs.initialise import preset_text
from jobs.keys import Keys, load_keys
from jobs.reveal import reveal, reveal_at, reveal_path
from jobs.season_files import load_seasons
from jobs.settings import Settings
from seasons.calendar import BACKPACK
from seasons.sealing import check_reveal
from seasons.terms import Terms, parse_terms
from warehouse import log
from warehouse.connection import transaction, warehouse
from warehouse.errors import FormulaError
from warehouse.events import store_close
from warehouse.home import Home

WEEK = BACKPACK[0].week(5)
SEALED_AT = datetime(2025, 1, 2, tzinfo=UTC)
FILE = """
[[pool]]
name = "fees"
share_bps = 10000
measure = "net_fees_usd"
curve = { kind = "linear" }
"""


@pytest.fixture
def home(empty_home: Home) -> Home:
    """A home in which the books of the week are closed."""
    with transaction(empty_home) as connection:
        store_close(
            connection,
            WEEK,
            now=WEEK.issue_at,
            season_terms="{}",
            required=(),
            accept_missing="there are no events",
        )
    return empty_home


@pytest.fixture
def keys(home: Home) -> Keys:
    return load_keys(home, Settings())


@pytest.fixture
def terms(home: Home) -> Terms:
    return load_seasons(home)[0]


def leaf_bodies(home: Home) -> list[dict]:
    with warehouse(home, read_only=True) as connection:
        return [json.loads(body) for _, body, _ in log.leaves(connection)]


def wrong(home: Home) -> list[tuple[str, str]]:
    with warehouse(home, read_only=True) as connection:
        return list(check_formulas(home, connection))


def test_a_formula_is_hidden_until_its_time_has_come(home: Home, keys: Keys, terms: Terms) -> None:
    seal(home, keys, FILE, WEEK, real_now=SEALED_AT)
    with pytest.raises(FormulaError, match="not to be revealed before 2025-04-25 02:00 UTC"):
        reveal(home, keys, terms, WEEK, WEEK.issue_at - timedelta(seconds=1))
    assert not reveal_path(home, "S1W05").exists()
    assert reveal(home, keys, terms, WEEK, WEEK.issue_at).revealed_at == WEEK.issue_at


def test_a_formula_is_hidden_while_events_may_still_be_shaped_to_it(empty_home: Home) -> None:
    keys = load_keys(empty_home, Settings())
    seal(empty_home, keys, FILE, WEEK, real_now=SEALED_AT)
    with pytest.raises(FormulaError, match="the books of 'S1W05' are open"):
        reveal(empty_home, keys, load_seasons(empty_home)[0], WEEK, WEEK.issue_at)
    assert not reveal_path(empty_home, "S1W05").exists()


@pytest.mark.parametrize(
    ("after_weeks", "expected"),
    [
        (0, WEEK.issue_at),
        (3, WEEK.issue_at + timedelta(weeks=3)),
        (-1, BACKPACK[0].week(10).issue_at),
    ],
)
def test_the_season_file_says_when(after_weeks: int, expected: datetime) -> None:
    text = preset_text("backpack", 1).replace(
        "reveal_after_weeks = 0", f"reveal_after_weeks = {after_weeks}"
    )
    assert reveal_at(parse_terms(text), WEEK) == expected


def test_a_reveal_can_be_checked_with_nothing_but_sha256_and_rfc8785(
    home: Home, keys: Keys, terms: Terms
) -> None:
    seal(home, keys, FILE, WEEK, real_now=SEALED_AT)
    revealed = reveal(home, keys, terms, WEEK, WEEK.issue_at)
    document = json.loads(revealed.path.read_bytes())
    content = rfc8785.dumps(document["formula"])
    salted = b"winnow-formula/v1\x00" + bytes.fromhex(document["salt"]) + content
    committed = next(leaf for leaf in leaf_bodies(home) if leaf["type"] == "commitment")
    assert hashlib.sha256(salted).hexdigest() == committed["commitment"]
    assert document["formula"]["week"] == 5


def test_a_reveal_is_one_leaf_however_often_it_is_asked_for(
    home: Home, keys: Keys, terms: Terms
) -> None:
    seal(home, keys, FILE, WEEK, real_now=SEALED_AT)
    first = reveal(home, keys, terms, WEEK, WEEK.issue_at)
    content = first.path.read_bytes()
    assert reveal(home, keys, terms, WEEK, WEEK.issue_at + timedelta(days=9)) == first
    assert first.path.read_bytes() == content
    assert [leaf["type"] for leaf in leaf_bodies(home)] == ["commitment", "reveal"]
    (commitment,) = list_commitments(home)
    assert commitment.reveal is not None
    assert commitment.reveal.revealed_at == WEEK.issue_at


def test_a_crash_before_the_reveal_is_recorded_is_made_good_by_the_next_run(
    home: Home, keys: Keys, terms: Terms
) -> None:
    seal(home, keys, FILE, WEEK, real_now=SEALED_AT)
    path = reveal_path(home, "S1W05")
    path.parent.mkdir(parents=True)
    path.write_text("half of a file")
    reveal(home, keys, terms, WEEK, WEEK.issue_at)
    assert json.loads(path.read_text())["formula"]["pool"][0]["name"] == "fees"
    assert wrong(home) == []


def test_a_draw_can_be_redone_after_its_reveal(home: Home, keys: Keys, terms: Terms) -> None:
    draw_and_seal(home, keys, WEEK, real_now=SEALED_AT)
    revealed = reveal(home, keys, terms, WEEK, WEEK.issue_at)
    document = json.loads(revealed.path.read_bytes())
    with warehouse(home, read_only=True) as connection:
        formula = load_formula(home, keys, connection, 1, 5)
    assert check_reveal(document, leaf_bodies(home)[0]) == formula
    assert keys.season.hex() not in revealed.path.read_text()


def test_commitments_and_reveals_are_verified(home: Home, keys: Keys, terms: Terms) -> None:
    assert wrong(home) == []
    seal(home, keys, FILE, WEEK, real_now=SEALED_AT)
    draw_and_seal(home, keys, BACKPACK[0].week(6), real_now=SEALED_AT)
    assert wrong(home) == []
    reveal(home, keys, terms, WEEK, WEEK.issue_at)
    assert wrong(home) == []


def test_a_changed_or_missing_reveal_file_is_noticed(home: Home, keys: Keys, terms: Terms) -> None:
    seal(home, keys, FILE, WEEK, real_now=SEALED_AT)
    path = reveal(home, keys, terms, WEEK, WEEK.issue_at).path
    path.write_text(path.read_text().replace("net_fees_usd", "fees_usd"))
    assert wrong(home) == [("S1W05", "its reveal file is not the one in the log")]
    path.write_text("{")
    assert wrong(home) == [("S1W05", "its reveal file is no JSON")]
    path.unlink()
    assert wrong(home) == [("S1W05", "its formula is revealed and the reveal file cannot be read")]


def test_a_backdated_or_removed_commitment_is_noticed(home: Home, keys: Keys) -> None:
    seal(home, keys, FILE, WEEK, real_now=WEEK.start)
    for change in ("update commitments set late = false", "update commitments set commitment = ''"):
        with transaction(home) as connection:
            connection.execute(change)
        assert wrong(home) == [("S1W05", "its commitment is not what leaf 0 says")]
    with transaction(home) as connection:
        connection.execute("delete from commitments")
    assert wrong(home) == [("leaf 0", "the log has a commitment that the warehouse has not")]


def test_what_was_never_sealed_is_not_revealed(home: Home, keys: Keys, terms: Terms) -> None:
    with pytest.raises(FormulaError, match="no formula is sealed"):
        reveal(home, keys, terms, WEEK, WEEK.issue_at)
