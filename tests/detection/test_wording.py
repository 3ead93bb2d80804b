"""No signal comes before a moderator without words, a kind, and a way to its events."""

from typing import Final

import polars as pl
import pytest

from detection.fusion import FAMILIES
from detection.observations import observe
from detection.patterns import PATTERNS
from detection.terms import (
    BurstTerms,
    DetectionTerms,
    HandOverTerms,
    MoveTerms,
    PairTerms,
    SignalTerms,
)
from detection.wording import KIND_OF, MUST_BE_FALSE, READING_OF, TOLD_ONCE, WORDS
from warehouse.evidence_rows import QUERY_OF
from warehouse.findings import EDGES_SCHEMA

WEIGHED: Final = (SignalTerms, PairTerms, BurstTerms, MoveTerms, HandOverTerms)
# Terms that weigh more than one signal.
TOGETHER: Final = {
    "direct": {"counterparty", "ring"},
    "network": {"network", "home"},
    "referral": {"referral", "siblings"},
}
UNUSUAL: Final = {
    "hand_over",
    "moved",
    "siblings",
}  # nobody has them, so what is usual goes without saying
KNOWN: Final = {"said": WORDS, "reading": READING_OF, "rows": QUERY_OF, "notice": dict(PATTERNS)}
NOTHING: Final = pl.DataFrame(schema={"signal": pl.String, "median_holders": pl.Int64})


def signals() -> set[str]:
    """Every signal that the terms weigh."""
    named = [name for name, terms in DetectionTerms() if isinstance(terms, WEIGHED)]
    return set().union(*(TOGETHER.get(name, {name}) for name in named))


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_every_signal_is_known(known):
    assert set(known) == signals()


@pytest.mark.parametrize("known", [KIND_OF, MUST_BE_FALSE], ids=["kind", "doubt"])
def test_every_family_is_known(known):
    assert set(known) == set(FAMILIES)


def edges(signal: str, owners: int, family: str = "device") -> pl.DataFrame:
    names = [f"o{number}" for number in range(owners)]
    rows = [
        (a, b, family, signal, f"{a}|{b}" * 20, 9, 9_000, True, None, None, 2, a, b)
        for a in names
        for b in names
        if a < b
    ]
    return pl.DataFrame(rows, schema=EDGES_SCHEMA, orient="row")


@pytest.mark.parametrize("signal", sorted(signals()))
@pytest.mark.parametrize("owners", [2, 3])
def test_every_signal_is_a_sentence_with_its_rarity(signal, owners):
    norms = pl.DataFrame({"signal": list(WORDS), "median_holders": [3] * len(WORDS)})
    sentence = observe(edges(signal, owners), norms)[0].sentence
    assert "{" not in sentence
    assert "; 9.0 bits" in sentence
    assert (": 3;" in sentence) == (signal not in UNUSUAL)


def test_the_rarity_reads_as_words():
    norms = pl.DataFrame({"signal": ["device"], "median_holders": [1]})
    (one,) = observe(edges("device", 2), norms)
    assert "(this device: 9 owners; the median device: 1; 9.0 bits; 2 sightings)" in one.sentence


def test_a_signal_without_words_is_refused():
    with pytest.raises(KeyError, match="aura"):
        observe(edges("aura", 2), NOTHING)


def test_a_family_without_a_kind_is_refused():
    with pytest.raises(KeyError, match="stars"):
        observe(edges("device", 2, family="stars"), NOTHING)


def test_what_is_true_of_many_pairs_is_told_once():
    for signal in TOLD_ONCE:
        (one,) = observe(edges(signal, 4), NOTHING)
        assert (one.pairs, one.owners) == (6, ("o0", "o1", "o2", "o3"))
    assert len(observe(edges("replay", 4), NOTHING)) == 6
