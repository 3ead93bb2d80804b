"""Until it is final a decision can be appealed against and taken back, to the last micropoint."""

from datetime import timedelta

import pytest

from tests.conftest import FOUR, PAIR, TWO_RULES, issue_week, week_of
from tests.moderators import APPEAL_DAYS
from warehouse.errors import CaseError

ONE, OTHER = PAIR
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def noticed(after_two):
    """C-1 is confirmed, both keep a quarter, and notice was given."""
    after_two.confirm("C-1")
    after_two.notice("C-1")
    return after_two


def refused(people, says, do):
    """Check that something is refused, with the rule, and changes not a byte."""
    before = people.home.warehouse.read_bytes()
    with pytest.raises(CaseError, match=says):
        do()
    assert people.home.warehouse.read_bytes() == before


# Appeals ------------------------------------------------------------------------------------------


def test_an_appeal_moves_no_points_and_waits(noticed):
    before = noticed.balances()
    assert noticed.appeal("C-1", ONE).state == "appealed"
    assert noticed.balances().equals(before)
    assert noticed.findings() == []


def test_before_the_notice_nobody_appeals(after_two):
    after_two.confirm("C-1")
    refused(after_two, "'appeal' is not allowed.*confirmed", lambda: after_two.appeal("C-1", ONE))


def test_after_the_last_day_nobody_appeals(noticed):
    refused(
        noticed,
        "rule 'appeal window'",
        lambda: noticed.later(APPEAL_DAYS).appeal("C-1", ONE),
    )
    assert noticed.later(APPEAL_DAYS - INSTANT).appeal("C-1", ONE).state == "appealed"


def test_nobody_appeals_twice_against_one_decision(noticed):
    noticed.appeal("C-1", ONE)
    refused(noticed, "rule 'one appeal a decision'", lambda: noticed.appeal("C-1", ONE))
    noticed.reject("C-1", ONE)
    refused(noticed, "rule 'one appeal a decision'", lambda: noticed.appeal("C-1", ONE))
    assert noticed.appeal("C-1", OTHER).state == "appealed"


def test_who_is_not_confirmed_has_nothing_to_appeal_against(noticed):
    refused(noticed, "'trader-9' lost nothing", lambda: noticed.appeal("C-1", "trader-9"))


def test_a_referrer_is_told_that_their_share_follows_the_account_that_they_referred(noticed):
    assert noticed.points("trader-0")[2] > 0
    says = "share in an account that they referred, and follows the decision on that account"
    refused(noticed, says, lambda: noticed.appeal("C-1", "trader-0"))
    late = noticed.later(APPEAL_DAYS)
    late.settle()
    refused(late, says, lambda: late.acknowledge("C-1", "trader-0"))


def test_who_took_part_in_a_decision_does_not_use_up_an_owners_appeal(noticed):
    refused(
        noticed,
        "rule 'another pair of eyes': ' ANA' took part.*takes the appeal against it down",
        lambda: noticed.appeal("C-1", ONE, by=" ANA"),
    )
    assert noticed.appeal("C-1", ONE).state == "appealed"


def test_who_was_cleared_lost_nothing(after_two):
    after_two.confirm("C-1", clear=(OTHER,))
    after_two.notice("C-1")
    refused(after_two, f"'{OTHER}' lost nothing", lambda: after_two.appeal("C-1", OTHER))


def keep_all(people):
    """Change the policy so that a pair keeps everything."""
    text = people.home.policy.read_text()
    people.home.policy.write_text(text.replace("tolerated_accounts = 1", "tolerated_accounts = 2"))


def test_who_keeps_everything_may_still_appeal_against_counting_as_one_of_a_group(after_two):
    keep_all(after_two)
    after_two.confirm("C-1")
    after_two.notice("C-1")
    assert (ONE, "C-1", "final") in after_two.involved()
    after_two.appeal("C-1", ONE)
    refused(after_two, "keeps 10000 bps.*not 9999", lambda: after_two.uphold("C-1", ONE, 9_999))
    assert after_two.uphold("C-1", ONE).done.batches == ()
    assert [row for row in after_two.involved() if row[1] == "C-1"] == [(OTHER, "C-1", "final")]
    assert after_two.findings() == []


# Answers ------------------------------------------------------------------------------------------


