"""Mix files: what they change, and what is refused."""

import pytest

from simulator.mix import Mix, parse_mix
from simulator.people import PATTERNS, check_plan, honest_accounts
from simulator.season import SeasonPlan
from simulator.simulation import simulate

LEVELS = {"A1": 1, "A2": 3, "household": 0}


def test_an_empty_file_changes_nothing() -> None:
    assert parse_mix("", LEVELS) == Mix()


def test_what_is_named_is_changed_and_nothing_else() -> None:
    mix = parse_mix(
        "farm_volume_bps = 500\n[share_bps]\nA1 = 700\nhousehold = 0\n[levels]\nA2 = [0, 1, 4]\n",
        LEVELS,
    )
    assert mix == Mix({"A1": 700, "household": 0}, {"A2": (0, 1, 4)}, 500)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("shares = 3", "unknown key"),
        ("share_bps = 3", "must be a table"),
        ("[share_bps]\nA9 = 3", "known are A1, A2, household"),
        ("[share_bps]\nA1 = 10001", "from 0 to 10000"),
        ("[share_bps]\nA1 = 1.5", "whole number"),
        ("[share_bps]\nA1 = true", "whole number"),
        ("[share_bps]\nA1 = 6000\nA2 = 6000", "add up to 12000"),
        ("[levels]\nA2 = [1, 1]", "list of 3"),
        ("[levels]\nA2 = [0, 0, 0]", "one level at least"),
        ("[levels]\nhousehold = []", "list of 0"),
        ("farm_volume_bps = 9500", "at most 9000"),
        ("= 3", "no TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_mix(text, LEVELS)


def test_a_share_moves_accounts_from_the_honest_to_the_pattern() -> None:
    usual = SeasonPlan(1, accounts=20_000)
    more = SeasonPlan(1, accounts=20_000, mix=Mix({"A1": 1_200}))
    naive = next(pattern for pattern in PATTERNS if pattern.name == "A1")
    assert naive.count(more) == 2_400
    assert honest_accounts(usual) - honest_accounts(more) == 2_400 - naive.count(usual)


@pytest.mark.parametrize(
    ("share", "why"),
    [({"A1": 9_900}, "accounts to the honest"), ({"market_maker": 0}, "nobody answers a trade")],
)
def test_a_mix_without_honest_people_or_market_makers_is_refused(share, why, tmp_path) -> None:
    plan = SeasonPlan(1, accounts=1_000, mix=Mix(share))
    with pytest.raises(ValueError, match=why):
        check_plan(plan)
    with pytest.raises(ValueError, match=why):
        simulate(plan, tmp_path / "events")
    assert not list(tmp_path.iterdir())
