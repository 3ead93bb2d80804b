"""A dismissal gives back what was held, a confirmation takes its part; both once, and on record."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.decide import ATTEMPTS, Decision, Verdict, decide
from jobs.issue import issue
from jobs.points import points_of
from jobs.policy import load_facts
from jobs.verify import verify
from tests.conftest import FOUR, PAIR, TWO_RULES, let_one_person_decide, shared_device, week_of
from warehouse.cases import evidence_sha256, load_decision
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import CaseError, PolicyError, WarehouseBusy
from warehouse.policies import load_policy_text

CONFIRM, DISMISS = Verdict.CONFIRM, Verdict.DISMISS


@pytest.fixture
def held_home(season_home, season_keys, week, open_case):
    """Two issued weeks in which trader-1 and trader-2 were in one open case."""
    let_one_person_decide(season_home)
    open_case(season_home, "C-1", "trader-1", "trader-2")
    for label in ("S1W01", "S1W02"):
        issue(season_home, season_keys, week(label), week(label).issue_at)
    return season_home


@pytest.fixture
def week_in(after_two):
    """Find a week of the home that `after_two` decides in."""
    return lambda label: week_of(after_two.home, label)


def test_a_dismissal_releases_every_held_week(held_home, season_keys, week):
    before = points_of(held_home, "trader-1").total
    assert before.own_micropoints == 0
    assert before.held_micropoints > 0
    now = week("S1W02").issue_at
    outcome = decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    after = points_of(held_home, "trader-1").total
    assert (after.own_micropoints, after.held_micropoints) == (before.held_micropoints, 0)
    assert [batch.split("/")[:2] for batch in outcome.done.batches] == [
        ["S1W01", "release"],
        ["S1W02", "release"],
    ]
    assert verify(held_home, season_keys).findings == ()


def test_the_referrer_gets_back_what_the_referee_brought(held_home, season_keys, week):
    assert points_of(held_home, "trader-0").total.held_micropoints > 0
    now = week("S1W02").issue_at
    decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    assert points_of(held_home, "trader-0").total.held_micropoints == 0


def test_an_owner_in_another_open_case_stays_held(held_home, season_keys, week, open_case):
    open_case(held_home, "C-2", "trader-1")
    now = week("S1W02").issue_at
    decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    assert points_of(held_home, "trader-1").total.held_micropoints > 0
    assert points_of(held_home, "trader-2").total.held_micropoints == 0
    decide(held_home, season_keys, Decision("C-2", DISMISS, "ben", "a shared tablet"), now)
    assert points_of(held_home, "trader-1").total.held_micropoints == 0
    assert verify(held_home, season_keys).findings == ()


@pytest.mark.parametrize(
    "decision",
    [
        Decision("C-404", DISMISS, "ana", "no such case"),
        Decision("C-1", DISMISS, "", "nobody decided"),
        Decision("C-1", DISMISS, "ana", " "),
    ],
)
def test_a_refused_decision_changes_nothing(held_home, season_keys, week, decision):
    before = held_home.warehouse.read_bytes()
    with pytest.raises(CaseError):
        decide(held_home, season_keys, decision, week("S1W02").issue_at)
    assert held_home.warehouse.read_bytes() == before


def test_a_case_is_decided_once(held_home, season_keys, week):
    now = week("S1W02").issue_at
    decide(held_home, season_keys, Decision("C-1", DISMISS, "ana", "one family"), now)
    with pytest.raises(CaseError):
        decide(held_home, season_keys, Decision("C-1", CONFIRM, "ben", "I differ"), now)
    with warehouse(held_home, read_only=True) as connection:
        moves = rows(connection, "select move, moved_by, reason from case_moves order by seq")
    assert moves[-1] == ("dismiss", "ana", "one family")


# What the policy lets owners keep -----------------------------------------------------------------


def kept_of(micropoints: int, bps: int) -> int:
    return -(-micropoints * bps // 10_000)


def test_a_confirmation_takes_the_part_that_the_policy_says_and_releases_the_rest(after_two):
    before = {owner: after_two.points(owner)[1] for owner in PAIR}
    outcome = after_two.confirm("C-1")
    assert (outcome.state, outcome.move, outcome.policy) == ("confirmed", "confirm", "two-rules")
    assert outcome.verdicts["rule"].to_list() == ["pair", "pair"]
    for owner in PAIR:
        own, held, escrowed = after_two.points(owner)
        assert held == 0
        assert own + escrowed == before[owner]
        # Two weeks, each rounded up in the owner's favour.
        assert kept_of(before[owner], 2_500) <= own <= kept_of(before[owner], 2_500) + 1
    assert after_two.findings() == []


def test_the_share_of_a_referrer_follows_the_referees(after_two):
    own, held, _ = after_two.points("trader-0")
    assert held > 0
    after_two.confirm("C-1")
    then_own, then_held, escrowed = after_two.points("trader-0")
    assert (then_held, then_own + escrowed) == (0, own + held)
    assert kept_of(held, 2_500) <= then_own - own <= kept_of(held, 2_500) + 4


def test_what_is_at_stake_is_what_is_held_for_the_case_whoever_holds_it(after_two):
    held = [after_two.points(owner)[1] for owner in ("trader-0", *PAIR)]
    outcome = after_two.preview("C-1")
    assert outcome.at_stake_micropoints == sum(held)
    assert outcome.done.seized_micropoints + outcome.done.released_micropoints == sum(held)


def test_a_preview_says_what_the_decision_does_and_changes_not_a_byte(after_two):
    before = after_two.home.warehouse.read_bytes()
    seen = after_two.preview("C-1")
    assert after_two.home.warehouse.read_bytes() == before
    done = after_two.confirm("C-1")
    assert done.verdicts.equals(seen.verdicts)
    assert replace(done, verdicts=None) == replace(seen, verdicts=None)


def test_in_part_the_cleared_get_everything_and_the_others_are_taken_from(after_two):
    before = after_two.points(FOUR[0])
    after_two.confirm("C-2", "ana", clear=FOUR[:1])
    outcome = after_two.confirm("C-2", "ben", clear=FOUR[:1])
    assert outcome.state == "partly"
    assert outcome.verdicts.select("owner_id", "verdict", "keep_bps", "rule").rows() == [
        (FOUR[0], "cleared", 10_000, "cleared"),
        *((owner, "confirmed", 0, "more") for owner in FOUR[1:]),
    ]
    assert after_two.points(FOUR[0]) == (sum(before), 0, 0)
    assert all(after_two.points(owner)[2] > 0 for owner in FOUR[1:])
    assert after_two.findings() == []


def test_who_is_cleared_does_not_count_when_the_others_are_graded(after_two):
    # Four need two people, however many of them are cleared; the two who are left are a pair.
    assert after_two.confirm("C-2", "ana", clear=FOUR[:2]).move == "propose"
    outcome = after_two.confirm("C-2", "ben", clear=FOUR[:2])
    assert outcome.verdicts.filter(verdict="confirmed").select("rule", "keep_bps").rows() == (
        [("pair", 2_500)] * 2
    )
    move = after_two.case("C-2").moves[-1]
    with warehouse(after_two.home, read_only=True) as connection:
        facts = json.loads(load_decision(connection, "C-2", move.seq).facts)
    assert (facts["owners"], facts["accounts"]) == (2, 2)
    assert after_two.findings() == []


def test_who_is_left_alone_is_tolerated(after_two):
    outcome = after_two.confirm("C-1", clear=("trader-2",))
    assert outcome.verdicts.select("owner_id", "keep_bps", "rule").rows() == [
        ("trader-1", 10_000, "tolerance"),
        ("trader-2", 10_000, "cleared"),
    ]
    assert outcome.done.seized_micropoints == 0


def test_accounts_of_one_owner_are_not_torn_apart(after_two, open_case):
    open_case(after_two.home, "C-3", "trader-8", "trader-9", accounts={"sub-8": "trader-8"})
    with pytest.raises(CaseError, match=r"rule 'points are the owner's'.*'trader-8'"):
        after_two.confirm("C-3", clear=("sub-8",))
    assert after_two.confirm("C-3", clear=("sub-8", "trader-8")).state == "partly"


@pytest.mark.parametrize(
    ("clear", "says"),
    [(PAIR, "everyone would be cleared"), (("trader-9",), "'trader-9' is not in 'C-1'")],
)
def test_who_is_cleared_has_to_be_in_the_case_and_not_be_all_of_it(after_two, clear, says):
    before = after_two.home.warehouse.read_bytes()
    with pytest.raises(CaseError, match=says):
        after_two.confirm("C-1", clear=clear)
    assert after_two.home.warehouse.read_bytes() == before


# Two people ---------------------------------------------------------------------------------------


def test_the_first_of_two_people_proposes_and_nothing_moves(after_two):
    before = after_two.balances()
    outcome = after_two.confirm("C-2", "ana")
    assert (outcome.move, outcome.state, outcome.done.batches) == ("propose", "under_review", ())
    assert after_two.balances().equals(before)
    assert after_two.findings() == []


def test_the_second_person_decides_the_same_and_it_is_done(after_two):
    after_two.confirm("C-2", "ana")
    outcome = after_two.confirm("C-2", "ben")
    assert (outcome.move, outcome.state) == ("confirm", "confirmed")
    assert all(after_two.points(owner)[1] == 0 for owner in FOUR)
    assert sum(after_two.points(owner)[2] for owner in FOUR) == outcome.done.seized_micropoints
    assert after_two.findings() == []


@pytest.mark.parametrize("spelled", ["ana", " Ana "])
def test_nobody_agrees_to_their_own_proposal(after_two, spelled):
    after_two.confirm("C-2", "ana")
    before = after_two.home.warehouse.read_bytes()
    with pytest.raises(CaseError, match=r"rule 'two people'.*nobody confirms their own"):
        after_two.confirm("C-2", spelled)
    assert after_two.home.warehouse.read_bytes() == before


def test_a_dismissal_of_a_large_case_needs_two_people_as_well(after_two):
    assert after_two.dismiss("C-2", "ana").move == "propose"
    assert after_two.dismiss("C-2", "ben").state == "dismissed"
    assert all(after_two.points(owner)[1] == 0 for owner in FOUR)


def test_another_decision_takes_the_place_of_the_proposal(after_two):
    after_two.confirm("C-2", "ana")
    assert after_two.confirm("C-2", "ben", clear=FOUR[:1]).move == "propose"
    with pytest.raises(CaseError, match="rule 'two people'"):
        after_two.confirm("C-2", "ben", clear=FOUR[:1])
    assert after_two.confirm("C-2", "ana", clear=FOUR[:1]).move == "partly"


def test_a_proposal_may_be_taken_up_before_it_is_agreed_to(after_two):
    after_two.confirm("C-2", "ana")
    after_two.review("C-2")
    assert after_two.confirm("C-2", "ben").move == "confirm"


def test_a_proposal_lapses_when_the_case_gains_something(after_two, extend_case):
    after_two.confirm("C-2", "ana")
    extend_case(after_two.home, "C-2", evidence=shared_device(*FOUR[:2], value="tablet"))
    assert after_two.confirm("C-2", "ben").move == "propose"
    assert after_two.confirm("C-2", "ana").move == "confirm"


def test_a_proposal_by_another_policy_is_not_agreed_to(after_two):
    after_two.confirm("C-2", "ana")
    policy = after_two.home.policy.read_text()
    after_two.home.policy.write_text(policy.replace('"two-rules"', '"two-rules, again"'))
    again = after_two.confirm("C-2", "ben")
    assert (again.move, again.policy) == ("propose", "two-rules, again")
    assert after_two.confirm("C-2", "ana").move == "confirm"


def test_a_policy_that_is_changed_without_a_new_version_is_refused(after_two):
    after_two.confirm("C-2", "ana")
    policy = after_two.home.policy.read_text()
    after_two.home.policy.write_text(policy.replace("keep_bps = 0", "keep_bps = 1"))
    with pytest.raises(PolicyError, match="give this one a new version"):
        after_two.confirm("C-2", "ben")


def test_where_moderators_are_named_nobody_else_decides(after_two):
    policy = after_two.home.policy.read_text()
    after_two.home.policy.write_text(
        policy.replace("alone_owners", 'moderators = ["ben"]\nalone_owners')
    )
    with pytest.raises(CaseError, match=r"'ana' may not decide.*names ben"):
        after_two.confirm("C-1", "ana")
    assert after_two.confirm("C-1", "ben").state == "confirmed"


def test_much_at_stake_needs_two_people_however_small_the_case(after_two):
    policy = after_two.home.policy.read_text()
    after_two.home.policy.write_text(
        policy.replace("alone_points = 1000000000", "alone_points = 1")
    )
    assert after_two.confirm("C-1", "ana").move == "propose"
    assert after_two.confirm("C-1", "ben").move == "confirm"


def test_a_preview_of_what_needs_two_people_says_what_both_would_do(after_two):
    seen = after_two.preview("C-2")
    assert (seen.move, seen.state) == ("propose", "confirmed")
    after_two.confirm("C-2", "ana")
    done = after_two.confirm("C-2", "ben").done
    assert replace(done, batches=()) == replace(seen.done, batches=())


# Reach-back ---------------------------------------------------------------------------------------


def test_a_decision_reaches_back_to_what_was_issued_before_the_case(after_two, week_in):
    first = week_in("S1W01")
    own = {owner: after_two.points(owner)[0] for owner in FOUR}
    assert all(own.values())
    after_two.confirm("C-2", "ana", reach=first)
    outcome = after_two.confirm("C-2", "ben", reach=first)
    assert outcome.done.reached_back_micropoints == sum(own.values())
    assert all(after_two.points(owner)[:2] == (0, 0) for owner in FOUR)
    assert after_two.findings() == []


def test_without_reach_what_was_issued_before_the_case_stays(after_two):
    own = {owner: after_two.points(owner)[0] for owner in FOUR}
    after_two.confirm("C-2", "ana")
    assert after_two.confirm("C-2", "ben").done.reached_back_micropoints == 0
    assert {owner: after_two.points(owner)[0] for owner in FOUR} == own


def test_a_decision_with_another_reach_is_another_decision(after_two, week_in):
    after_two.confirm("C-2", "ana")
    assert after_two.confirm("C-2", "ben", reach=week_in("S1W01")).move == "propose"
    assert after_two.confirm("C-2", "ana", reach=week_in("S1W02")).move == "propose"


def test_what_is_reached_back_to_is_at_stake_too(after_two, week_in):
    more = after_two.preview("C-2", reach=week_in("S1W01")).at_stake_micropoints
    own = sum(after_two.points(owner)[0] for owner in FOUR)
    assert more == after_two.preview("C-2").at_stake_micropoints + own


@pytest.mark.parametrize(
    ("weeks_later", "label", "says"),
    [
        (0, "S1W03", "'S1W03' is not over yet"),
        (1, "S1W01", "reaches back at most 2 weeks that have ended; 'S1W01' is 3 weeks back"),
    ],
)
def test_no_decision_reaches_further_than_the_policy(after_two, week_in, weeks_later, label, says):
    later = after_two.later(timedelta(weeks=weeks_later))
    with pytest.raises(CaseError, match=f"rule 'reach back'.*{says}"):
        later.confirm("C-1", reach=week_in(label))


def test_a_dismissal_clears_nobody_and_reaches_back_to_nothing(after_two, week_in):
    for more in ({"cleared": frozenset(PAIR)}, {"reach": week_in("S1W02")}):
        decision = Decision("C-1", DISMISS, "ana", "looked", **more)
        with pytest.raises(CaseError, match="a dismissal clears everyone"):
            decide(after_two.home, after_two.keys, decision, after_two.now)


# What a decision is on record with ----------------------------------------------------------------


def test_a_decision_keeps_its_policy_its_facts_and_the_evidence_as_it_was_seen(after_two):
    after_two.confirm("C-1")
    case = after_two.case("C-1")
    move = case.moves[-1]
    assert (move.moved_by, move.reason, move.moved_at) == ("ana", "looked", after_two.now)
    assert move.evidence_sha256 == evidence_sha256(case.evidence)
    with warehouse(after_two.home, read_only=True) as connection:
        assert load_policy_text(connection, move.policy_sha256) == TWO_RULES
        facts = json.loads(load_decision(connection, "C-1", move.seq).facts)
    assert (facts["owners"], facts["accounts"], facts["families"]) == (2, 2, ["device"])


def test_evidence_that_comes_between_looking_and_deciding_stops_the_decision(
    after_two, extend_case, monkeypatch
):
    def look_then_gain(*arguments):
        found = load_facts(*arguments)
        extend_case(after_two.home, "C-1", evidence=shared_device(*PAIR, value="tablet"))
        return found

    monkeypatch.setattr("jobs.decide.load_facts", look_then_gain)
    with pytest.raises(CaseError, match="just now; look at it again"):
        after_two.confirm("C-1")
    assert [move.move for move in after_two.case("C-1").moves] == ["opened", "gained"]


def test_an_account_that_comes_between_looking_and_deciding_stops_the_decision(
    after_two, extend_case, monkeypatch
):
    def look_then_gain(*arguments):
        found = load_facts(*arguments)
        none = shared_device()
        extend_case(after_two.home, "C-1", evidence=none, accounts={"sub-1": "trader-9"})
        return found

    monkeypatch.setattr("jobs.decide.load_facts", look_then_gain)
    with pytest.raises(CaseError, match="look at it again"):
        after_two.confirm("C-1")


# What moves while the policy grades ---------------------------------------------------------------


@pytest.fixture
def followed(after_two, open_case):
    """C-1 is confirmed and trader-2 has appealed; C-4 of trader-1 and another follows it."""
    after_two.confirm("C-1")
    after_two.notice("C-1")
    after_two.appeal("C-1", "trader-2")
    open_case(after_two.home, "C-4", "trader-1", "trader-9")
    with transaction(after_two.home) as connection:
        connection.execute(
            "update cases set root = 'C-1', follows = 'C-1' where case_id = 'C-4'",
        )
    return after_two


def once_loaded(monkeypatch, *acts):
    """Let something happen each time that facts were loaded, until nothing is left to happen."""
    left = list(acts)

    def load_then_act(*arguments):
        found = load_facts(*arguments)
        if left:
            left.pop(0)()
        return found

    monkeypatch.setattr("jobs.decide.load_facts", load_then_act)


def test_an_appeal_upheld_while_a_later_case_is_graded_is_counted(followed, monkeypatch):
    assert set(followed.preview("C-4").verdicts["rule"]) == {"more"}  # three, with trader-2
    once_loaded(monkeypatch, lambda: followed.uphold("C-1", "trader-2"))
    outcome = followed.confirm("C-4")
    assert set(outcome.verdicts["rule"]) == {"pair"}
    facts = followed.read("select facts from case_decisions where case_id = 'C-4'")
    assert [json.loads(one)["owners"] for (one,) in facts] == [2]
    assert followed.findings() == []


def test_a_preview_counts_it_too(followed, monkeypatch):
    once_loaded(monkeypatch, lambda: followed.uphold("C-1", "trader-2"))
    assert set(followed.preview("C-4").verdicts["rule"]) == {"pair"}


def test_whoever_is_faster_decides(after_two, monkeypatch):
    once_loaded(monkeypatch, lambda: after_two.dismiss("C-1", "ben"))
    with pytest.raises(CaseError, match="is dismissed, so it is decided"):
        after_two.confirm("C-1", "ana")
    assert [move.move for move in after_two.case("C-1").moves] == ["opened", "dismiss"]


def test_cases_that_keep_moving_are_waited_for_so_often_and_no_longer(after_two, monkeypatch):
    once_loaded(monkeypatch, *[lambda: after_two.review("C-2")] * ATTEMPTS)
    with pytest.raises(WarehouseBusy, match="moved 5 times while 'C-1' was graded"):
        after_two.confirm("C-1")
    assert [move.move for move in after_two.case("C-1").moves] == ["opened"]
    once_loaded(monkeypatch, *[lambda: after_two.review("C-2")] * (ATTEMPTS - 1))
    assert after_two.confirm("C-1").state == "confirmed"


# Facts that are loaded for many cases at once -----------------------------------------------------


def decided_with(people, facts, case_id: str) -> None:
    decision = Decision(case_id, Verdict.CONFIRM, "ana", "looked")
    decide(people.home, people.keys, decision, people.now, facts)


def said_of(people, case_id: str) -> str:
    with warehouse(people.home, read_only=True) as connection:
        return load_decision(connection, case_id, people.case(case_id).moves[-1].seq).facts


def test_facts_that_were_loaded_before_decide_alike(after_two):
    facts = load_facts(after_two.home, ["C-1"])
    expected = facts.canonical("C-1")
    decided_with(after_two, facts, "C-1")
    assert said_of(after_two, "C-1") == expected


def test_facts_from_before_the_case_gained_something_are_loaded_anew(after_two, extend_case):
    facts = load_facts(after_two.home, ["C-1"])
    extend_case(after_two.home, "C-1", evidence=shared_device(*PAIR, value="tablet"))
    decided_with(after_two, facts, "C-1")
    assert said_of(after_two, "C-1") == load_facts(after_two.home, ["C-1"]).canonical("C-1")
    assert said_of(after_two, "C-1") != facts.canonical("C-1")
