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
NOON = datetime(2025, 3, 24, 12, tzinfo=UTC).replace(tzinfo=None)  # as stored


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
    (first, *_) = explained(exchange, as_of).observations
    assert first.startswith("4 owners logged in from device dddddddd… (")
    assert "this device: 4 owners; the median device: 1" in first
    assert DEVICE not in first


def test_two_owners_are_named(exchange, as_of):
    exchange.farm("pair", 2)
    exchange.share_device(DEVICE, ["pair-00000", "pair-00001"])
    (first, *_) = explained(exchange, as_of).observations
    assert first.startswith("pair-00000 and pair-00001 logged in from device dddddddd…")


def test_one_value_is_one_line_and_each_family_speaks_first(exchange, farm, as_of):
    for number in range(5):
        exchange.share_device(str(number) * 64, farm)
    exchange.meet("a" * 64, farm[:2])
    exchange.withdraw("5ink", farm[:3])
    said = explained(exchange, as_of).observations
    device, funding, network, openings, *rest = said
    assert len(said) == 9
    assert device.startswith("4 owners logged in from device")
    assert funding.startswith("3 owners sent funds to address 5ink…")
    assert network.startswith("farm-00000 and farm-00001 were at network address aaaaaaaa…")
    assert openings.startswith("4 of 4 owners opened their first account")
    assert all(sentence.startswith("4 owners logged in") for sentence in rest)


def test_the_value_that_says_most_of_the_case_stands_first(exchange, farm, as_of):
    """Two owners of a rarer device are a stronger pair and yet say less of the case."""
    exchange.share_device("2" * 64, farm[:2])
    first, *rest = explained(exchange, as_of).observations
    assert "dddddddd…" in first
    assert any("22222222…" in sentence for sentence in rest)


def test_owners_at_one_address_need_not_all_have_met(exchange, farm, as_of):
    exchange.meet("a" * 64, farm[:2])
    exchange.meet("a" * 64, farm[2:], hour=NOON + timedelta(days=1))
    (said,) = (s for s in explained(exchange, as_of).observations if "network" in s)
    assert said.startswith(
        "4 owners were at network address aaaaaaaa… in the same hour as another of them ("
    )
    assert "2 pairs" in said


def test_transfers_stay_between_the_two_they_are_of(exchange, farm, as_of):
    for source, destination in ((0, 1), (1, 0), (2, 3), (3, 2)):
        exchange.send(farm[source], farm[destination])
    said = [s for s in explained(exchange, as_of).observations if "transfers" in s]
    assert [sentence.split(" had ")[0] for sentence in said] == [
        "farm-00000 and farm-00001",
        "farm-00002 and farm-00003",
    ]


def openings(exchange, as_of, *hours):
    names = []
    for number, hour in enumerate(hours):
        opened = datetime(2025, 3, 23, tzinfo=UTC).replace(tzinfo=None) + timedelta(hours=hour)
        names.append(exchange.account(f"o-{number}", opened_at=opened))
    exchange.share_device(DEVICE, names)
    return [said for said in explained(exchange, as_of).observations if "opened" in said]


def test_openings_close_together_are_observed(exchange, as_of):
    assert openings(exchange, as_of, 0, 1, 1.5, 2, 400) == [
        "4 of 5 owners opened their first account within 2 hours of each other, "
        "from 2025-03-23 00:00 UTC"
    ]


def test_openings_far_apart_are_not_observed(exchange, as_of):
    assert openings(exchange, as_of, 0, 30, 60, 61) == []


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
