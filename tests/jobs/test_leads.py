"""Leads, and cases that a person opens: from a lead, or from any cluster."""

from datetime import UTC, datetime

import polars as pl
import pytest

from jobs.fixing_checks import check_fixed_moves
from jobs.leads import dismiss, known_leads
from jobs.opening import Opening, open_by_hand
from jobs.verify import verify
from tests.conftest import copy_home, issue_week, moderators_of, shared_device, week_of
from warehouse.cases import involved_owners, list_cases, load_case
from warehouse.connection import transaction, warehouse
from warehouse.detections import DetectionRun, store_detection
from warehouse.errors import CaseError
from warehouse.findings import CLUSTERS_SCHEMA, HUBS_SCHEMA, MEMBERS_SCHEMA, Detection
from warehouse.leads import LEADS_SCHEMA, LeadMove, store_leads

AS_OF = datetime(2025, 3, 27, tzinfo=UTC)
NOW = datetime(2025, 3, 29, tzinfo=UTC)
GROUPS = {"K-1": ("ann", "bob", "cy"), "K-2": ("dan", "eve")}


def found_clusters(groups: dict[str, tuple[str, ...]] = GROUPS) -> Detection:
    """Clusters, each on a device of its own."""
    clusters = [
        (name, len(owners), len(owners), ["device"], 0.4, AS_OF.replace(tzinfo=None))
        for name, owners in groups.items()
    ]
    members = [(name, owner, owner, 9_000) for name, owners in groups.items() for owner in owners]
    return Detection(
        edges=pl.concat([shared_device(*owners, value=name) for name, owners in groups.items()]),
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame(clusters, CLUSTERS_SCHEMA, orient="row"),
        members=pl.DataFrame(members, MEMBERS_SCHEMA, orient="row"),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )


@pytest.fixture
def home(pristine, tmp_path):
    """A home whose detection found two clusters, and made leads of one of them and of an owner."""
    home = copy_home(pristine, tmp_path)
    leads = [
        ("cluster", "K-1", list(GROUPS["K-1"]), 0.7, ["they trade at one hour"]),
        ("owner", "zoe", ["zoe"], 0.6, ["its orders are round"]),
    ]
    with transaction(home) as connection:
        run = store_detection(connection, DetectionRun(AS_OF, NOW, 6, "{}"), found_clusters(), [])
        store_leads(connection, run, pl.DataFrame(leads, LEADS_SCHEMA, orient="row"), NOW)
    return home


def leads_of(home, state=None):
    return known_leads(home, state)


def test_a_lead_says_why_and_holds_nobody(home):
    found = leads_of(home, "waiting").to_dicts()
    assert [(lead["kind"], lead["subject"], lead["said"]) for lead in found] == [
        ("cluster", "K-1", ["they trade at one hour"]),
        ("owner", "zoe", ["its orders are round"]),
    ]
    with warehouse(home, read_only=True) as connection:
        assert involved_owners(connection).is_empty()


def test_a_case_opened_from_a_lead_is_a_case_like_others(home, keys):
    lead_id = leads_of(home)["lead_id"][0]
    opened = open_by_hand(home, keys, Opening(lead_id, "ana", "one desk?"), NOW)
    with warehouse(home, read_only=True) as connection:
        case = load_case(connection, opened.case)
        assert involved_owners(connection)["owner_id"].to_list() == ["ann", "bob", "cy"]
    assert (case.routes, case.opened_by, case.as_of) == (("novelty",), "ana", AS_OF)
    assert case.evidence.height == 3
    (move,) = case.moves
    assert (move.move, move.state, move.moved_by) == ("opened", "open", "ana")
    assert move.reason == "one desk? (3 owners share evidence of device)"
    first, _ = leads_of(home).to_dicts()
    assert (first["state"], first["case_id"], first["in_cases"]) == (
        "opened",
        opened.case,
        [opened.case],
    )
    assert verify(home).findings == ()


def test_who_opened_a_case_is_fixed_in_the_log(home, keys):
    opened = open_by_hand(home, keys, Opening("K-2", "ana", "seen in chat"), NOW)
    with transaction(home) as connection:
        connection.execute("update case_moves set moved_by = 'ben'")
    details = [finding.detail for finding in verify(home).findings]
    assert "the moves of cases that it fixes are others now" in details
    with transaction(home) as connection:
        connection.execute("update case_moves set moved_by = 'ana'")
        connection.execute("delete from log_leaves")
        connection.execute("delete from checkpoints")
    found = {(finding.subject, finding.detail) for finding in verify(home).findings}
    assert (opened.case, "no leaf of the log fixes its move 1") in found


@pytest.mark.parametrize(
    ("subject", "by", "reason", "said"),
    [
        ("K-9", "ana", "seen", "has no cluster 'K-9'"),
        ("L-9", "ana", "seen", "no lead 'L-9'"),
        ("K-1", " ", "seen", "needs a name"),
        ("K-1", "D-000001", "seen", "is the name of a detection"),
    ],
)
def test_what_cannot_be_opened_is_refused(home, keys, subject, by, reason, said):
    with pytest.raises(CaseError, match=said):
        open_by_hand(home, keys, Opening(subject, by, reason), NOW)
    with warehouse(home, read_only=True) as connection:
        assert list_cases(connection).is_empty()


def test_nothing_is_opened_twice_nor_from_one_owner(home, keys):
    opened = open_by_hand(home, keys, Opening("K-1", "ana", "seen"), NOW)
    with pytest.raises(CaseError, match=f"is in {opened.case} already"):
        open_by_hand(home, keys, Opening("K-1", "ben", "seen"), NOW)
    alone = leads_of(home)["lead_id"][1]
    with pytest.raises(CaseError, match="a case needs a cluster"):
        open_by_hand(home, keys, Opening(alone, "ben", "seen"), NOW)


