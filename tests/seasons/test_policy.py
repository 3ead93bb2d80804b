"""The policy: a text is read or refused with a reason, and every owner is judged exactly once."""

from dataclasses import replace
from importlib.resources import files
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.fusion import FAMILIES
from seasons.policy import (
    KEEP_ALL,
    TOLERANCE,
    CaseFacts,
    Family,
    Kind,
    Policy,
    Rule,
    check_moderator,
    judge,
    needs_two,
    parse_policy,
)
from seasons.policy_sentences import explain
from warehouse.errors import CaseError, PolicyError
from warehouse.schemas import ACCOUNT_KINDS

PRESET = files("jobs").joinpath("presets", "policy.toml").read_text(encoding="utf-8")
HEAD = """
version = "try"
appeal_days = 14
tolerated_accounts = 1
reach_back_weeks = 3
[deciding]
alone_owners = 5
alone_points = 100000
"""
REST = '[[rule]]\nname = "rest"\nkeep_bps = 0\nwhy = "It was seen."\n'
PLAIN = parse_policy(HEAD + REST)
RETAIL = frozenset({"retail"})
FAMILY = CaseFacts("C-1", 3, 3, 1, 900_000, ("device", "network"), declared_group=False)

counts = st.integers(0, 60)
scores = st.integers(0, 1_000_000)
some_families = st.sets(st.sampled_from(get_args(Family)))
some_kinds = st.frozensets(st.sampled_from(ACCOUNT_KINDS), min_size=1)
facts_of_cases = st.builds(
    CaseFacts,
    case_id=st.just("C-1"),
    owners=counts,
    accounts=counts,
    shared_devices=counts,
    score_millionths=scores,
    families=some_families.map(lambda families: tuple(sorted(families))),
    declared_group=st.booleans(),
)


def optional(strategy):
    return st.none() | strategy


def conditions():
    families = some_families.filter(bool).map(lambda chosen: tuple(sorted(chosen)))
    kinds = st.sets(st.sampled_from(get_args(Kind)), min_size=1).map(tuple)
    return {
        **{
            f"{side}_{number}": optional(counts)
            for side in ("least", "most")
            for number in ("accounts", "owners", "shared_devices")
        },
        "least_score": optional(st.sampled_from(["0.1", "0.5", "0.9"])),
        "most_score": optional(st.sampled_from(["0.1", "0.5", "0.9"])),
        "families": optional(families),
        "only_families": optional(families),
        "declared_group": optional(st.booleans()),
        "kinds": optional(kinds),
    }


def rule_named(name: str):
    bps = st.integers(0, KEEP_ALL)
    return st.builds(
        Rule, name=st.just(name), keep_bps=bps, why=st.just("It was seen."), **conditions()
    )


@st.composite
def policies(draw):
    """A policy of a few rules, read or not: `judge` asks only that the last has no condition."""
    rules = [draw(rule_named(f"rule-{number}")) for number in range(draw(st.integers(0, 4)))]
    last = Rule(name="rest", keep_bps=draw(st.integers(0, KEEP_ALL)), why="It was seen.")
    return PLAIN.model_copy(update={"rule": (*rules, last)})


def rule(name: str = "one", **written: object) -> str:
    lines = "".join(f"{key} = {value}\n" for key, value in written.items())
    return f'[[rule]]\nname = "{name}"\nkeep_bps = 5000\nwhy = "It was seen."\n{lines}'


def refusal(text: str) -> str:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text)
    return str(refused.value)


# What the preset says -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def preset() -> Policy:
    return parse_policy(PRESET)


def test_three_people_on_one_device_keep_at_least_half(preset: Policy) -> None:
    assert judge(preset, FAMILY, RETAIL).keep_bps >= 5_000
    for families in (("device",), ("device", "funding"), ("device", "funding", "network")):
        assert judge(preset, replace(FAMILY, families=families), RETAIL).keep_bps >= 5_000


def test_a_farm_of_forty_keeps_nothing(preset: Policy) -> None:
    farm = replace(FAMILY, owners=40, accounts=40, shared_devices=9)
    assert judge(preset, farm, RETAIL).keep_bps == 0


