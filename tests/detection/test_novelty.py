"""Leads come without a model and without the score: by what is unlike what is usual."""

import numpy as np
import polars as pl
import pytest

from detection import novelty
from detection.account_traits import own_traits
from detection.novelty import (
    ALIKE_NAMES,
    CLUSTER,
    LEADS_SCHEMA,
    OWNER,
    Budget,
    Described,
    find_leads,
    robust_scores,
    stand_out,
)
from tests.detection.people import AS_OF, behaviour, names

ALIKE = range(4)
GROUPS = {"K-alike": names(ALIKE), "K-one": names(range(4, 8)), "K-two": names(range(8, 10))}
ODD = "o00199"
ENORMOUS = ("devices", "addresses", "deposits", "withdrawals", "referees", "trading_days")


@pytest.fixture(scope="module", autouse=True)
def few_drawn():
    """Draw fewer strangers and grow fewer trees: what is tested here stands out far enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(novelty, "DRAWN", 60)
        patch.setattr(novelty, "TREES", 30)
        yield


@pytest.fixture(scope="module")
def described():
    odd = pl.when(pl.col("owner_id") == ODD).then(1_000).otherwise(1)
    people = behaviour(200, alike=[ALIKE]).with_columns(pl.col(ENORMOUS) * odd)
    return Described(own_traits(people, AS_OF), people)


@pytest.fixture(scope="module")
def members():
    rows = [(cluster, owner) for cluster, owners in GROUPS.items() for owner in owners]
    return pl.DataFrame(rows, schema=["cluster_id", "owner_id"], orient="row")


def outside(members, described):
    return described.own.join(members, on="owner_id", how="anti").select("owner_id")


@pytest.fixture(scope="module")
def leads(members, described):
    return find_leads(members, outside(members, described), described, Budget(2, 3), seed=1)


def test_owners_who_do_the_same_stand_out_from_strangers(members, described):
    found = stand_out(members, described, seed=1)
    strange = dict(zip(found.ids, found.strangeness, strict=True))
    assert found.ids.to_list() == ["K-alike", "K-one", "K-two"]
    assert strange["K-alike"] > max(strange["K-one"], strange["K-two"]) + 0.05


def test_the_strangest_come_first_within_the_budget(leads):
    assert leads.schema == LEADS_SCHEMA
    assert leads["kind"].to_list() == [CLUSTER] * 2 + [OWNER] * 3
    assert leads["id"][0] == "K-alike"
    assert leads["id"][2] == ODD
    for _, part in leads.group_by("kind"):
        assert part["strangeness"].is_sorted(descending=True)


def test_a_lead_says_in_words_what_is_strange(leads):
    odd = leads.row(2, named=True)
    assert len(odd["reasons"]) == 3
    assert set(odd["traits"]) <= {f"own_{name}" for name in ENORMOUS}
    assert all(reason.startswith("number of ") for reason in odd["reasons"])
    assert all(reason.endswith(" above what is usual") for reason in odd["reasons"])
    alike = leads.row(0, named=True)
    assert all(trait in ALIKE_NAMES for trait in alike["traits"])
    assert len(alike["reasons"]) == 3
    assert all("what is usual" in reason for reason in alike["reasons"])


def test_nothing_of_the_links_is_looked_at():
    assert not any(
        name.startswith(("links_", "family_", "kind_", "evidence_")) for name in ALIKE_NAMES
    )


def test_the_same_seed_gives_the_same_leads_in_any_order_of_rows(members, described, leads):
    shuffled = Described(described.own.reverse(), described.behaviour.reverse())
    again = find_leads(
        members.reverse(), outside(members, described).reverse(), shuffled, Budget(2, 3), seed=1
    )
    assert again.equals(leads)


def test_of_few_or_of_nobody_there_are_no_leads(members, described):
    nobody = outside(members, described).clear()
    assert find_leads(members.clear(), nobody, described, Budget(), 1).schema == LEADS_SCHEMA
    assert find_leads(members.clear(), nobody, described, Budget(), 1).height == 0
    few = Described(described.own.head(20), described.behaviour.head(20))
    assert find_leads(members, few.own.select("owner_id"), few, Budget(), 1).height == 0


def test_scores_count_standard_deviations_of_the_middle_half():
    draw = np.random.default_rng(2)
    usual = pl.DataFrame({"x": draw.normal(10, 2, 4_000), "y": 1.0})
    asked = pl.DataFrame({"x": [14.0, 10.0, float("nan"), 1_000.0], "y": [1.0, 2.0, 1.0, 1.0]})
    found = robust_scores(asked, usual, ("x", "y"))
    assert found[:, 0] == pytest.approx([2, 0, 0, 8], abs=0.1)
    assert set(found[:, 1]) == {0}  # what never differs says nothing
