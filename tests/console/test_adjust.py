"""`winnow adjust` and `winnow drop` as two people type them."""

from pathlib import Path

import pytest

from console.cli import REFUSED

DROP = """
season = 1
kind = "bonus"
budget = "corrections"
name = "launch"
reason = "thanks for testing"

[[line]]
owner = "ana"
points = "12.5"

[[line]]
owner = "ben"
points = "1"
"""


@pytest.fixture
def gift(winnow, tmp_path: Path) -> str:
    assert winnow("init", "--rehearsal").code == 0
    path = tmp_path / "gift.toml"
    path.write_text(DROP)
    return str(path)


def test_two_people_give_a_bonus(winnow, gift):
    shown = winnow("drop", gift, "--preview", "--json").json
    assert (shown["state"], shown["given_micropoints"]) == ("preview", "13500000")
    proposed = winnow("drop", gift, "--by", "anna")
    assert "waits" in proposed.out or "second person" in proposed.out
    assert f"winnow drop {gift} --by NAME" in proposed.out
    assert "2 owners have no points so far" in proposed.err
    (waiting,) = winnow("drop", "--pending", "--json").json
    assert (waiting["name"], waiting["proposed_by"]) == ("launch", "anna")
    assert "launch" in winnow("drop", "--pending").out
    refused = winnow("drop", gift, "--by", "anna")
    assert refused.code == REFUSED
    assert "two people" in refused.err
    done = winnow("drop", gift, "--by", "ben", "--json").json
    assert (done["state"], done["batch"]) == ("done", "S1W00/drop/launch")
    assert done["budget"] == {
        "name": "corrections",
        "limit_micropoints": "250000000000",
        "spent_before_micropoints": "0",
        "spent_after_micropoints": "13500000",
    }
    again = winnow("drop", gift, "--by", "carl")
    assert again.code == 0
    assert "was done before" in again.out
    assert winnow("drop", "--pending", "--json").json == []
    assert winnow("verify", "--replay", "--json").json["findings"] == []


def test_what_was_proposed_is_withdrawn(winnow, gift):
    winnow("drop", gift, "--by", "anna")
    said = winnow("drop", gift, "--withdraw", "--by", "anna")
    assert "is withdrawn by anna" in said.out
    winnow("drop", gift, "--by", "anna")
    assert winnow("drop", gift, "--withdraw", "--by", "ben", "--json").json["state"] == "withdrawn"
    assert winnow("drop", gift, "--withdraw", "--by", "ben").code == REFUSED


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("--preview", "--pending"), 2, "choose one"),
        ((), 2, "--by NAME"),
        (("--withdraw",), 2, "--by NAME"),
        (("--by", ""), REFUSED, "no name"),
    ],
)
def test_what_says_too_little_or_too_much_is_refused(winnow, gift, words, code, complaint):
    said = winnow("drop", gift, *words)
    assert (said.code, complaint in said.err) == (code, True)


def test_a_missing_file_is_told_in_one_line(winnow, gift):
    assert winnow("adjust").code == 2
    said = winnow("adjust", f"{gift}.none", "--preview")
    assert said.code == REFUSED
    assert "no such file" in said.err.lower()


def test_a_week_that_is_not_issued_is_not_adjusted_and_has_nothing_late(winnow, gift, tmp_path):
    path = tmp_path / "late.toml"
    path.write_text(DROP.replace('kind = "bonus"', "week = 1"))
    said = winnow("adjust", str(path), "--by", "anna", "--json")
    assert said.code == REFUSED
    assert "'S1W01' is not issued yet" in said.json["error"]
    late = winnow("adjust", "--late", "S1W01")
    assert late.code == REFUSED
    assert "are not closed" in late.err