def test_forty_who_declare_a_group_are_still_forty(preset: Policy) -> None:
    declared = replace(FAMILY, declared_group=True)
    assert judge(preset, declared, RETAIL).keep_bps == KEEP_ALL
    farm = replace(declared, owners=40, accounts=40)
    assert judge(preset, farm, RETAIL).keep_bps == 0


def test_an_institution_keeps_all_only_if_every_account_of_it_is_one(preset: Policy) -> None:
    farm = replace(FAMILY, owners=40, accounts=40)
    assert judge(preset, farm, frozenset({"institution"})).keep_bps == KEEP_ALL
    assert judge(preset, farm, frozenset({"institution", "retail"})).keep_bps == 0
    assert judge(preset, farm, frozenset({"market_maker"})).keep_bps == 0


@given(facts_of_cases, st.integers(1, 60))
def test_under_the_preset_more_owners_never_keep_more(facts: CaseFacts, more: int) -> None:
    policy = parse_policy(PRESET)
    larger = replace(facts, owners=facts.owners + more, accounts=facts.accounts + more)
    assert judge(policy, larger, RETAIL).keep_bps <= judge(policy, facts, RETAIL).keep_bps


def test_the_preset_is_short_enough_to_be_read_aloud(preset: Policy) -> None:
    assert len(explain(preset)) <= 15
    assert max(len(line) for line in PRESET.splitlines()) <= 100


# Judging ------------------------------------------------------------------------------------------


@given(policies(), facts_of_cases, some_kinds)
def test_every_owner_is_judged_by_exactly_the_first_rule_that_holds(policy, facts, kinds) -> None:
    judged = judge(policy, facts, kinds)
    if facts.accounts <= policy.tolerated_accounts:
        assert (judged.rule, judged.keep_bps) == (TOLERANCE, KEEP_ALL)
        return
    (chosen,) = [rule for rule in policy.rule if rule.name == judged.rule]
    earlier = policy.rule[: policy.rule.index(chosen)]
    assert chosen.applies(facts, kinds)
    assert not any(rule.applies(facts, kinds) for rule in earlier)
    assert (judged.keep_bps, judged.why) == (chosen.keep_bps, chosen.why)


@given(rule_named("a"), rule_named("b"), facts_of_cases, some_kinds)
def test_a_rule_that_covers_another_applies_wherever_that_does(one, other, facts, kinds) -> None:
    if one.covers(other) and other.applies(facts, kinds):
        assert one.applies(facts, kinds)


@given(rule_named("a"), facts_of_cases, some_kinds)
def test_conditions_are_what_their_names_say(one, facts, kinds) -> None:
    numbers = {
        "accounts": facts.accounts,
        "owners": facts.owners,
        "shared_devices": facts.shared_devices,
        "score": facts.score_millionths,
    }
    holds = all((getattr(one, f"least_{name}") or 0) <= value for name, value in numbers.items())
    for name, value in numbers.items():
        most = getattr(one, f"most_{name}")
        holds = holds and (most is None or value <= most)
    for family in one.families or ():
        holds = holds and family in facts.families
    if one.only_families is not None:
        holds = holds and all(family in one.only_families for family in facts.families)
    if one.declared_group is not None:
        holds = holds and one.declared_group == facts.declared_group
    if one.kinds is not None:
        holds = holds and all(kind in one.kinds for kind in kinds)
    assert one.applies(facts, kinds) == holds


def test_a_score_is_read_exactly() -> None:
    policy = parse_policy(HEAD + rule(least_score='"0.90"') + REST)
    assert judge(policy, replace(FAMILY, score_millionths=900_000), RETAIL).rule == "one"
    assert judge(policy, replace(FAMILY, score_millionths=899_999), RETAIL).rule == "rest"


def test_beyond_either_limit_two_people_must_decide() -> None:
    policy = parse_policy(HEAD + REST)
    at_most = 100_000 * 1_000_000
    assert not needs_two(policy, 5, at_most)
    assert needs_two(policy, 6, 0)
    assert needs_two(policy, 1, at_most + 1)


def test_who_is_named_decides_and_nobody_else() -> None:
    named = parse_policy(
        HEAD.replace("alone_o", 'moderators = ["ana", "ben", "cy"]\nalone_o') + REST
    )
    check_moderator(named, "ben")
    with pytest.raises(CaseError, match=r"'eve' may not decide: deciding\.moderators .*ana, ben"):
        check_moderator(named, "eve")
    check_moderator(parse_policy(HEAD + REST), "eve")


