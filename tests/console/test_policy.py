"""`winnow policy`: sentences for people, strings of micropoints for machines."""

from pathlib import Path

import pytest

RULES = """
version = "ours"
appeal_days = 7
tolerated_accounts = 2
reach_back_weeks = 0
[deciding]
alone_owners = 0
alone_points = 0
[[rule]]
name = "sure"
keep_bps = 1250
least_score = "0.90"
why = "It was seen."
[[rule]]
name = "rest"
keep_bps = 10000
why = "It was seen."
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "ours.toml"
    path.write_text(RULES)
    return str(path)


def test_a_file_is_explained_without_a_home(winnow, rules) -> None:
    shown = winnow("policy", "show", rules)
    assert shown.code == 0
    assert "Rule 1, sure: a score of at least 0.9: keeps 12.5 %." in shown.out
    assert "No decision reaches back" in shown.out
    read = winnow("policy", "show", rules, "--json").json
    assert (read["version"], read["appeal_days"], len(read["sha256"])) == ("ours", 7, 64)
    assert read["rule"][0]["least_score"] == "0.9"


def test_the_home_has_a_policy_from_its_first_day(winnow) -> None:
    assert winnow("init").code == 0
    assert "Policy preset-1" in winnow("policy", "show").out
    shown = winnow("policy", "preview")
    assert (shown.code, shown.err) == (0, "")
    assert "large-group" in shown.out
    assert "two people must decide: none" in shown.out


def test_another_policy_is_tried_out_on_the_home(winnow, rules) -> None:
    winnow("init")
    seen = winnow("policy", "preview", rules, "--json").json
    assert [rule["rule"] for rule in seen["rules"]] == ["tolerance", "sure", "rest"]
    assert seen["held_micropoints"] == "0"
    assert seen["rules"][1]["seized_micropoints"] == "0"


def test_what_is_wrong_is_said_in_one_line(winnow, rules) -> None:
    Path(rules).write_text(RULES.replace("keep_bps = 10000", "keep_bps = 10001"))
    refused = winnow("policy", "show", rules)
    assert refused.code == 1
    assert "10001" in refused.err
    assert refused.err.count("\n") == 1
