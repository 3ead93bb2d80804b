"""What a policy says, in plain sentences."""

from seasons.formula_files import decimal_text
from seasons.policy import Bounds, Deciding, Flagging, Policy, Rule


def explain(policy: Policy) -> tuple[str, ...]:
    """Return what a policy says, in plain sentences, in the order in which it is applied."""
    deciding = policy.deciding
    reach = policy.reach_back_weeks
    return (
        _explain_flagging(policy.flagging),
        f"A confirmed case of at most {_counted(policy.tolerated_accounts, 'account')} keeps all.",
        *(_explain_rule(number, rule) for number, rule in enumerate(policy.rule, 1)),
        f"Owners may appeal for {_counted(policy.appeal_days, 'day')} from the notice on.",
        f"A decision may reach back {_counted(reach, 'week')}."
        if reach
        else "No decision reaches back to earlier weeks.",
        f"{', '.join(deciding.moderators) or 'Whoever can write into this home'} may decide.",
        f"One person alone decides a case of up to {_counted(deciding.alone_owners, 'owner')} with "
        f"up to {_counted(deciding.alone_points, 'point')} at stake; beyond either two must.",
        *_caution(deciding),
    )


def _explain_flagging(flagging: Flagging) -> str:
    makers = "" if flagging.market_makers else "declared market makers, "
    return (
        f"Nobody is asked about {makers}a declared group of at most "
        f"{_counted(flagging.declared_accounts, 'account')}, or at most "
        f"{_counted(flagging.tolerated_owners, 'owner')} who only share things."
    )


def _explain_rule(number: int, rule: Rule) -> str:
    conditions = "; ".join(_explain_conditions(rule)) or "everybody else"
    return f"Rule {number}, {rule.name}: {conditions}: keeps {rule.keep_bps / 100:g} %."


def _explain_conditions(rule: Rule) -> tuple[str, ...]:
    accounts, owners, devices, score = rule.bounds()
    said = [
        _explain_count(bound, noun)
        for bound, noun in ((accounts, "account"), (owners, "owner"), (devices, "shared device"))
    ]
    if score.least is not None:
        said.append(f"a score of at least {decimal_text(score.least)}")
    if score.most is not None:
        said.append(f"a score of at most {decimal_text(score.most)}")
    if rule.families:
        said.append(f"evidence of {' and '.join(rule.families)}")
    if rule.only_families:
        said.append(f"evidence of {' or '.join(rule.only_families)} alone")
    if rule.declared_group is not None:
        said.append(f"the accounts {'' if rule.declared_group else 'do not '}declare one group")
    if rule.kinds:
        kinds = " or ".join(kind.replace("_", " ") for kind in rule.kinds)
        said.append(f"all accounts of the owner are {kinds}")
    return tuple(filter(None, said))


def _explain_count(bound: Bounds, noun: str) -> str:
    if bound.least is not None and bound.most is not None:
        return f"{bound.least:,} to {_counted(bound.most, noun)}"
    if bound.least is not None:
        return f"at least {_counted(bound.least, noun)}"
    return "" if bound.most is None else f"at most {_counted(bound.most, noun)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _caution(deciding: Deciding) -> tuple[str, ...]:
    """Say where too few people are named for everything that the rules ask of them."""
    if len(deciding.moderators) not in {1, 2}:
        return ()
    return (
        "Caution: a large case takes two people, and whoever decided a case does not answer its "
        "appeals; name three or more.",
    )
