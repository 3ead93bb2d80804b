"""Which findings open a case, extend one, follow one up, or bring a settled one back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.cases import decide_cases
from detection.detect import NO_PREVIOUS, detect
from detection.terms import DetectionTerms
from warehouse.findings import (
    CASE_MEMBERS_SCHEMA,
    CLUSTERS_SCHEMA,
    EDGES_SCHEMA,
    HUBS_SCHEMA,
    INSTANT,
    MEMBERS_SCHEMA,
    CaseBook,
    Detection,
)
from warehouse.moves import ALLOWED_MOVES, DECIDED, STATES

TERMS = DetectionTerms()
NOON = datetime(2025, 3, 24, 12, tzinfo=UTC).replace(tzinfo=None)
CASES_SCHEMA = {
    "case_id": pl.String,
    "root": pl.String,
    "follows": pl.String,
    "cluster_id": pl.String,
    "state": pl.String,
    "place": pl.Int32,
    "final_at": INSTANT,
}
VERDICTS_SCHEMA = {"case_id": pl.String, "owner_id": pl.String, "keep_bps": pl.Int32}


@dataclass
class Books:
    """The cases as the warehouse would hold them, moved by hand."""

    cases: dict[str, dict] = field(default_factory=dict)
    members: list[pl.DataFrame] = field(default_factory=list)
    evidence: list[pl.DataFrame] = field(default_factory=list)
    keeps: dict[tuple[str, str], int] = field(default_factory=dict)

    def store(self, *changes) -> None:
        for change in changes:
            if change.move == "opened":
                self._open(change)
            else:
                case = self.cases[change.case_id]
                case["state"] = ALLOWED_MOVES[case["state"], change.move]
                case["cluster_id"] = change.cluster_id
            of_case = pl.lit(change.case_id).alias("case_id")
            self.members.append(change.members.select(of_case, "account_id", "owner_id"))
            self.evidence.append(change.evidence.select(of_case, *EDGES_SCHEMA.names()))

    def _open(self, change) -> None:
        assert change.case_id not in self.cases
        before = self.cases.get(change.follows)
        assert before is None or all(
            case["follows"] != change.follows for case in self.cases.values()
        )
        self.cases[change.case_id] = {
            "case_id": change.case_id,
            "root": before["root"] if before else change.case_id,
            "follows": change.follows,
            "cluster_id": change.cluster_id,
            "state": "open",
            "place": before["place"] + 1 if before else 1,
            "final_at": None,
        }

    def owners(self, case_id) -> list[str]:
        parts = [part.filter(case_id=case_id)["owner_id"] for part in self.members]
        return sorted({owner for part in parts for owner in part})

    def move(self, case_id, state, *, cleared=(), keep=0, days=None) -> None:
        """Take a case to a state, where decided with what its owners keep."""
        for owner in self.owners(case_id):
            self.keeps.pop((case_id, owner), None)
            if state in DECIDED or state == "final":
                self.keeps[case_id, owner] = 10_000 if owner in cleared else keep
        final_at = NOON + timedelta(days=days or 0) if state == "final" else None
        self.cases[case_id].update(state=state, final_at=final_at)

    def book(self) -> CaseBook:
        empty = pl.DataFrame(schema={"case_id": pl.String(), **EDGES_SCHEMA})
        keeps = [(*key, keep) for key, keep in self.keeps.items()]
        return CaseBook(
            pl.DataFrame(list(self.cases.values()), schema=CASES_SCHEMA),
            pl.concat([pl.DataFrame(schema=CASE_MEMBERS_SCHEMA), *self.members]),
            pl.concat([empty, *self.evidence]),
            pl.DataFrame(keeps, schema=VERDICTS_SCHEMA, orient="row"),
        )


def everybody(found: Detection) -> pl.DataFrame:
    """All owners of the clusters that the evidence alone brings forward."""
    strong = found.clusters.filter(pl.col("score") >= TERMS.flag_score)
    members = found.members.join(strong, on="cluster_id", how="semi")
    return members.select("cluster_id", "owner_id").unique()


def decided(exchange, books, as_of):
    found = detect(exchange.sightings(), TERMS, NO_PREVIOUS, as_of)
    return decide_cases(found, everybody(found), books.book(), as_of)


@pytest.fixture
def farm(exchange):
    names = exchange.farm("farm", 6)
    exchange.share_device("phone", names)
    return names


@pytest.fixture
def books():
    return Books()


@pytest.fixture
def opened(exchange, books, farm, as_of):
    """The one case that the farm opens, stored in the books."""
    (change,) = decided(exchange, books, as_of)
    books.store(change)
    return change


def test_a_flagged_cluster_opens_a_case_with_all_it_rests_on(opened, farm):
    assert (opened.move, opened.follows) == ("opened", None)
    assert opened.case_id.startswith("C-")
    assert opened.members["account_id"].to_list() == farm
    assert opened.evidence.height == 15
    assert opened.reason == "6 owners share evidence of device"


@pytest.mark.parametrize("state", STATES)
def test_the_same_findings_change_nothing(exchange, books, opened, state, as_of):
    books.move(opened.case_id, state, days=4)
    assert decided(exchange, books, as_of + timedelta(days=7)) == ()


@pytest.mark.parametrize("state", ["open", "under_review"])
def test_an_undecided_case_gains_accounts_and_keeps_its_id(exchange, books, opened, state, as_of):
    books.move(opened.case_id, state)
    exchange.share_device("phone", exchange.farm("late", 2))
    (change,) = decided(exchange, books, as_of)
    assert (change.case_id, change.move, change.follows) == (opened.case_id, "gained", None)
    assert change.members["account_id"].to_list() == ["late-00000", "late-00001"]
    assert change.evidence.height == 13
    assert change.reason == "2 more accounts, 13 new pieces of evidence, 13 of them two-sided"


@pytest.mark.parametrize("state", [*DECIDED, "final"])
def test_what_joins_a_decided_case_opens_one_that_follows_it(exchange, books, opened, state, as_of):
    books.move(opened.case_id, state, days=4)
    exchange.share_device("phone", exchange.farm("late", 2))
    (change,) = decided(exchange, books, as_of)
    assert (change.move, change.follows) == ("opened", opened.case_id)
    assert change.case_id != opened.case_id
    assert change.reason.startswith(f"2 more owners beside the 6 of {opened.case_id}")
    late = {"late-00000", "late-00001"}
    assert late <= set(change.members["owner_id"])
    books.store(change)
    assert decided(exchange, books, as_of) == ()


def test_who_waits_for_a_decision_is_not_asked_about_again(exchange, books, opened, farm, as_of):
    books.move(opened.case_id, "noticed")
    exchange.share_device("phone", exchange.farm("late", 2))
    (change,) = decided(exchange, books, as_of)
    assert change.members["owner_id"].to_list() == ["late-00000", "late-00001"]
    beside = set(change.evidence["owner_a"]) - {"late-00000"}
    assert beside == set(farm), "a moderator sees the links to the earlier group"
    assert change.evidence.height == 13
    assert change.reason == f"2 more owners beside the 6 of {opened.case_id}"


def test_new_evidence_among_those_who_wait_opens_nothing(exchange, books, opened, farm, as_of):
    books.move(opened.case_id, "confirmed")
    exchange.share_device("tablet", farm, days=9)
    assert decided(exchange, books, as_of) == ()


def test_who_keeps_everything_does_not_wait(exchange, books, opened, farm, as_of):
    """A family that the policy leaves alone is asked about with the one who joins it."""
    books.move(opened.case_id, "noticed", keep=10_000)
    exchange.share_device("tablet", [*farm[:2], *exchange.farm("late", 1)])
    (change,) = decided(exchange, books, as_of)
    assert change.members["owner_id"].to_list() == [*farm[:2], "late-00000"]


def test_conduct_that_goes_on_after_a_case_became_final_is_a_new_question(
    exchange, books, opened, farm, as_of
):
    books.move(opened.case_id, "final", days=4)
    exchange.share_device("phone", farm[:4], days=9)
    (change,) = decided(exchange, books, as_of)
    # Evidence is dated by the later of two owners, so the four bring their links to the other two.
    assert change.members["owner_id"].to_list() == farm
    assert (change.move, change.follows) == ("opened", opened.case_id)
    said = f"evidence of 6 owners was seen again after {opened.case_id} became final"
    assert change.reason == said
    books.store(change)
    assert decided(exchange, books, as_of) == ()


@pytest.mark.parametrize("days", [1, 4])
def test_conduct_that_ended_before_a_case_became_final_is_settled(
    exchange, books, opened, farm, days, as_of
):
    books.move(opened.case_id, "final", days=4)
    exchange.share_device("tablet", farm, days=days)
    assert decided(exchange, books, as_of) == ()


def test_a_chain_grows_case_by_case(exchange, books, opened, farm, as_of):
    chain = [opened]
    for week in (1, 2, 3):
        books.move(chain[-1].case_id, "final", days=7 * week - 3)
        exchange.share_device("phone", farm, days=7 * week)
        (change,) = decided(exchange, books, as_of)
        books.store(change)
        assert decided(exchange, books, as_of) == ()
        assert change.follows == chain[-1].case_id
        chain.append(change)
    assert len({change.case_id for change in chain}) == 4
    assert {case["root"] for case in books.cases.values()} == {opened.case_id}
    assert chain[-1].reason.endswith(f"after {chain[-2].case_id} became final")


@pytest.mark.parametrize("state", ["noticed", "final"])
def test_a_cleared_owner_comes_back_by_new_strong_evidence_alone(
    exchange, books, opened, farm, state, as_of
):
    books.move(opened.case_id, state, cleared=farm[:1], days=4)
    exchange.share_device("phone", farm[:1], days=9)
    exchange.fund("attacker", farm)
    assert decided(exchange, books, as_of) == ()
    exchange.share_device("tablet", farm[:2])
    (change,) = decided(exchange, books, as_of)
    assert farm[0] in change.members["owner_id"].to_list()
    assert (farm[1] in change.members["owner_id"].to_list()) == (state == "final")
    assert set(change.evidence["value_hash"]) == {"tablet", "attacker"}


def test_a_cleared_owner_comes_into_a_case_that_is_undecided_the_same_way(
    exchange, books, opened, farm, as_of
):
    books.move(opened.case_id, "noticed", cleared=farm[:1])
    exchange.share_device("tablet", [farm[5], *exchange.farm("late", 2)])
    (follow_up,) = decided(exchange, books, as_of)
    books.store(follow_up)
    exchange.share_device("phone", exchange.farm("later", 1))
    (change,) = decided(exchange, books, as_of)
    assert change.case_id == follow_up.case_id
    assert set(change.members["owner_id"]) == {"later-00000", farm[0]}


def test_a_new_account_of_a_cleared_owner_does_not_bring_that_owner_back(
    exchange, books, opened, farm, as_of
):
    books.move(opened.case_id, "noticed", cleared=farm[:1])
    exchange.share_device("tablet", [farm[5], *exchange.farm("late", 2)])
    (follow_up,) = decided(exchange, books, as_of)
    books.store(follow_up)
    exchange.account("second", owner=farm[0])
    assert decided(exchange, books, as_of) == ()


def test_findings_go_to_a_case_whose_decision_was_withdrawn(exchange, books, opened, as_of):
    books.move(opened.case_id, "noticed")
    exchange.share_device("phone", exchange.farm("late", 2))
    (follow_up,) = decided(exchange, books, as_of)
    books.store(follow_up)
    books.move(follow_up.case_id, "noticed")
    books.move(opened.case_id, "under_review")
    exchange.share_device("phone", exchange.farm("later", 1))
    (change,) = decided(exchange, books, as_of)
    assert (change.case_id, change.move) == (opened.case_id, "gained")
    assert change.members["owner_id"].to_list() == ["later-00000"]


def test_a_dismissed_case_comes_back_with_new_two_sided_evidence(
    exchange, books, opened, farm, as_of
):
    books.move(opened.case_id, "dismissed")
    exchange.withdraw("sink", farm[:3])
    (change,) = decided(exchange, books, as_of)
    assert (change.case_id, change.move) == (opened.case_id, "reopened")
    assert change.evidence["signal"].to_list() == ["withdrawal_destination"] * 3
    assert change.members.is_empty()


def test_a_dismissed_case_does_not_come_back_by_being_seen_again(
    exchange, books, opened, farm, as_of
):
    books.move(opened.case_id, "dismissed")
    exchange.share_device("phone", farm, days=99)
    assert decided(exchange, books, as_of) == ()


def test_a_dismissed_follow_up_stays_so_while_the_others_go_on(
    exchange, books, opened, farm, as_of
):
    """Whom a moderator let go is not held again for what the rest of the chain does."""
    books.move(opened.case_id, "noticed")
    exchange.share_device("tablet", [farm[5], *exchange.farm("late", 2)])
    (follow_up,) = decided(exchange, books, as_of)
    books.store(follow_up)
    books.move(follow_up.case_id, "dismissed")
    books.move(opened.case_id, "final", days=4)
    exchange.share_device("phone", farm, days=9)
    (change,) = decided(exchange, books, as_of)
    assert (change.move, change.follows) == ("opened", follow_up.case_id)
    assert change.members["owner_id"].to_list() == farm
    assert (
        change.reason == f"evidence of 6 owners was seen again after {opened.case_id} became final"
    )


@pytest.mark.parametrize("state", ["dismissed", "noticed", "upheld", "final"])
def test_dust_neither_reopens_nor_follows_up(exchange, books, opened, farm, state, as_of):
    books.move(opened.case_id, state, days=4)
    exchange.fund("attacker", farm)
    exchange.meet("vpn", farm)
    assert decided(exchange, books, as_of) == ()


def test_part_of_a_dismissed_case_opens_no_other(exchange, books, opened, farm, as_of):
    books.move(opened.case_id, "dismissed")
    part = type(exchange)()
    part.farm("farm", 6)
    part.share_device("phone", farm[:4])
    assert decided(part, books, as_of) == ()


def test_one_owner_in_common_is_not_the_same_case(exchange, books, opened, farm, as_of):
    books.move(opened.case_id, "dismissed")
    other = type(exchange)()
    other.farm("farm", 6)
    other.share_device("tablet", [farm[0], *other.farm("new", 4)])
    (change,) = decided(other, books, as_of)
    assert (change.move, change.follows) == ("opened", None)
    assert change.case_id != opened.case_id


def test_two_parts_of_one_case_give_one_change(exchange, books, opened, farm, as_of):
    split = type(exchange)()
    split.farm("farm", 6)
    for device, names in (("left", farm[:3]), ("right", farm[3:])):
        split.share_device(device, names)
    (change,) = decided(split, books, as_of)
    assert change.case_id == opened.case_id
    assert change.evidence["value_hash"].to_list() == ["left"] * 3 + ["right"] * 3


def test_an_account_that_passes_to_another_owner_brings_that_owner_in(
    exchange, books, opened, farm, as_of
):
    exchange.account(farm[0], owner="buyer")
    exchange.devices.clear()
    exchange.share_device("phone", farm)
    (change,) = decided(exchange, books, as_of)
    assert (change.move, change.case_id) == ("gained", opened.case_id)
    assert change.members.rows() == [(farm[0], "buyer")]


def test_a_buyer_who_touches_no_evidence_stays_out(exchange, books, opened, farm, as_of):
    exchange.account(farm[0], owner="buyer")
    exchange.devices.clear()
    exchange.share_device("phone", farm[1:])
    assert decided(exchange, books, as_of) == ()


def test_two_groups_that_turn_out_to_be_linked_keep_their_cases(
    exchange, books, opened, farm, as_of
):
    """The undecided case takes the link; those whom the other one decided on stay there."""
    others = exchange.farm("other", 4)
    exchange.share_device("tablet", others)
    (second,) = decided(exchange, books, as_of)
    books.store(second)
    books.move(opened.case_id, "noticed")
    exchange.withdraw("sink", [*farm, *others])
    (change,) = decided(exchange, books, as_of)
    assert (change.case_id, change.move) == (second.case_id, "gained")
    assert change.members.is_empty()
    assert change.evidence.height == 4 * 6 + 6, "every link that touches one of the four"


OWNERS = [f"o{number}" for number in range(8)]


def pieces(draws) -> pl.DataFrame:
    """Evidence between made-up owners: who, by which value, how strong, until which day."""
    rows = {}
    for a, b, value, strong, days in draws:
        if a != b:
            low, high = sorted((OWNERS[a], OWNERS[b]))
            seen = None if days is None else NOON + timedelta(days=days)
            family = "device" if strong else "network"
            rows[low, high, value, strong] = (
                *(low, high, family, family, f"v{value}", 2, 9_000, strong),
                *(NOON, seen, 2, low, high),
            )
    return pl.DataFrame(list(rows.values()), schema=EDGES_SCHEMA, orient="row")


def linked(evidence: pl.DataFrame) -> list[list[str]]:
    """Return the groups that strong evidence holds together, as the detection's clusters are."""
    group = {owner: {owner} for owner in OWNERS}
    for a, b in evidence.filter("two_sided").select("owner_a", "owner_b").iter_rows():
        together = group[a] | group[b]
        group.update(dict.fromkeys(together, together))
    groups = {tuple(sorted(names)) for names in group.values() if len(names) > 1}
    return [list(names) for names in sorted(groups)]


