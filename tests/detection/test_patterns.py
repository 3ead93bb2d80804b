"""An owner reads what was observed of them: the pattern, and nothing of anybody else."""

import re

import polars as pl
import pytest

from detection.patterns import LOOKED_AT_TOGETHER, PATTERNS, observed_patterns
from detection.terms import (
    BurstTerms,
    DetectionTerms,
    HandOverTerms,
    MoveTerms,
    PairTerms,
    SignalTerms,
)
from warehouse.findings import EDGES_SCHEMA

WORDS = dict(PATTERNS)
FAMILY = {"device": "device", "network": "network"}


def edge(a: str, b: str, signal: str, *, two_sided: bool) -> tuple:
    """One edge as the warehouse has it; its numbers would be seen in any text that held them."""
    return (
        f"{a}-1", f"{b}-1", FAMILY.get(signal, "funding"), signal, "ab" * 32, 77, 12_345,
        two_sided, None, None, 6_789, a, b,
    )  # fmt: skip


def evidence(*edges: tuple) -> pl.DataFrame:
    return pl.DataFrame(list(edges), schema=EDGES_SCHEMA, orient="row")


def test_two_sided_patterns_are_told_most_telling_first():
    seen = evidence(
        edge("ann", "bob", "network", two_sided=False),
        edge("ann", "bob", "direct_transfer", two_sided=True),
        edge("ann", "bob", "device", two_sided=True),
    )
    assert observed_patterns(seen, "ann") == (WORDS["device"], WORDS["direct_transfer"])


def test_where_nothing_is_two_sided_the_rest_is_told():
    seen = evidence(
        edge("ann", "bob", "network", two_sided=False),
        edge("ann", "cyd", "deposit_source", two_sided=False),
    )
    assert observed_patterns(seen, "ann") == (WORDS["deposit_source"], WORDS["network"])


def test_what_others_did_is_not_told():
    seen = evidence(
        edge("ann", "bob", "device", two_sided=True),
        edge("bob", "cyd", "withdrawal_destination", two_sided=True),
    )
    assert observed_patterns(seen, "ann") == (WORDS["device"],)
    assert observed_patterns(seen, "cyd") == (WORDS["withdrawal_destination"],)


def test_a_pattern_is_told_once_however_often_it_was_seen():
    seen = evidence(*(edge("ann", name, "device", two_sided=True) for name in ("bob", "cyd")))
    assert observed_patterns(seen, "ann") == (WORDS["device"],)
    assert observed_patterns(seen.head(1), "ann") == (WORDS["device"],)


def test_an_owner_whom_no_evidence_touches_is_told_that_it_was_looked_at():
    seen = evidence(edge("ann", "bob", "device", two_sided=True))
    assert observed_patterns(seen, "new-owner") == (LOOKED_AT_TOGETHER,)


@pytest.mark.parametrize("sentence", [*WORDS.values(), LOOKED_AT_TOGETHER])
def test_the_words_hold_no_number_and_accuse_nobody(sentence: str):
    assert not re.search(r"\d", sentence)
    assert not re.search(
        r"cheat|fraud|sybil|farm|abus|violat|illegal|fake", sentence, re.IGNORECASE
    )
    assert sentence.startswith(("Your account", "Funds"))
    assert sentence.endswith(".")


def test_every_signal_of_the_detection_has_its_words():
    signals = {
        name
        for name, value in DetectionTerms()
        if isinstance(value, SignalTerms | PairTerms | BurstTerms | MoveTerms | HandOverTerms)
    }
    assert signals - {"direct"} | {"counterparty", "ring", "home", "siblings"} == set(WORDS)
