"""`winnow cases notice`: looked at first, then written; one case or all that wait."""

from pathlib import Path
from typing import Any

import pytest

from warehouse.connection import transaction
from warehouse.home import open_home

CASES = ("C-1", "C-2")
AT = ("--now", "2025-04-04T02:00:00Z")


@pytest.fixture
def home(winnow: Any, tmp_path: Path) -> Path:
    """A rehearsal with two decided cases of two owners each, of whom nobody has points."""
    assert winnow("init", "--rehearsal").code == 0
    root = tmp_path / "home"
    with transaction(open_home(root)) as connection:
        for number, case_id in enumerate(CASES, 1):
            connection.execute(
                "insert into cases (case_id, cluster_id, root, state, score, opened_at, opened_by) "
                "values ($1, 'K-1', $1, 'open', 0.9, '2025-03-27', 'run-1')",
                [case_id],
            )
            connection.execute(
                "insert into case_moves (case_id, seq, number, move, state, moved_by, moved_at, "
                "reason, evidence_sha256) "
                "values ($1, 1, $2, 'opened', 'open', 'run-1', '2025-03-27', 'seen', '')",
                [case_id, number],
            )
            for member in ("one", "two"):
                connection.execute(
                    "insert into case_members values ($1, $2, $2, '2025-03-27', 1)",
                    [case_id, f"{member}-of-{case_id}"],
                )
    for case_id in CASES:
        decided = winnow(*AT, "cases", "decide", case_id, "--confirm", "--by", "anna",
                         "--reason", "seen")  # fmt: skip
        assert (decided.code, decided.err) == (0, "")
    return root


def test_a_preview_shows_the_text_and_writes_nothing(winnow: Any, home: Path) -> None:
    shown = winnow(*AT, "cases", "notice", "C-1", "--by", "sue", "--preview")
    assert shown.code == 0
    assert "REHEARSAL" in shown.out
    assert "To one-of-C-1" in shown.out
    assert "You may appeal until 2025-04-18 02:00 UTC." in shown.out
    read = winnow(*AT, "cases", "notice", "--all", "--by", "sue", "--preview", "--json").json
    assert sorted({document["case"] for document in read}) == list(CASES)
    assert not (home / "notices").exists()


def test_one_case_is_noticed_and_then_there_is_nothing_more_to_say(winnow: Any, home: Path) -> None:
    given = winnow(*AT, "cases", "notice", "C-1", "--by", "sue")
    assert given.code == 0
    assert "2025-04-18 02:00 UTC" in given.out
    assert len(list((home / "notices" / "C-1" / "2").iterdir())) == 4
    assert "given already" in winnow(*AT, "cases", "notice", "C-1", "--by", "sue").out
    assert winnow("cases", "list", "--state", "noticed", "--json").json[0]["case_id"] == "C-1"


def test_all_are_those_that_wait(winnow: Any, home: Path) -> None:
    winnow(*AT, "cases", "notice", "C-1", "--by", "sue")
    (given,) = winnow(*AT, "cases", "notice", "--all", "--by", "sue", "--json").json
    assert (given["case"], given["until"]) == ("C-2", "2025-04-18T02:00:00Z")
    assert winnow(*AT, "cases", "notice", "--all", "--by", "sue", "--json").json == []
    assert "none" in winnow(*AT, "cases", "notice", "--all", "--by", "sue").out
    assert "no notice is due" in winnow("cases", "notice", "--all", "--by", "sue", "--preview").out


@pytest.mark.parametrize("words", [(), ("C-1", "--all")])
def test_it_is_one_case_or_all(winnow: Any, home: Path, words: tuple[str, ...]) -> None:
    assert winnow(*AT, "cases", "notice", *words, "--by", "sue").code == 2


def test_an_unknown_case_is_refused(winnow: Any, home: Path) -> None:
    refused = winnow(*AT, "cases", "notice", "C-404", "--by", "sue")
    assert refused.code == 1
    assert "C-404" in refused.err