def test_families_and_kinds_are_those_of_the_detection_and_the_feed() -> None:
    assert get_args(Family) == tuple(sorted(FAMILIES))
    assert set(get_args(Kind)) == set(ACCOUNT_KINDS) - {"system"}


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD, "rule"),
        (HEAD + rule(most_owners=3), "the last rule, 'one', must have no condition"),
        (HEAD + rule() + rule("two", most_owners=3) + REST, "rule 'two' is never reached: 'one'"),
        (HEAD + rule(most_owners=3) + rule("two", most_owners=2) + REST, "'two' is never reached"),
        (HEAD + REST + REST, "rule 'rest' comes twice"),
        (HEAD + rule(least_owners=4, most_owners=3) + REST, "its least_owners is more than"),
        (HEAD + rule(least_score='"0.9"', most_score='"0.8"') + REST, "its least_score is more"),
        (HEAD + rule(families='["device"]', only_families='["network"]') + REST, "beside only"),
        (HEAD + rule(most_accounts=1) + REST, "up to 1 accounts are tolerated"),
        (HEAD + rule(most_owners=0) + REST, "at least one owner"),
        (HEAD + rule("tolerance", most_owners=3) + REST, "no rule may be called 'tolerance'"),
        (HEAD + rule("appeal", most_owners=3) + REST, "no rule may be called 'appeal'"),
        (HEAD + rule("A rule") + REST, "'A rule'"),
        (HEAD + rule(families='["luck"]') + REST, "'luck'"),
        (HEAD + rule(families="[]") + REST, "families"),
        (HEAD + rule(kinds='["system"]') + REST, "'system'"),
        (HEAD + rule(least_score='"1.5"') + REST, "decimal string"),
        (HEAD + rule(least_score="0.9") + REST, "decimal string"),
        (HEAD + rule(most_ownerz=3) + REST, "most_ownerz"),
        (HEAD + REST.replace("keep_bps = 0", "keep_bps = 10001"), "10001"),
        (HEAD + REST.replace("It was seen.", "It was\\nseen."), "why"),
        (HEAD.replace('"try"', '""') + REST, "version"),
        (HEAD.replace("appeal_days = 14", "appeal_days = 0") + REST, "appeal_days is 0"),
        (HEAD.replace("accounts = 1", "accounts = 0") + REST, "tolerated_accounts is 0"),
        (HEAD.replace("weeks = 3", "weeks = 1000") + REST, "reach_back_weeks is 1000"),
        (HEAD.replace("alone_o", 'moderators = ["Ana", "ana"]\nalone_o') + REST, "named twice"),
        ("version = ", "is not TOML"),
    ],
)
def test_a_text_that_means_nothing_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert reason in refusal(text)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = refusal(HEAD + rule(least_owners=4, most_owners=3) + rule("two", declared_group="true"))
    assert "least_owners" in said
    assert "the last rule" in said


# Sentences ----------------------------------------------------------------------------------------


def test_a_rule_is_said_with_all_of_its_conditions() -> None:
    written = {
        "least_accounts": 2,
        "most_accounts": 9,
        "most_owners": 1,
        "least_shared_devices": 1,
        "least_score": '"0.90"',
        "families": '["device"]',
        "only_families": '["device", "network"]',
        "declared_group": "false",
        "kinds": '["market_maker"]',
    }
    said = explain(parse_policy(HEAD + rule(**written) + REST))[2]
    assert said == (
        "Rule 1, one: 2 to 9 accounts; at most 1 owner; at least 1 shared device; a score of at "
        "least 0.9; evidence of device; evidence of device or network alone; the accounts do not "
        "declare one group; all accounts of the owner are market maker: keeps 50 %."
    )


def test_too_few_people_for_the_rules_are_said() -> None:
    said = [
        " ".join(
            explain(parse_policy(HEAD.replace("alone_o", f"moderators = {named}\nalone_o") + REST))
        )
        for named in ('["ana", "ben"]', '["ana", "ben", "cy"]', "[]")
    ]
    assert ["Caution" in sentences for sentences in said] == [True, False, False]
