"""The enforcement policy: named rules that grade what the owners of a confirmed case keep.

Whether accounts belong together is one question, which moderators answer; what follows from it is
another, which `home/policy.toml` answers. Its rules are tried in order, and the first whose
conditions all hold applies. Before the first comes the tolerance: a case of few accounts keeps
everything. The last rule has no condition, so that every owner is judged by exactly one rule.

The score is of the cluster; it is no calibrated probability yet. `least_score` stands where a
condition on probability belongs.
"""

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from seasons.formula_files import decimal_text
from warehouse.declarations import Declaration, read_declaration
from warehouse.errors import CaseError, PolicyError
from warehouse.records import MICROPOINTS_PER_POINT

KEEP_ALL: Final = 10_000
TOLERANCE: Final = "tolerance"
# Said of accounts that no rule was asked about, so no rule may be called so.
RESERVED_NAMES: Final = (TOLERANCE, "cleared", "appeal")
_MILLION: Final = 1_000_000
_SCORE: Final = re.compile(r"(0|1)(?:\.([0-9]{1,6}))?", re.ASCII)
_NO_CONDITIONS: Final = frozenset({"name", "keep_bps", "why"})

Family = Literal[
    "device", "direct", "funding", "lifecycle", "network", "opposite", "referral", "replay"
]
Kind = Literal["retail", "institution", "market_maker"]


def _millionths(value: object) -> int:
    """Return the millionths of a score that is written as a decimal string."""
    match = _SCORE.fullmatch(value) if isinstance(value, str) else None
    millionths = int(match[1]) * _MILLION + int((match[2] or "").ljust(6, "0")) if match else -1
    if not 0 <= millionths <= _MILLION:
        raise ValueError('must be a decimal string from "0" to "1", with at most 6 digits')
    return millionths


Count = Annotated[int, Field(ge=0, le=_MILLION)]
Score = Annotated[int, BeforeValidator(_millionths), PlainSerializer(decimal_text)]
RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
PersonName = Annotated[str, Field(pattern=r"^\S(.{0,98}\S)?$")]
Sentence = Annotated[str, Field(pattern=r"^\S.{0,298}\S$")]


@dataclass(frozen=True)
class CaseFacts:
    """What the policy may ask about a case.

    Attributes:
        case_id: Of which case.
        owners: Owners of the case, and those confirmed in earlier cases of its chain: whoever adds
            a few accounts at a time is judged by the size of the whole.
        accounts: Accounts, counted likewise.
        shared_devices: Devices that at least two owners of the case have in common.
        score_millionths: Of the cluster, in millionths; no probability.
        families: Families of its evidence, sorted.
        declared_group: Whether all of its accounts declare one and the same group.
    """

    case_id: str
    owners: int
    accounts: int
    shared_devices: int
    score_millionths: int
    families: tuple[str, ...]
    declared_group: bool


@dataclass(frozen=True)
class Judgement:
    """What the policy says of one owner of a case.

    Attributes:
        rule: Name of the rule that applied.
        keep_bps: The part kept, in hundredths of a percent.
        why: One sentence for the owner.
    """

    rule: str
    keep_bps: int
    why: str


@dataclass(frozen=True)
class Bounds:
    """A condition on a number.

    Attributes:
        number: Which one, as the file calls it after `least_` and `most_`.
        least: Holds from here on; None leaves it open.
        most: Holds up to here; None leaves it open.
    """

    number: str
    least: int | None
    most: int | None

    def hold(self, value: int) -> bool:
        """Whether a number lies within."""
        return (self.least is None or self.least <= value) and (
            self.most is None or value <= self.most
        )

    def can_hold(self) -> bool:
        """Whether any number lies within."""
        return self.least is None or self.most is None or self.least <= self.most

    def cover(self, other: "Bounds") -> bool:
        """Whether every number that lies within the other's lies within these."""
        below = self.least is None or (other.least is not None and self.least <= other.least)
        above = self.most is None or (other.most is not None and self.most >= other.most)
        return below and above


