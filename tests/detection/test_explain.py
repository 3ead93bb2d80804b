"""What a moderator reads: observed, rare, and what speaks against it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from detection.detect import NO_PREVIOUS, detect
from detection.explain import explain
from detection.terms import DetectionTerms

TERMS = DetectionTerms()
NORMS = pl.DataFrame({"signal": ["device"], "median_holders": [1]})
DEVICE = "d" * 64


def explained(exchange, as_of):
    found = detect(exchange.sightings(), TERMS, NO_PREVIOUS, as_of)
    accounts = exchange.sightings().accounts.join(found.members, on="account_id", how="semi")
    return explain(found.edges, accounts, NORMS, TERMS, as_of)


@pytest.fixture
def farm(exchange):
    names = exchange.farm("farm", 4)
    exchange.share_device(DEVICE, names)
    return names


def test_the_bars_add_up_to_the_evidence(exchange, farm, as_of):
    exchange.withdraw("sink", farm)
    explanation = explained(exchange, as_of)
    assert [bar.family for bar in explanation.bars] == ["device", "funding"]
    assert sum(bar.millibits for bar in explanation.bars) == explanation.millibits
    assert [bar.pairs for bar in explanation.bars] == [6, 6]


def test_evidence_is_told_with_its_rarity_and_without_the_value(exchange, farm, as_of):
    (first, *_) = explained(exchange, as_of).strongest
    assert first.startswith("farm-00000 and farm-00001 logged in from device dddddddd…")
    assert "this device: 4 owners; median device: 1" in first
    assert DEVICE not in first


def test_counter_evidence_is_told(exchange, as_of):
    opened = datetime(2023, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    exchange.account("old", opened_at=opened, declared_group="desk-7")
    exchange.account("new", opened_at=opened + timedelta(days=700), declared_group="desk-7")
    exchange.share_device(DEVICE, ["old", "new"])
    explanation = explained(exchange, as_of)
    assert explanation.counter_evidence == (
        "all accounts declare the group 'desk-7'",
        "the accounts were opened 700 days apart",
        "1 of 2 accounts are older than a year",
        "all evidence is of one family, device",
    )
    assert explanation.innocent.startswith("a declared group")


def test_a_household_is_the_nearest_innocent_reading_of_one_device(exchange, farm, as_of):
    explanation = explained(exchange, as_of)
    assert explanation.innocent == "a household or friends who share a device"
    assert len(explanation.must_be_false) == 1


def test_nothing_says_that_somebody_cheated(exchange, farm, as_of):
    text = str(explained(exchange, as_of)).lower()
    assert not any(word in text for word in ("cheat", "fraud", "sybil", "fake"))