def found_in(evidence: pl.DataFrame, ids: list[int]) -> Detection:
    """A detection whose clusters bear ids that were used before, as after a split or merger."""
    clusters, members = [], []
    for number, names in zip(ids, linked(evidence), strict=False):
        sizes = (len(names), len(names), ["device"])
        clusters.append((f"K-{number}", *sizes, 0.9, NOON))
        members += [(f"K-{number}", f"a-{name}", name, 9_000) for name in names]
    return Detection(
        edges=evidence,
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame(clusters, schema=CLUSTERS_SCHEMA, orient="row"),
        members=pl.DataFrame(members, schema=MEMBERS_SCHEMA, orient="row"),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )


EVIDENCE = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.integers(0, 7),
        st.integers(0, 2),
        st.booleans(),
        st.one_of(st.none(), st.integers(0, 40)),
    ),
    max_size=14,
)
WEEK = st.tuples(
    EVIDENCE,
    st.permutations(range(4)),
    st.lists(st.sampled_from(STATES), min_size=8, max_size=8),
    st.sets(st.sampled_from(OWNERS)),
    st.sampled_from([0, 5_000, 10_000]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(WEEK, min_size=1, max_size=4))
def test_whatever_happens_to_cases_findings_are_said_once(weeks):
    """Random weeks: clusters, evidence, decisions. Deciding on one's own result yields nothing."""
    books = Books()
    for number, (draws, ids, states, cleared, keep) in enumerate(weeks, 1):
        as_of = datetime(2025, 3, 28, tzinfo=UTC) + timedelta(days=7 * number)
        detection = found_in(pieces(draws), ids)
        before = books.book()
        changes = decide_cases(detection, everybody(detection), before, as_of)
        assert_fair(changes, before)
        books.store(*changes)
        assert decide_cases(detection, everybody(detection), books.book(), as_of) == ()
        for case_id, state in zip(sorted(books.cases), states, strict=False):
            if books.cases[case_id]["state"] != "final":
                books.move(case_id, state, cleared=cleared, keep=keep, days=7 * number)


def assert_fair(changes, before: CaseBook) -> None:
    """What holds of every change, however the cases came to stand as they do."""
    decided_cases = before.cases.filter(pl.col("state").is_in(DECIDED))["case_id"].to_list()
    waiting = before.verdicts.filter(
        pl.col("case_id").is_in(decided_cases), pl.col("keep_bps") < 10_000
    )["owner_id"].to_list()
    known = set(before.members["owner_id"])
    state_of = dict(before.cases.select("case_id", "state").iter_rows())
    assert len({change.case_id for change in changes}) == len(changes)
    for change in changes:
        strong = change.evidence.filter("two_sided")
        touched = {*strong["owner_a"], *strong["owner_b"]}
        owners = set(change.members["owner_id"])
        fresh = change.follows is None and change.move == "opened"
        assert change.reason
        if change.move != "gained" and not fresh:
            assert strong.height, "nothing is reopened or followed up without strong evidence"
        if change.follows is not None:
            assert owners
            assert owners <= touched
            assert state_of[change.follows] not in {"open", "under_review"}
        if not fresh:
            ours = before.members.filter(case_id=change.case_id)["owner_id"].to_list()
            assert not (owners - set(ours)) & set(waiting)
            assert (owners & known) - set(ours) <= touched