def test_a_lead_put_aside_does_not_come_back(home, keys):
    lead_id = leads_of(home)["lead_id"][0]
    aside = LeadMove(lead_id, "dismissed", "ana", NOW, "a desk we know")
    dismiss(home, keys, aside)
    with pytest.raises(CaseError, match="is dismissed already"):
        dismiss(home, keys, aside)
    assert verify(home).findings == ()
    again = pl.DataFrame(
        [("cluster", "K-1", ["ann", "bob"], 0.9, ["stranger still"])], LEADS_SCHEMA, orient="row"
    )
    with transaction(home) as connection:
        store_leads(connection, "D-000001", again, NOW)
    assert leads_of(home, "waiting")["subject"].to_list() == ["zoe"]


def test_who_put_a_lead_aside_is_fixed_in_the_log(home, keys):
    lead_id = leads_of(home)["lead_id"][0]
    dismiss(home, keys, LeadMove(lead_id, "dismissed", "ana", NOW, "a desk we know"))
    others = "the moves of leads that it fixes are others now"
    for changed, said in (
        ("update lead_moves set moved_by = 'ben' where seq = 2", others),
        ("update lead_moves set state = 'waiting' where seq = 2", others),
        ("update leads set owners = ['ann', 'gil'] where subject = 'K-1'", others),
        ("delete from lead_moves where seq = 2", others),
        (
            "insert into lead_moves select lead_id, 2, 'dismissed', 'ben', moved_at, 'x', null "
            "from lead_moves where lead_id in (select lead_id from leads where subject = 'zoe')",
            "no leaf of the log fixes its move 2",
        ),
    ):
        with warehouse(home) as connection:
            connection.begin()
            connection.execute(changed)
            found = [detail for _, detail in check_fixed_moves(home, connection)]
            connection.rollback()
        assert found == [said], changed
    with transaction(home) as connection:
        connection.execute("update lead_moves set reason = 'a farm' where seq = 2")
    assert [finding.detail for finding in verify(home).findings] == [others]


@pytest.mark.parametrize("name", ["D-3", "training", ""])
def test_only_a_person_puts_a_lead_aside(home, keys, name):
    lead_id = leads_of(home)["lead_id"][0]
    with pytest.raises(CaseError, match=r"name a person|needs a name"):
        dismiss(home, keys, LeadMove(lead_id, "dismissed", name, NOW, "a desk we know"))
    assert leads_of(home, "waiting").height == 2


def spare(home, *owners: str) -> None:
    with transaction(home) as connection:
        connection.execute(
            "update cluster_members set spared = 'declared' where owner_id in "
            "(select unnest($1::varchar[]))",
            [list(owners)],
        )


def owners_in(home, case_id: str) -> set[str]:
    with warehouse(home, read_only=True) as connection:
        case = load_case(connection, case_id)
    assert set(case.evidence["owner_a"]) | set(case.evidence["owner_b"]) == {
        owner for (owner,) in case.members.select("owner_id").iter_rows()
    }
    return set(case.members["owner_id"])


def test_a_case_opened_from_a_lead_holds_nobody_who_joined_the_cluster_since(home, keys):
    lead_id = leads_of(home)["lead_id"][0]
    with transaction(home) as connection:
        connection.execute(
            "update leads set owners = ['ann', 'bob', 'gone'] where kind = 'cluster'"
        )
    opened = open_by_hand(home, keys, Opening(lead_id, "ana", "one desk?"), NOW)
    assert owners_in(home, opened.case) == {"ann", "bob"}
    assert opened.owners == 2


@pytest.mark.parametrize("from_lead", [True, False])
def test_a_case_opened_by_hand_holds_nobody_whom_the_policy_spares(home, keys, from_lead):
    spare(home, "bob")
    subject = leads_of(home)["lead_id"][0] if from_lead else "K-1"
    opened = open_by_hand(home, keys, Opening(subject, "ana", "one desk?"), NOW)
    assert owners_in(home, opened.case) == {"ann", "cy"}


@pytest.mark.parametrize("spared", [("dan",), ("dan", "eve")])
def test_where_the_policy_spares_all_but_one_no_case_is_opened(home, keys, spared):
    spare(home, *spared)
    with pytest.raises(CaseError, match=r"between the [01] owners"):
        open_by_hand(home, keys, Opening("K-2", "ana", "one desk?"), NOW)
    with warehouse(home, read_only=True) as connection:
        assert list_cases(connection).is_empty()


def test_what_a_case_opened_by_hand_led_to_is_recomputed_to_the_byte(one_week, tmp_path):
    people = moderators_of(copy_home(one_week, tmp_path))
    home, keys = people.home, people.keys
    two = {"K-7": ("trader-8", "trader-9", "trader-10")}
    with transaction(home) as connection:
        store_detection(connection, DetectionRun(AS_OF, NOW, 12, "{}"), found_clusters(two), [])
    spare(home, "trader-10")
    opened = open_by_hand(home, keys, Opening("K-7", "ana", "one desk?"), NOW)
    issue_week(home, "S1W02")
    people.confirm(opened.case, reach=week_of(home, "S1W01"))
    people.notice(opened.case)
    found = verify(home, keys)
    assert found.findings == ()
    assert found.weeks_replayed == ("S1W01", "S1W02")
    batches = people.read("select kind, key from batches")
    assert {"reach_back", "seize"} <= {kind for kind, key in batches if opened.case in key}
    with transaction(home) as connection:
        connection.execute("delete from case_members where owner_id = 'trader-9'")
    assert "replay" in {finding.check for finding in verify(home, keys).findings}