def test_an_appeal_is_not_answered_by_who_decided(after_two):
    after_two.confirm("C-2", "ana")
    after_two.confirm("C-2", "ben")
    after_two.notice("C-2")
    after_two.appeal("C-2", FOUR[0])
    for decider in ("ana", "Ben"):
        for answer in (after_two.uphold, after_two.reject):
            refused(
                after_two,
                "rule 'another pair of eyes'",
                lambda answer=answer, by=decider: answer("C-2", FOUR[0], by=by),
            )
    assert after_two.reject("C-2", FOUR[0], by="eve").state == "rejected"


def test_without_an_appeal_there_is_no_answer(noticed):
    refused(noticed, "'uphold' is not allowed", lambda: noticed.uphold("C-1", ONE))
    noticed.appeal("C-1", ONE)
    refused(noticed, "no appeal that waits for an answer", lambda: noticed.uphold("C-1", OTHER))


@pytest.mark.parametrize("keep_bps", [2_500, 0, 10_001])
def test_an_upheld_appeal_never_takes_more(noticed, keep_bps):
    noticed.appeal("C-1", ONE)
    refused(
        noticed,
        "rule 'an appeal never takes more': 'trader-1' keeps 2500 bps",
        lambda: noticed.uphold("C-1", ONE, keep_bps),
    )


def test_a_rejected_appeal_leaves_everything_where_it_is(noticed):
    before = noticed.balances()
    noticed.appeal("C-1", ONE)
    assert noticed.reject("C-1", ONE).state == "rejected"
    assert noticed.balances().equals(before)
    assert noticed.findings() == []


def test_an_appeal_upheld_in_full_gives_back_everything_and_the_referrers_share(after_two):
    before = {owner: sum(after_two.points(owner)) for owner in ("trader-0", *PAIR)}
    after_two.confirm("C-1")
    after_two.notice("C-1")
    for owner in PAIR:
        after_two.appeal("C-1", owner)
        after_two.uphold("C-1", owner)
    for owner, points in before.items():
        assert after_two.points(owner) == (points, 0, 0)
    assert after_two.findings() == []


def test_upheld_for_one_it_gives_back_nothing_of_the_other(noticed):
    other = noticed.points(OTHER)
    own, _, escrowed = noticed.points(ONE)
    noticed.appeal("C-1", ONE)
    done = noticed.uphold("C-1", ONE).done
    assert noticed.points(ONE) == (own + escrowed, 0, 0)
    assert noticed.points(OTHER) == other
    # What the referrer lost of the share in this referee came back as well.
    assert done.restored_micropoints > escrowed
    assert done.released_micropoints == done.restored_micropoints


