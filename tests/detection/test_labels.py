"""Labels follow from what stands decided, and say how far to trust it."""

from datetime import UTC, datetime

import polars as pl
import pytest

from detection.labels import (
    CLUSTER_LABELS_SCHEMA,
    G1,
    G2,
    T2,
    T3,
    T4,
    TIER_WEIGHT_MILLIS,
    cluster_labels,
    owner_labels,
    weak_labels,
)
from warehouse.findings import CASE_MEMBERS_SCHEMA
from warehouse.moves import Move

OWNERS = ("ann", "ben")


class Case:
    """The moves of one case, one after the other."""

    def __init__(self, case_id="C-1", owners=OWNERS, first=1):
        self.case_id, self.owners, self.first = case_id, owners, first
        self.moves, self.verdicts, self.digest = [], [], "e1"
        self.move("opened", by="D-1")

    def move(self, move, by="mia", owner=None, cleared=None):
        seq = len(self.moves) + 1
        at = datetime(2025, 3, 27, tzinfo=UTC)
        number = self.first + seq
        self.moves.append(
            Move(self.case_id, seq, number, move, "", by, at, "why", self.digest, owner)
        )
        if cleared is not None:
            concerned = self.owners if owner is None else (owner,)
            self.verdicts += [
                (self.case_id, seq, name, "cleared" if name in cleared else "confirmed")
                for name in concerned
            ]
        return self


def labels(*cases):
    members = [(case.case_id, name, name) for case in cases for name in case.owners]
    verdicts = [row for case in cases for row in case.verdicts]
    found = owner_labels(
        [move for case in cases for move in case.moves],
        pl.DataFrame(members, schema=CASE_MEMBERS_SCHEMA, orient="row"),
        pl.DataFrame(
            verdicts,
            schema={
                "case_id": pl.String,
                "seq": pl.Int32,
                "owner_id": pl.String,
                "verdict": pl.String,
            },
            orient="row",
        ),
    )
    return {owner: (label, tier) for owner, _, label, tier in found.rows()}


def test_one_moderator_is_one_moderator_either_way():
    both = (1, T3), (0, T3)
    assert labels(Case().move("partly", cleared=["ben"])) == dict(zip(OWNERS, both, strict=True))
    assert labels(Case().move("dismiss")) == {"ann": (0, T3), "ben": (0, T3)}


def test_two_who_agree_weigh_more_and_two_who_differ_do_not():
    agreed = Case().move("propose", cleared=[]).move("review", by="max")
    agreed.move("confirm", by="max", cleared=[])
    assert labels(agreed) == {"ann": (1, T2), "ben": (1, T2)}
    differ = Case().move("propose", cleared=[]).move("partly", by="max", cleared=["ben"])
    assert labels(differ) == {"ann": (1, T2), "ben": (0, T3)}
    alone = Case().move("propose", cleared=[]).move("confirm", by="mia", cleared=[])
    assert labels(alone)["ann"] == (1, T3)


def test_a_proposal_on_other_evidence_seconds_nothing():
    case = Case().move("propose", cleared=[])
    case.digest = "e2"
    case.move("gained", by="D-2").move("confirm", by="max", cleared=[])
    assert labels(case)["ann"] == (1, T3)


def test_a_second_person_may_agree_later():
    case = Case().move("partly", cleared=["ben"]).move("notice").move("agree", by="max")
    assert labels(case) == {"ann": (1, T2), "ben": (0, G1)}


@pytest.mark.parametrize(
    ("answer", "cleared", "expected"),
    [("reject", None, (1, T2)), ("uphold", ["ann"], (0, G1)), ("uphold", [], (1, T2))],
)
def test_an_answered_appeal_settles_whom_it_concerns(answer, cleared, expected):
    case = Case().move("confirm", cleared=[]).move("notice").move("appeal", by="ann", owner="ann")
    case.move(answer, by="max", owner="ann", cleared=cleared)
    assert labels(case) == {"ann": expected, "ben": (1, T3)}


@pytest.mark.parametrize("undone", ["withdraw", "reopened"])
def test_what_is_undone_is_no_label(undone):
    decided = "dismiss" if undone == "reopened" else "confirm"
    case = Case().move(decided, cleared=[] if decided == "confirm" else None).move(undone)
    assert labels(case) == {}


def test_the_better_tier_of_two_cases_counts():
    first = Case().move("propose", cleared=[]).move("confirm", by="max", cleared=[])
    second = Case("C-2", ("ann",), first=100).move("dismiss")
    assert labels(first, second) == {"ann": (1, T2), "ben": (1, T2)}


def members(**clusters):
    rows = [("S1W01", cluster, owner) for cluster, owners in clusters.items() for owner in owners]
    return pl.DataFrame(rows, schema=["week", "cluster_id", "owner_id"], orient="row")


def test_a_cluster_is_labelled_when_most_owners_are_decided_one_way():
    decided = pl.DataFrame(
        [
            ("a", "C", 1, T2),
            ("b", "C", 1, T3),
            ("c", "C", 1, T2),
            ("d", "C", 0, G1),
            ("e", "C", 0, T3),
        ],
        schema=["owner_id", "case_id", "label", "tier"],
        orient="row",
    )
    found = cluster_labels(members(K1="abcx", K2="axyz", K3="ad", K4="de", K5="abcd"), decided)
    assert found.schema == CLUSTER_LABELS_SCHEMA
    assert found.select("cluster_id", "label", "tier").rows() == [
        ("K1", 1, T2),
        ("K4", 0, T3),  # of two tiers the worse half counts
        ("K5", 1, T2),
    ]
    assert found["weight_millis"].to_list() == [TIER_WEIGHT_MILLIS[t] for t in (T2, T3, T2)]


def test_what_nobody_decided_has_the_weakest_labels():
    rows = pl.DataFrame(
        {
            "week": "S1W01",
            "cluster_id": ["K1", "K2", "K3", "K4", "K5", "K6"],
            "by_rules": ["flagged", "passed", "passed", "flagged", "spared", "spared"],
            "flat_tenure": [1.0, 1.0, 9.0, 9.0, 1.0, 9.0],
        }
    )
    known = pl.DataFrame([("S1W01", "K1", 1, T3, 500)], schema=CLUSTER_LABELS_SCHEMA, orient="row")
    found = weak_labels(rows, known)
    assert found.select("cluster_id", "label", "tier").rows() == [
        ("K2", 0, T4),
        ("K3", 0, G2),
        ("K4", 1, T4),
    ], "and of whom the policy spares, nothing is taught"