class Rule(Declaration):
    """One named rule. A condition that is left out always holds.

    Attributes:
        name: Of the rule, as decisions record it.
        keep_bps: What an owner keeps, 10,000 for all.
        why: One sentence that is shown to the owner.
        least_accounts: And `most_accounts`: of the case and its chain, see `CaseFacts`.
        least_owners: And `most_owners`: likewise.
        least_shared_devices: And `most_shared_devices`: that owners of the case have in common.
        least_score: And `most_score`: of the cluster, as in "0.90"; no calibrated probability.
        families: All of these are among the evidence.
        only_families: There is no evidence of any other family.
        declared_group: Whether all accounts of the case declare one and the same group.
        kinds: Every account of the owner in the case is of one of these kinds.
    """

    name: RuleName
    keep_bps: Annotated[int, Field(ge=0, le=KEEP_ALL)]
    why: Sentence
    least_accounts: Count | None = None
    most_accounts: Count | None = None
    least_owners: Count | None = None
    most_owners: Count | None = None
    least_shared_devices: Count | None = None
    most_shared_devices: Count | None = None
    least_score: Score | None = None
    most_score: Score | None = None
    families: Annotated[tuple[Family, ...], Field(min_length=1)] | None = None
    only_families: Annotated[tuple[Family, ...], Field(min_length=1)] | None = None
    declared_group: bool | None = None
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] | None = None

    @property
    def has_condition(self) -> bool:
        """Whether there is anything that may not hold."""
        names = type(self).model_fields.keys() - _NO_CONDITIONS
        return any(getattr(self, name) is not None for name in names)

    def bounds(self) -> tuple[Bounds, ...]:
        """Return the conditions on numbers, always the same four in the same order."""
        return (
            Bounds("accounts", self.least_accounts, self.most_accounts),
            Bounds("owners", self.least_owners, self.most_owners),
            Bounds("shared_devices", self.least_shared_devices, self.most_shared_devices),
            Bounds("score", self.least_score, self.most_score),
        )

    def applies(self, facts: CaseFacts, kinds: frozenset[str]) -> bool:
        """Whether all conditions hold for an owner whose accounts are of these kinds."""
        numbers = (facts.accounts, facts.owners, facts.shared_devices, facts.score_millionths)
        return (
            all(bound.hold(number) for bound, number in zip(self.bounds(), numbers, strict=True))
            and (self.families is None or set(self.families) <= set(facts.families))
            and (self.only_families is None or set(facts.families) <= set(self.only_families))
            and (self.declared_group is None or self.declared_group == facts.declared_group)
            and (self.kinds is None or (bool(kinds) and kinds <= set(self.kinds)))
        )

    def covers(self, other: "Rule") -> bool:
        """Whether this rule applies wherever the other one would."""
        return (
            all(own.cover(its) for own, its in zip(self.bounds(), other.bounds(), strict=True))
            and set(self.families or ()) <= set(other.families or ())
            and _allows_all(self.only_families, other.only_families)
            and self.declared_group in {None, other.declared_group}
            and _allows_all(self.kinds, other.kinds)
        )


class Flagging(Declaration):
    """Who is asked about at all; whom it spares is linked, and no case opens.

    Attributes:
        declared_accounts: A declared group of at most so many accounts hides nothing.
        market_makers: Whether declared market makers are asked about.
        tolerated_owners: Nobody is asked of a cluster of at most so many owners who only share
            things: devices, networks, addresses, money.
    """

    declared_accounts: Annotated[int, Field(ge=0, le=_MILLION)] = 200
    market_makers: bool = False
    tolerated_owners: Annotated[int, Field(ge=0, le=1_000)] = 2


class Deciding(Declaration):
    """Who decides, and how much one person decides alone.

    Attributes:
        moderators: Who may decide; nobody named means whoever can write into the home.
        alone_owners: One person alone decides a case of up to so many owners ...
        alone_points: ... with up to so many whole points at stake; beyond either two people must.
    """

    moderators: tuple[PersonName, ...] = ()
    alone_owners: Annotated[int, Field(ge=0, le=_MILLION)]
    alone_points: Annotated[int, Field(ge=0, le=1_000_000_000)]


class Policy(Declaration):
    """The whole policy; `parse_policy` makes one.

    Attributes:
        version: How people call this text; another text needs another one.
        appeal_days: For so many days from the notice on an owner may appeal.
        tolerated_accounts: A confirmed case of at most so many accounts keeps everything.
        reach_back_weeks: A decision may reach back to so many weeks before the week that it is
            made in; 0 reaches back to none.
        deciding: Who decides.
        flagging: Who is asked about at all.
        rule: The rules, in the order in which they are tried.
    """

    version: Annotated[str, Field(pattern=r"^[!-~]([ -~]{0,58}[!-~])?$")]
    appeal_days: Annotated[int, Field(ge=1, le=90)]
    tolerated_accounts: Annotated[int, Field(ge=1, le=1_000)]
    reach_back_weeks: Annotated[int, Field(ge=0, le=999)]
    deciding: Deciding
    flagging: Flagging = Flagging()
    rule: Annotated[tuple[Rule, ...], Field(min_length=1)]


