"""`winnow wash` shows a week's volume before and after its issue, to people and to programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OWNERS, copy_home


@pytest.fixture
def season(prepared: Path, tmp_path: Path) -> Path:
    """A home with two weeks of trades, none issued."""
    return copy_home(prepared, tmp_path).root


def test_a_week_is_shown_by_market_before_it_is_issued_and_as_it_was_counted_after(
    winnow: Any, season: Path
) -> None:
    assert season.is_dir()
    shown = winnow("wash", "S1W01")
    assert shown.code == 0, shown
    assert "the books are open" in shown.out
    assert "count in no measure" in shown.out
    assert any(line.split()[:1] == ["SOL-USDC"] for line in shown.out.splitlines())
    before = winnow("wash", "S1W01", "--json").json
    assert winnow("--now", "2025-03-28T02:00:00Z", "issue", "S1W01").code == 1  # no rehearsal
    assert winnow("issue", "S1W01").code == 0
    after = winnow("wash", "S1W01", "--json").json
    assert (before.pop("counted"), after.pop("counted")) == ("open", "issued")
    assert before == after
    (market,) = after["markets"]
    assert market["market"] == "SOL-USDC"
    assert market["round_trip_usd"] == "0.0000000000"
    assert after["owners"] == []


def test_one_owner_is_shown_alone_and_who_did_not_trade_is_told_so(
    winnow: Any, season: Path
) -> None:
    assert season.is_dir()
    shown = json.loads(winnow("wash", "S1W02", "--owner", OWNERS[3], "--json").out)
    (owner,) = shown["owners"]
    assert owner["owner_id"] == OWNERS[3]
    assert owner["qualified_usd"] == owner["notional_usd"] != "0.0000000000"
    assert "traded with nobody else" in winnow("wash", "S1W02", "--owner", "nobody").out
    assert winnow("wash", "S9W01").code == 1