def test_upheld_in_part_what_stays_in_escrow_is_rounded_down_line_by_line(noticed):
    lines = noticed.balances().filter(account=f"escrow:C-1/{ONE}").rows()
    noticed.appeal("C-1", ONE)
    noticed.uphold("C-1", ONE, 5_000)
    left = noticed.balances().filter(account=f"escrow:C-1/{ONE}").rows()
    # A quarter was kept and three were taken; a half stays taken.
    assert left == [(*line, amount * 5_000 // 7_500) for *line, amount in lines]
    assert noticed.findings() == []


def test_weeks_that_are_issued_later_follow_the_appeal(after_one):
    after_one.confirm("C-1")
    after_one.notice("C-1")
    after_one.appeal("C-1", ONE)
    after_one.uphold("C-1", ONE)
    issue_week(after_one.home, "S1W02")
    one, other = after_one.points(ONE), after_one.points(OTHER)
    assert one[1:] == (0, 0), "what is cleared is issued to its owner"
    assert other[1] > 0, "what is confirmed is held until the case is final"
    assert after_one.findings() == []


def test_an_appeal_against_a_decision_that_was_withdrawn_is_not_answered(noticed):
    noticed.appeal("C-1", ONE)
    noticed.withdraw("C-1")
    noticed.confirm("C-1")
    noticed.notice("C-1")
    noticed.appeal("C-1", OTHER)
    refused(noticed, "no appeal that waits for an answer", lambda: noticed.uphold("C-1", ONE))
    noticed.reject("C-1", OTHER)
    assert noticed.appeal("C-1", ONE).state == "appealed"


# Who may ------------------------------------------------------------------------------------------


def test_where_moderators_are_named_others_take_appeals_down_and_nothing_else(after_two):
    after_two.home.policy.write_text(
        TWO_RULES.replace("[deciding]", '[deciding]\nmoderators = ["ana", "ben", "eve"]')
    )
    stranger = {"by": "mallory"}
    may_not = "'mallory' may not decide: deciding.moderators"
    refused(after_two, may_not, lambda: after_two.review("C-1", **stranger))
    after_two.confirm("C-1")
    after_two.notice("C-1")
    refused(after_two, may_not, lambda: after_two.agree("C-1", **stranger))
    refused(after_two, may_not, lambda: after_two.withdraw("C-1", **stranger))
    assert after_two.appeal("C-1", ONE, **stranger).state == "appealed"
    refused(after_two, may_not, lambda: after_two.uphold("C-1", ONE, **stranger))
    refused(after_two, may_not, lambda: after_two.reject("C-1", ONE, **stranger))
    assert after_two.reject("C-1", ONE).state == "rejected"
    late = after_two.later(APPEAL_DAYS)
    late.agree("C-1")
    late.settle()
    refused(late, may_not, lambda: late.acknowledge("C-1", ONE, **stranger))
    assert late.acknowledge("C-1", ONE).state == "final"


# Agreeing -----------------------------------------------------------------------------------------


def test_a_second_person_agrees_and_nothing_moves(noticed):
    before = noticed.balances()
    assert noticed.agree("C-1", "ben").state == "noticed"
    assert noticed.balances().equals(before)
    assert noticed.findings() == []


@pytest.mark.parametrize("by", ["ana", "Ana ", "ben"])
def test_who_decided_or_agreed_already_is_no_second_person(noticed, by):
    noticed.agree("C-1", "ben")
    refused(noticed, "rule 'another pair of eyes'", lambda: noticed.agree("C-1", by))


def test_who_agreed_answers_no_appeal_against_it(noticed):
    noticed.agree("C-1", "eve")
    noticed.appeal("C-1", ONE)
    refused(noticed, "rule 'another pair of eyes'", lambda: noticed.uphold("C-1", ONE, by="eve"))
    assert noticed.uphold("C-1", ONE, by="cem").state == "upheld"


def test_nobody_agrees_to_what_nobody_was_told_of(after_two):
    after_two.confirm("C-1")
    refused(after_two, "'agree' is not allowed.*confirmed", lambda: after_two.agree("C-1"))


# Withdrawals --------------------------------------------------------------------------------------


def test_a_withdrawal_returns_everything_to_where_it_was_held(after_two):
    week = week_of(after_two.home, "S1W01")
    before = after_two.balances()
    after_two.confirm("C-2", "ana", reach=week)
    after_two.confirm("C-2", "ben", reach=week)
    assert not after_two.balances().equals(before)
    after_two.notice("C-2")
    assert after_two.withdraw("C-2").state == "under_review"
    assert after_two.balances().equals(before)
    assert after_two.findings() == []


@pytest.mark.parametrize("after", ["confirmed", "appealed", "upheld", "rejected"])
def test_whatever_has_happened_since_a_decision_is_withdrawn_whole(after_two, after):
    before = sum(after_two.points(ONE))
    after_two.confirm("C-1")
    if after != "confirmed":
        after_two.notice("C-1")
        after_two.appeal("C-1", ONE)
    if after == "upheld":
        after_two.uphold("C-1", ONE, 5_000)
    if after == "rejected":
        after_two.reject("C-1", ONE)
    after_two.withdraw("C-1")
    own, held, escrowed = after_two.points(ONE)
    assert (own + held, escrowed) == (before, 0)
    assert after_two.findings() == []


def test_a_withdrawn_case_can_be_decided_anew_either_way(after_two):
    before = {owner: sum(after_two.points(owner)) for owner in FOUR}
    after_two.confirm("C-2", "ana")
    after_two.confirm("C-2", "ben")
    after_two.withdraw("C-2")
    # The proposal of before does not count any more.
    assert after_two.confirm("C-2", "ben").move == "propose"
    assert after_two.confirm("C-2", "ana").move == "confirm"
    after_two.withdraw("C-2")
    after_two.dismiss("C-2", "ana")
    after_two.dismiss("C-2", "ben")
    assert {owner: after_two.points(owner)[0] for owner in FOUR} == before
    assert after_two.findings() == []


def test_who_appealed_before_a_withdrawal_may_appeal_against_the_next_decision(noticed):
    noticed.appeal("C-1", ONE)
    noticed.reject("C-1", ONE)
    noticed.withdraw("C-1")
    noticed.confirm("C-1", "cem")
    noticed.notice("C-1")
    assert noticed.appeal("C-1", ONE).state == "appealed"
    assert noticed.uphold("C-1", ONE, by="ana").state == "upheld"


def test_an_undecided_case_has_nothing_to_withdraw(after_two):
    refused(after_two, "'withdraw' is not allowed", lambda: after_two.withdraw("C-1"))


# Too late -----------------------------------------------------------------------------------------


@pytest.fixture
def final(noticed):
    """The case is settled."""
    later = noticed.later(APPEAL_DAYS)
    assert later.settle().cases == ("C-1",)
    return later


def test_what_is_final_is_not_withdrawn_appealed_or_answered(final):
    for do in (
        lambda: final.withdraw("C-1"),
        lambda: final.appeal("C-1", ONE),
        lambda: final.reject("C-1", ONE),
    ):
        refused(final, "is not allowed on 'C-1', which is final", do)


def test_what_is_found_wrong_too_late_is_written_down_as_owed_and_mints_nothing(final):
    ledger = "select count(*), sum(abs(micropoints)) from entries"
    before, balances = final.read(ledger), final.balances()
    lost = final.read(
        "select e.account, b.week, -sum(e.micropoints) from entries e join batches b "
        "using (batch_id) where b.kind = 'redistribute' and (e.account = 'escrow:C-1/trader-1' "
        "or e.subject = 'trader-1') group by all order by all"
    )
    moved = final.acknowledge("C-1", ONE)
    owed = final.read("select 'escrow:C-1/' || owner_id, week, micropoints from owed order by all")
    assert owed == lost
    assert {account for account, *_ in owed} == {f"escrow:C-1/{ONE}", "escrow:C-1/trader-0"}
    assert moved.owed_micropoints == sum(amount for *_, amount in owed)
    assert final.read("select distinct direction, cause, reason from owed") == [
        ("to_owner", "C-1/5", "found wrong")
    ]
    assert (final.read(ledger), final.balances().equals(balances)) == (before, True)
    assert final.findings() == []


def test_what_is_owed_is_written_down_once(final):
    final.acknowledge("C-1", ONE)
    refused(final, "written down already", lambda: final.acknowledge("C-1", ONE))


def test_nothing_is_owed_to_whom_the_settlement_did_not_concern(final):
    refused(final, "'trader-9' lost nothing", lambda: final.acknowledge("C-1", "trader-9"))


def test_nothing_is_acknowledged_before_it_is_final(noticed):
    refused(noticed, "'acknowledge' is not allowed", lambda: noticed.acknowledge("C-1", ONE))


def test_who_is_acknowledged_is_involved_no_longer(final):
    involved = final.involved()
    assert [row for row in involved if row[0] == ONE] == [(ONE, "C-1", "final")]
    final.acknowledge("C-1", ONE)
    assert [row for row in final.involved() if row[0] == ONE] == []


def test_who_kept_everything_may_be_found_wrong_about_and_is_owed_nothing(after_two):
    keep_all(after_two)
    after_two.confirm("C-1")
    after_two.notice("C-1")
    late = after_two.later(APPEAL_DAYS)
    late.settle()
    assert late.acknowledge("C-1", ONE).owed_micropoints == 0
    assert [row for row in late.involved() if row[1] == "C-1"] == [(OTHER, "C-1", "final")]
    refused(late, "written down already", lambda: late.acknowledge("C-1", ONE))
    assert late.findings() == []


def test_what_a_referrer_lost_is_owed_once_when_both_are_found_wrong(after_one, open_case):
    referrer, referee = "trader-0", "trader-3"
    open_case(after_one.home, "C-3", referrer, referee, "trader-8")
    issue_week(after_one.home, "S1W02")
    share = after_one.read(
        "select sum(micropoints) from entries where account = 'held:trader-0' "
        "and subject = 'trader-3'"
    )
    people = after_one.later(timedelta(weeks=1))
    people.confirm("C-3")
    people.notice("C-3")
    people = people.later(APPEAL_DAYS)
    people.agree("C-3")
    taken = {owner: people.points(owner)[2] for owner in (referrer, referee)}
    people.settle()
    # The referrer still stands confirmed, so that their share is not owed yet.
    assert people.acknowledge("C-3", referee).owed_micropoints == taken[referee]
    assert people.acknowledge("C-3", referrer).owed_micropoints == taken[referrer]
    owed = people.read("select owner_id, sum(micropoints) from owed group by all order by all")
    assert owed == sorted(taken.items())
    assert taken[referrer] > share[0][0] > 0
    assert people.findings() == []
