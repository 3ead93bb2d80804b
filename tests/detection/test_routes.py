"""Who of a cluster comes before a moderator, and what the evidence alone says of it."""

from dataclasses import replace
from itertools import combinations

import polars as pl
import pytest

from detection.detect import NO_PREVIOUS, detect
from detection.routes import BRIDGE, FLAGGED, NO_PROBABILITIES, PASSED, SPARED, by_rules, route
from detection.sparing import Tolerance
from detection.terms import DetectionTerms
from tests.detection.people import AS_OF, detection_of, names
from warehouse.findings import ACCOUNTS_SCHEMA


@pytest.fixture
def farm(exchange):
    """Ten who share a device and a wallet."""
    return share_much(exchange, exchange.farm("farm", 10))


def share_much(exchange, accounts):
    exchange.share_device(f"{accounts[0]}'s computer", accounts)
    exchange.withdraw(f"{accounts[0]}'s wallet", accounts)
    return accounts


def routed(exchange, as_of, probabilities=NO_PROBABILITIES, **terms):
    seen, terms = exchange.sightings(), DetectionTerms(**terms)
    found = detect(seen, terms, NO_PREVIOUS, as_of)
    return route(found, seen.accounts, Tolerance(), terms, probabilities)


def test_an_honest_account_with_one_tie_to_a_farm_is_linked_and_not_asked_about(
    exchange, farm, as_of
):
    honest = exchange.account("honest")
    exchange.withdraw("a merchant's wallet", [honest, farm[0]])
    for place in ("home", "office", "gym"):
        exchange.meet(place, [honest, exchange.account(f"friend-{place}")])
    found = routed(exchange, as_of)
    assert found.flagged["owner_id"].to_list() == farm
    assert found.owners.filter(spared=BRIDGE)["owner_id"].to_list() == [honest]
    assert found.clusters.height == 1
    without = routed(exchange, as_of, least_membership=0)
    assert without.flagged["owner_id"].to_list() == [*farm, honest]


def test_dust_to_strangers_spares_nobody(exchange, as_of):
    """An operator's own account is no bridge because of what it sends to others."""
    farm = exchange.farm("farm", 4)
    exchange.share_device("computer", farm)
    for stranger in exchange.farm("victim", 70):
        exchange.send(farm[0], stranger)
    probable = routed(exchange, as_of).clusters.select("cluster_id", probability=pl.lit(0.99))
    found = routed(exchange, as_of, probable)
    assert found.flagged["owner_id"].to_list() == farm
    assert found.owners["spared"].null_count() == 4


def test_a_model_brings_no_bridge_either(exchange, farm, as_of):
    honest = exchange.account("honest")
    exchange.withdraw("a merchant's wallet", [honest, farm[0]])
    (cluster,) = routed(exchange, as_of).clusters["cluster_id"]
    likely = pl.DataFrame({"cluster_id": [cluster], "probability": [0.99]})
    found = routed(exchange, as_of, likely)
    assert found.clusters["routes"].to_list() == [["graph", "model"]]
    assert found.flagged["owner_id"].to_list() == farm


@pytest.mark.parametrize(("family", "cut"), [("funding", True), ("direct", False)])
def test_who_trades_in_concert_with_one_of_them_is_no_bystander(family, cut):
    group, one = names(range(10)), "o00010"
    links = [(a, b, 9_000) for a, b in combinations(group, 2)]
    links += [(group[0], one, 7_000)]
    found = detection_of({"K-1": [*group, one]}, links)
    theirs = pl.when(pl.col("owner_b") == one).then(pl.lit(family)).otherwise("family")
    found = replace(found, edges=found.edges.with_columns(family=theirs))
    accounts = [(who, who, AS_OF.replace(tzinfo=None), None, "retail") for who in [*group, one]]
    likely = pl.DataFrame({"cluster_id": ["K-1"], "probability": [0.99]})
    accounts = pl.DataFrame(accounts, schema=ACCOUNTS_SCHEMA, orient="row")
    asked = route(found, accounts, Tolerance(), DetectionTerms(), likely).flagged["owner_id"]
    assert (one not in asked) == cut
    assert set(group) <= set(asked)


def test_what_the_evidence_alone_says_does_not_depend_on_a_model(exchange, farm, as_of):
    desk = [exchange.account(f"desk-{n}", declared_group="desk") for n in range(5)]
    share_much(exchange, desk)
    couple = exchange.farm("couple", 2)
    exchange.share_device("tablet", couple)
    found = routed(exchange, as_of)
    cluster_of = dict(found.owners.select("owner_id", "cluster_id").iter_rows())
    said = dict(by_rules(found).iter_rows())
    assert [said[cluster_of[group[0]]] for group in (farm, desk, couple)] == [
        FLAGGED,
        SPARED,
        PASSED,
    ]
    likely = found.clusters.select("cluster_id", probability=pl.lit(0.99))
    assert by_rules(routed(exchange, as_of, likely)).equals(by_rules(found))
