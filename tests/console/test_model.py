"""The commands around the season's models and leads, in a home that has neither yet."""

from typing import Any

import pytest


@pytest.fixture
def fresh(winnow: Any) -> Any:
    """`winnow` in a new home."""
    assert winnow("init").code == 0
    return winnow


def test_a_home_without_models_and_leads_says_so(fresh: Any) -> None:
    assert fresh("model", "list", "--json").json == []
    assert fresh("leads", "list", "--json").json == []
    assert "0 leads; they hold nobody's points" in fresh("leads", "list").out
    status = fresh("status", "--json").json
    assert (status["model"], status["model_refusal"], status["leads"]) == (None, None, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("model", "train"), "no detection has stored traits yet; run: winnow detect"),
        (("model", "show", "M-1"), "there is no model 'M-1'"),
        (("model", "rule", "M-1", "--by", "ana"), "there is no model 'M-1'"),
        (("leads", "dismiss", "L-1", "--by", "ana", "--reason", "x"), "there is no lead 'L-1'"),
        (("cases", "open", "K-1", "--by", "ana", "--reason", "x"), "there is no detection yet"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_what_is_not_there_is_refused(fresh: Any, words: tuple[str, ...], said: str) -> None:
    answer = fresh(*words)
    assert answer.code == 1
    assert said in answer.err
