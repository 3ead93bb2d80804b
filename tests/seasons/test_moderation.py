"""The rules that look at a case's history: two people, appeals, how far back, who is cleared."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import polars as pl
import pytest

from seasons.calendar import Calendar
from seasons.moderation import (
    check_answer,
    check_appeal,
    check_reach,
    check_second_person,
    check_took_no_part,
    deciders,
    grade,
    owed_for,
    pending_proposal,
    same_person,
    waits_for_second,
)
from seasons.policy import parse_policy
from warehouse.errors import CaseError
from warehouse.moves import Move

MONDAY = datetime(2025, 3, 24, tzinfo=UTC)
DAY = timedelta(days=1)


def history(*steps: str) -> tuple[Move, ...]:
    """Return moves from 'move by owner', as in 'propose ana' or 'appeal support trader-1'."""
    moves = []
    for seq, step in enumerate(steps, 1):
        name, by, owner, *_ = [*step.split(" "), "", ""]
        until = MONDAY + 14 * DAY if name == "notice" else None
        moves.append(
            Move("C-1", seq, seq, name, "", by, MONDAY, "", "", owner_id=owner or None, until=until)
        )
    return tuple(moves)


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana lee", " Ana   LEE "),
        ("ana lee", "ana\u00a0lee"),  # a space that does not break
        ("ana", "\uff41\uff4e\uff41"),  # full width
        ("jos\u00e9", "jose\u0301"),  # one character or two
        ("stra\u00dfe", "STRASSE"),
    ],
)
def test_a_person_stays_one_however_the_name_is_written(one, other):
    assert same_person(one, other)
    assert not same_person(one, f"{other} b")


# Two people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        (("opened D-1",), None),
        (("opened D-1", "propose ana"), "ana"),
        (("opened D-1", "propose ana", "review ben"), "ana"),
        (("opened D-1", "propose ana", "propose ben"), "ben"),
        (("opened D-1", "propose ana", "gained D-2"), None),
        (("opened D-1", "propose ana", "gained D-2", "review ben"), None),
        (("opened D-1", "propose ana", "confirm ben", "withdraw ana"), None),
        (("opened D-1", "propose ana", "dismiss ben", "reopened D-2"), None),
    ],
)
def test_a_proposal_waits_until_something_new_or_another_takes_its_place(steps, waits):
    proposal = pending_proposal(history(*steps))
    assert (proposal and proposal.moved_by) == waits


@pytest.mark.parametrize("by", ["ana", "ANA", " ana ", "\uff41na"])
def test_the_second_person_is_somebody_else_however_the_name_is_spelled(by):
    (proposal,) = history("propose ana")
    with pytest.raises(CaseError, match=r"rule 'two people'.*'C-1'.*somebody else"):
        check_second_person(proposal, by)
    check_second_person(proposal, "ben")


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        (("opened D-1", "review ana"), set()),
        (("opened D-1", "confirm ana"), {"ana"}),
        (("opened D-1", "propose ana", "partly ben"), {"ana", "ben"}),
        (("opened D-1", "propose ana", "confirm ben", "withdraw cem"), set()),
        (("opened D-1", "confirm ana", "withdraw ana", "confirm ben"), {"ben"}),
        (("opened D-1", "dismiss ana", "reopened D-2", "confirm ben"), {"ben"}),
        (("opened D-1", "confirm ana", "notice eve", "agree ben"), {"ana", "ben"}),
    ],
)
def test_deciders_are_who_took_part_in_the_decision_that_stands(steps, names):
    assert deciders(history(*steps)) == names


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        (("opened D-1", "confirm ana", "notice eve"), True),
        (("opened D-1", "confirm ana", "notice eve", "agree ben"), False),
        (("opened D-1", "propose ana", "confirm ben", "notice eve"), False),
        (("opened D-1", "propose ana", "review cem", "confirm ben", "notice eve"), False),
        # What was proposed before the case gained something was another decision.
        (("opened D-1", "propose ana", "gained D-2", "confirm ben", "notice eve"), True),
        (("opened D-1", "confirm ana", "notice eve", "agree ben", "withdraw ben"), False),
        (("confirm ana", "notice eve", "agree ben", "withdraw ben", "confirm ana"), True),
        (("opened D-1", "confirm ana", "notice eve", "appeal eve b", "uphold ben b"), True),
        (("opened D-1", "propose Ana", "confirm ana ", "notice eve"), True),
    ],
)
def test_what_one_person_decided_waits_for_a_second_once_it_takes_much(steps, waits):
    moves = history(*steps)
    assert waits_for_second(moves, 101, 100) is waits
    assert not waits_for_second(moves, 100, 100)


def test_a_proposal_by_another_policy_agrees_to_nothing():
    opened, proposal, decision = history("opened D-1", "propose ana", "confirm ben")
    by = [replace(proposal, policy_sha256="old"), replace(decision, policy_sha256="new")]
    assert waits_for_second([opened, *by], 101, 100)
    assert not waits_for_second([opened, proposal, decision], 101, 100)


# Appeals ------------------------------------------------------------------------------------------

NOTICED = ("opened D-1", "propose ana", "confirm ben", "notice ana")


def test_appeals_open_with_the_notice():
    with pytest.raises(CaseError, match="rule 'notice first'"):
        check_appeal(history(*NOTICED[:3]), "trader-1", MONDAY)
    check_appeal(history(*NOTICED), "trader-1", MONDAY)


def test_appeals_close_on_the_last_day_to_the_microsecond():
    moves, closed = history(*NOTICED), MONDAY + 14 * DAY
    check_appeal(moves, "trader-1", closed - timedelta(microseconds=1))
    with pytest.raises(
        CaseError, match=r"rule 'appeal window'.*closed at 2025-04-07 00:00 UTC.*acknowledge"
    ):
        check_appeal(moves, "trader-1", closed)


@pytest.mark.parametrize("answered", [(), ("reject eve trader-1",), ("uphold eve trader-1",)])
def test_an_owner_appeals_once_against_a_decision(answered):
    moves = history(*NOTICED, "appeal support trader-1", *answered)
    with pytest.raises(CaseError, match=r"rule 'one appeal a decision': 'trader-1'"):
        check_appeal(moves, "trader-1", MONDAY)
    check_appeal(moves, "trader-2", MONDAY)


def test_against_a_decision_that_was_made_anew_an_owner_may_appeal_anew():
    first = (*NOTICED, "appeal support trader-1", "reject eve trader-1", "withdraw ana")
    check_appeal(history(*first, "confirm ben", "notice ana"), "trader-1", MONDAY)


@pytest.mark.parametrize("by", ["ana", "ben", "Ben "])
def test_who_proposed_or_decided_does_not_answer(by):
    moves = history(*NOTICED, "appeal support trader-1")
    with pytest.raises(CaseError, match="rule 'another pair of eyes'"):
        check_answer(moves, "trader-1", by)
    check_answer(moves, "trader-1", "eve")


@pytest.mark.parametrize(
    "since",
    [
        (),
        ("appeal support trader-2",),
        ("appeal support trader-1", "reject eve trader-1"),
        ("appeal support trader-1", "uphold eve trader-1"),
    ],
)
def test_an_appeal_is_answered_where_there_is_one_and_once(since):
    with pytest.raises(CaseError, match="'trader-1' has no appeal that waits"):
        check_answer(history(*NOTICED, *since), "trader-1", "eve")


def test_an_appeal_from_before_a_withdrawal_is_void():
    first = (*NOTICED, "appeal support trader-1", "withdraw ana", "confirm ben", "notice ana")
    moves = history(*first, "appeal support trader-2")
    with pytest.raises(CaseError, match="'trader-1' has no appeal that waits"):
        check_answer(moves, "trader-1", "eve")
    check_answer(moves, "trader-2", "eve")


@pytest.mark.parametrize("by", ["ana", "BEN", "cem"])
def test_who_took_part_in_a_decision_by_agreeing_does_nothing_for_another(by):
    moves = history(*NOTICED, "agree cem")
    with pytest.raises(CaseError, match=r"rule 'another pair of eyes'.*somebody else looks$"):
        check_took_no_part(moves, by, "looks")
    check_took_no_part(moves, "eve", "looks")


# What is owed -------------------------------------------------------------------------------------

SPREAD = pl.DataFrame(
    [
        ("a", "a", 1, 1, 5),
        ("a", "c", 1, 1, 7),  # a referred c, and nobody confirmed a
        ("b", "b", 1, 1, 11),
        ("b", "c", 1, 1, 13),  # b referred c, and both were confirmed
        ("b", "c", 1, 2, 17),
        ("c", "c", 1, 1, 19),
    ],
    ["owner_id", "subject", "season", "week", "micropoints"],
    orient="row",
)


def lines_of(owner: str) -> pl.DataFrame:
    return SPREAD.filter((pl.col("owner_id") == owner) | (pl.col("subject") == owner))


def test_a_referrers_share_is_not_owed_while_the_referrer_stands_confirmed():
    owed = owed_for(lines_of("c"), "c", frozenset("bc"))
    assert owed.rows() == [("a", 1, 1, 7), ("c", 1, 1, 19)]
    assert owed_for(lines_of("b"), "b", frozenset("b")).rows() == [("b", 1, 1, 24), ("b", 1, 2, 17)]


@pytest.mark.parametrize("order", list(permutations("bcd")))
def test_every_line_is_owed_once_in_whatever_order_mistakes_are_found(order):
    standing, owed = set("bcd"), 0
    for owner in order:
        owed += owed_for(lines_of(owner), owner, frozenset(standing))["micropoints"].sum()
        standing.remove(owner)
    assert owed == SPREAD.filter(pl.col("subject").is_in(list("bc")))["micropoints"].sum()


def test_from_whom_nothing_was_taken_to_them_nothing_is_owed():
    assert owed_for(lines_of("b"), "b", frozenset("c")).is_empty()


# How far back -------------------------------------------------------------------------------------


def policy(weeks: int):
    return parse_policy(f"""
        version = "v"
        appeal_days = 14
        tolerated_accounts = 1
        reach_back_weeks = {weeks}
        [deciding]
        alone_owners = 5
        alone_points = 5
        [[rule]]
        name = "all"
        keep_bps = 0
        why = "It was seen."
    """)


SEASON = Calendar(1, MONDAY, MONDAY + 7 * DAY, weeks=10)


@pytest.mark.parametrize(
    ("reach", "week", "weeks_over", "allowed"),
    [
        (1, 3, 3, True),  # the third week is over, and is the one before the current
        (1, 2, 3, False),
        (2, 2, 3, True),
        (9, 4, 3, False),  # it is not over yet
        (0, 3, 3, False),
        (9, 1, 9, True),
        (2, 9, 10, True),  # after the season's end its last weeks can still be reached
    ],
)
def test_a_decision_reaches_back_as_far_as_the_policy_says(reach, week, weeks_over, allowed):
    now = SEASON.week(weeks_over).end
    if allowed:
        check_reach(policy(reach), SEASON.week(week), [SEASON], now)
    else:
        with pytest.raises(CaseError, match=f"rule 'reach back': policy 'v'.*S1W{week:02d}"):
            check_reach(policy(reach), SEASON.week(week), [SEASON], now)


def test_a_week_counts_as_ended_with_its_window():
    end = SEASON.week(3).end
    with pytest.raises(CaseError, match="not over yet"):
        check_reach(policy(9), SEASON.week(3), [SEASON], end - timedelta(microseconds=1))
    check_reach(policy(9), SEASON.week(3), [SEASON], end)


# Who is cleared -----------------------------------------------------------------------------------


def judged(*rows):
    return pl.DataFrame(
        [("C-1", account, owner, "few", keep) for account, owner, keep in rows],
        {
            "case_id": pl.String,
            "account_id": pl.String,
            "owner_id": pl.String,
            "rule": pl.String,
            "keep_bps": pl.Int32,
        },
        orient="row",
    )


THREE = judged(("z", "a", 2_500), ("b", "b", 2_500), ("c", "c", 10_000))


def test_who_is_not_cleared_is_confirmed_by_the_policy():
    verdicts = grade("C-1", THREE, frozenset("b"))
    assert verdicts.rows() == [
        ("b", "b", "cleared", 10_000, "cleared"),
        ("c", "c", "confirmed", 10_000, "few"),
        ("z", "a", "confirmed", 2_500, "few"),
    ]
    assert verdicts.schema["keep_bps"] == pl.Int32


def test_the_order_of_accounts_makes_no_difference():
    assert grade("C-1", THREE.reverse(), frozenset("b")).equals(grade("C-1", THREE, frozenset("b")))


def test_an_owner_is_cleared_whole_or_not_at_all():
    two = judged(("b1", "b", 0), ("b2", "b", 0), ("c", "c", 0))
    with pytest.raises(CaseError, match=r"rule 'points are the owner's': clear every account of"):
        grade("C-1", two, frozenset({"b1"}))
    assert grade("C-1", two, frozenset({"b1", "b2"}))["verdict"].to_list() == [
        "cleared",
        "cleared",
        "confirmed",
    ]


@pytest.mark.parametrize(
    ("cleared", "says"),
    [
        (frozenset("zbc"), "everyone would be cleared; dismiss the case instead"),
        (frozenset({"a"}), "account 'a' is not in 'C-1'"),  # an owner, but no account
    ],
)
def test_somebody_of_the_case_has_to_be_left_to_confirm(cleared, says):
    with pytest.raises(CaseError, match=says):
        grade("C-1", THREE, cleared)