def parse_policy(text: str) -> Policy:
    """Read a policy from TOML.

    Raises:
        PolicyError: Names what is wrong: a key, a condition that cannot hold, a rule that is never
            reached, a last rule with a condition.
    """
    policy = read_declaration(text, Policy, name="the policy file", refusal=PolicyError)
    wrong = (
        *_wrong_names(policy),
        *(reason for rule in policy.rule for reason in _wrong_conditions(rule, policy)),
        *_never_reached(policy.rule),
    )
    if wrong:
        raise PolicyError(f"the policy file is wrong: {'; '.join(wrong)}")
    return policy


def judge(policy: Policy, facts: CaseFacts, kinds: frozenset[str]) -> Judgement:
    """Return what an owner of a confirmed case, with accounts of these kinds, keeps and why."""
    if facts.accounts <= policy.tolerated_accounts:
        return Judgement(TOLERANCE, KEEP_ALL, "So few accounts are tolerated; everything is kept.")
    rule = next(rule for rule in policy.rule if rule.applies(facts, kinds))
    return Judgement(rule.name, rule.keep_bps, rule.why)


def needs_two(policy: Policy, owners: int, micropoints_at_stake: int) -> bool:
    """Whether two people must decide a case of so many owners (`CaseFacts`) and micropoints."""
    deciding = policy.deciding
    return (
        owners > deciding.alone_owners
        or micropoints_at_stake > deciding.alone_points * MICROPOINTS_PER_POINT
    )


def check_moderator(policy: Policy, name: str) -> None:
    """Check that somebody may decide under a policy.

    Raises:
        CaseError: Somebody else is named who may.
    """
    moderators = policy.deciding.moderators
    if moderators and name not in moderators:
        raise CaseError(
            f"{name!r} may not decide: deciding.moderators of policy {policy.version!r} names "
            f"{', '.join(moderators)}"
        )


def _allows_all(own: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    """Whether a choice leaves room for everything that another one does; None leaves all."""
    return own is None or (other is not None and set(other) <= set(own))


def _wrong_names(policy: Policy) -> tuple[str, ...]:
    names = [rule.name for rule in policy.rule]
    people = [name.casefold() for name in policy.deciding.moderators]
    return (
        *(f"rule {name!r} comes twice" for name in sorted(set(names)) if names.count(name) > 1),
        *(f"no rule may be called {name!r}" for name in RESERVED_NAMES if name in names),
        *(
            f"moderator {name!r} is named twice"
            for name in sorted(set(people))
            if people.count(name) > 1
        ),
    )


def _wrong_conditions(rule: Rule, policy: Policy) -> tuple[str, ...]:
    """Say which conditions of a rule cannot hold, whatever the case."""
    wrong = [
        f"rule {rule.name!r} never applies: its least_{bound.number} is more than its "
        f"most_{bound.number}"
        for bound in rule.bounds()
        if not bound.can_hold()
    ]
    if rule.only_families and not set(rule.families or ()) <= set(rule.only_families):
        wrong.append(f"rule {rule.name!r} never applies: it wants families beside only_families")
    if rule.most_owners == 0:
        wrong.append(f"rule {rule.name!r} never applies: a case has at least one owner")
    if rule.most_accounts is not None and rule.most_accounts <= policy.tolerated_accounts:
        wrong.append(
            f"rule {rule.name!r} never applies: up to {policy.tolerated_accounts} accounts are "
            "tolerated before any rule is tried"
        )
    return tuple(wrong)


def _never_reached(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """Say which rules an earlier one always forestalls, and whether some owner is left without."""
    covered = {
        later.name: earlier.name
        for earlier, later in reversed(tuple(combinations(rules, 2)))
        if earlier.covers(later)
    }
    wrong = tuple(
        f"rule {later!r} is never reached: {earlier!r} before it applies wherever it would"
        for later, earlier in sorted(covered.items())
    )
    if rules[-1].has_condition:
        return (*wrong, f"the last rule, {rules[-1].name!r}, must have no condition")
    return wrong
