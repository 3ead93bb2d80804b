"""Which findings open a case, extend one, or bring a settled one back."""

from datetime import timedelta

import polars as pl
import pytest

from detection.cases import decide_cases
from detection.detect import NO_PREVIOUS, detect
from detection.terms import DetectionTerms
from warehouse.findings import CASE_MEMBERS_SCHEMA, EDGES_SCHEMA, CaseBook

TERMS = DetectionTerms()
CASES_SCHEMA = {"case_id": pl.String, "cluster_id": pl.String, "state": pl.String}


def book(*changes_and_states):
    """A book as the warehouse would hold it after the changes, each case in a state."""
    cases, members, evidence = [], [], []
    for change, state in changes_and_states:
        cases.append((change.case_id, change.cluster_id, state))
        case = pl.lit(change.case_id).alias("case_id")
        members.append(change.members.select(case, "account_id", "owner_id"))
        evidence.append(change.evidence.select(case, *EDGES_SCHEMA.names()))
    return CaseBook(
        pl.DataFrame(cases, schema=CASES_SCHEMA, orient="row"),
        pl.concat([pl.DataFrame(schema=CASE_MEMBERS_SCHEMA), *members]),
        pl.concat([pl.DataFrame(schema={"case_id": pl.String(), **EDGES_SCHEMA}), *evidence]),
    )


def decided(exchange, cases, as_of):
    found = detect(exchange.sightings(), TERMS, NO_PREVIOUS, as_of)
    return decide_cases(found, cases, TERMS, as_of)


@pytest.fixture
def farm(exchange):
    names = exchange.farm("farm", 6)
    exchange.share_device("phone", names)
    return names


@pytest.fixture
def opened(exchange, farm, as_of):
    """The one case that the farm opens."""
    (change,) = decided(exchange, book(), as_of)
    return change


def test_a_flagged_cluster_opens_a_case_with_all_it_rests_on(opened, farm):
    assert opened.move == "opened"
    assert opened.case_id.startswith("C-")
    assert opened.members["account_id"].to_list() == farm
    assert opened.evidence.height == 15
    assert opened.reason == "6 owners share evidence of device"


@pytest.mark.parametrize("state", ["open", "confirmed", "dismissed"])
def test_the_same_findings_change_nothing(exchange, opened, state, as_of):
    assert decided(exchange, book((opened, state)), as_of + timedelta(days=7)) == ()


@pytest.mark.parametrize("state", ["open", "confirmed"])
def test_a_case_gains_accounts_and_keeps_its_id(exchange, opened, state, as_of):
    exchange.share_device("phone", exchange.farm("late", 2))
    (change,) = decided(exchange, book((opened, state)), as_of)
    assert (change.case_id, change.move) == (opened.case_id, "gained")
    assert change.members["account_id"].to_list() == ["late-00000", "late-00001"]
    assert change.evidence.height == 13


def test_a_dismissed_case_comes_back_with_new_two_sided_evidence(exchange, opened, farm, as_of):
    exchange.withdraw("sink", farm[:3])
    (change,) = decided(exchange, book((opened, "dismissed")), as_of)
    assert (change.case_id, change.move) == (opened.case_id, "reopened")
    assert change.evidence["signal"].to_list() == ["withdrawal_destination"] * 3
    assert change.members.is_empty()


def test_dust_does_not_bring_a_dismissed_case_back(exchange, opened, farm, as_of):
    exchange.fund("attacker", farm)
    exchange.meet("vpn", farm)
    assert decided(exchange, book((opened, "dismissed")), as_of) == ()


def test_part_of_a_dismissed_case_opens_no_other(exchange, opened, farm, as_of):
    part = type(exchange)()
    part.farm("farm", 6)
    part.share_device("phone", farm[:4])
    assert decided(part, book((opened, "dismissed")), as_of) == ()


def test_one_owner_in_common_is_not_the_same_case(exchange, opened, farm, as_of):
    other = type(exchange)()
    other.farm("farm", 6)
    other.share_device("tablet", [farm[0], *other.farm("new", 4)])
    (change,) = decided(other, book((opened, "dismissed")), as_of)
    assert change.move == "opened"
    assert change.case_id != opened.case_id


def test_two_parts_of_one_case_give_one_change(exchange, opened, farm, as_of):
    split = type(exchange)()
    split.farm("farm", 6)
    for device, names in (("left", farm[:3]), ("right", farm[3:])):
        split.share_device(device, names)
    (change,) = decided(split, book((opened, "open")), as_of)
    assert change.case_id == opened.case_id
    assert change.evidence["value_hash"].to_list() == ["left"] * 3 + ["right"] * 3


def test_an_account_that_passes_to_another_owner_brings_that_owner_in(
    exchange, opened, farm, as_of
):
    exchange.account(farm[0], owner="buyer")
    exchange.devices.clear()
    exchange.share_device("phone", farm)
    (change,) = decided(exchange, book((opened, "open")), as_of)
    assert (change.move, change.case_id) == ("gained", opened.case_id)
    assert change.members.rows() == [(farm[0], "buyer")]
