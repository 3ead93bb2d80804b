"""What a scenario file may say; see the README beside this file."""

from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from warehouse.records import MICROPOINTS_PER_POINT

REST = "rest"
AS_DECIDED = "as decided"


class ScenarioError(Exception):
    """A scenario cannot be read, or was not played as it is told."""


# Reading YAML -------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML without its two traps: amounts never become floats, and no key silently counts twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise ScenarioError(f"{key!r} stands twice in the mapping on line {line}")
        return super().construct_mapping(node, deep)


_Loader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node))
)


def read_scenario(path: Path) -> "Scenario":
    """Read a scenario.

    Raises:
        ScenarioError: It is no YAML, or says something that a scenario cannot say; names it.
    """
    try:
        return Scenario.model_validate(_Loader(path.read_text(encoding="utf-8")).get_single_data())
    except (yaml.YAMLError, ScenarioError) as error:
        raise ScenarioError(f"{path.name}: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()
        )
        raise ScenarioError(f"{path.name} is wrong: {wrong}") from error


# What it says -------------------------------------------------------------------------------------


def micropoints(points: object) -> object:
    """Return points, as they are written, in micropoints."""
    if isinstance(points, bool) or not isinstance(points, int | Decimal):
        return points
    exact = Decimal(points) * MICROPOINTS_PER_POINT
    if exact != int(exact):
        raise ValueError(f"{points} points are finer than a micropoint")
    return int(exact)


def _parts(percent: object) -> object:
    """Return basis points of '75 %'; another text stays as it is."""
    if isinstance(percent, str) and percent.endswith("%"):
        return int(Decimal(percent.removesuffix("%").strip()) * 100)
    return percent


def _as_written(phrase: object) -> object:
    """Return a number as its digits; a Decimal has all that were written."""
    return str(phrase) if isinstance(phrase, int | Decimal) else phrase


def _one_or_more(names: object) -> object:
    return [names] if isinstance(names, str) else names


Points = Annotated[int, BeforeValidator(micropoints)]
Bps = Annotated[int, BeforeValidator(_parts), Field(ge=0, le=10_000)]
Names = Annotated[list[str], BeforeValidator(_one_or_more), Field(min_length=1)]
Phrase = Annotated[str, BeforeValidator(_as_written)]
Label = Annotated[str, Field(pattern=r"^S1W[0-9]{2}$")]


class Words(BaseModel):
    """Part of a scenario: no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(Words):
    owner: str | None = None
    kind: Literal["retail", "institution", "market_maker"] = "retail"
    declared_group: str | None = None


class Change(Words):
    """The feed says something else of an account from a day on."""

    day: date
    account: str
    owner: str | None = None
    kind: Literal["retail", "institution", "market_maker"] | None = None


class Sighting(Words):
    """On a day, accounts were seen on a device or address, or sent funds somewhere."""

    day: date
    who: Names
    device: str | None = None
    address: str | None = None
    sends_to: str | None = None


class Detect(Words):
    opens: list[str] = []
    gains: Mapping[str, list[str]] = {}


class Decide(Words):
    case: str
    verdict: Literal["confirm", "dismiss"]
    by: Names
    because: str
    clear: list[str] = []
    reach_back: Label | None = None


class Move(Words):
    case: str
    by: str
    because: str


class OwnersMove(Move):
    owner: str


class Answer(OwnersMove):
    keeps: Bps | Literal["as decided"]


class Notice(Words):
    case: str
    by: str
    tells: Mapping[str, list[Phrase]] = {}
    hides: list[Phrase] = []


class Settle(Words):
    makes_final: list[str] = []
    spreads: Points | None = None
    to_reserve: Points = 0


class ByHand(Words):
    name: str
    budget: str
    because: str
    by: Names
    lines: Mapping[str, Points]


class Adjust(ByHand):
    week: Label


class Drop(ByHand):
    kind: Literal["legacy", "bonus", "compensation"]


class Amounts(Words):
    """Points of an owner; what is not named is zero."""

    own: Points = 0
    held: Points = 0
    escrowed: Points = 0
    redistributed: Points = 0
    dropped: Points = 0


def _own_alone(amounts: object) -> object:
    return amounts if isinstance(amounts, Mapping | Amounts) else {"own": amounts}


OwnersAmounts = Mapping[str, Annotated[Amounts, BeforeValidator(_own_alone)]]


class CaseSeen(Words):
    state: str
    follows: str | None = None
    rules: Mapping[str, str] = {}


def _state_alone(case: object) -> object:
    return {"state": case} if isinstance(case, str) else case


class Expect(Words):
    points: OwnersAmounts = {}
    weeks: Mapping[Label, OwnersAmounts] = {}
    cases: Mapping[str, Annotated[CaseSeen, BeforeValidator(_state_alone)]] = {}
    public: Mapping[str, Points] = {}
    owed_to: Mapping[str, Points] | None = None
    owed_by: Mapping[str, Points] | None = None
    reserve: Points | None = None
    spent: Mapping[str, Points] = {}


class Step(Words):
    """One thing that somebody does; `refused` says with which words it is refused."""

    detect: Detect | None = None
    issue: Label | None = None
    review: Move | None = None
    decide: Decide | None = None
    notice: Notice | None = None
    appeal: OwnersMove | None = None
    answer: Answer | None = None
    withdraw: Move | None = None
    acknowledge: OwnersMove | None = None
    wait: str | None = None
    settle: Settle | None = None
    adjust: Adjust | None = None
    drop: Drop | None = None
    expect: Expect | None = None
    refused: str | None = None

    @property
    def action(self) -> str:
        """What is done."""
        (name,) = self.model_fields_set - {"refused"}
        return name


def _one_action(step: Step) -> Step:
    done = step.model_fields_set - {"refused"}
    if len(done) != 1 or getattr(step, *done) is None:
        raise ValueError(f"a step does one thing, not {sorted(done)}")
    return step


class Scenario(Words):
    story: str
    policy: str = "preset"
    tolerated_owners: Annotated[int, Field(ge=0)] | None = None
    emission: Annotated[int, Field(ge=1)]
    referral_percent: Annotated[int, Field(ge=0, lt=100)] = 0
    excluded_kinds: list[Literal["system", "institution", "market_maker"]] = [
        "system",
        "market_maker",
    ]
    budgets: Mapping[str, Annotated[int, Field(ge=0)]] = {}
    bystanders: Annotated[int, Field(ge=0)] = 2_000
    groups: Mapping[str, Annotated[int, Field(ge=2, le=99)]] = {}
    accounts: Mapping[str, Account] = {}
    changes: list[Change] = []
    referrals: Mapping[str, Names] = {}
    seen: list[Sighting] = []
    weeks: Mapping[Label, Mapping[str, Points | Literal["rest"]]]
    cases: Mapping[str, Names] = {}
    steps: Annotated[list[Annotated[Step, AfterValidator(_one_action)]], Field(min_length=1)]

    def each(self, *names: str) -> tuple[str, ...]:
        """Return names with every group replaced by its members: farm-01, farm-02 ..."""
        return tuple(
            member
            for name in names
            for member in (
                [f"{name}-{number:02d}" for number in range(1, self.groups[name] + 1)]
                if name in self.groups
                else [name]
            )
        )

    def earned(self, label: str) -> dict[str, int]:
        """Return what each account earns in a week by itself, in micropoints.

        Raises:
            ScenarioError: It does not add up to what the week gives to those who trade.
        """
        told = self.weeks[label]
        rest = [name for name, points in told.items() if points == REST]
        earned = {
            account: points
            for name, points in told.items()
            if isinstance(points, int)
            for account in self.each(name)
        }
        whole = self.emission * MICROPOINTS_PER_POINT * (100 - self.referral_percent) // 100
        missing = whole - sum(earned.values())
        if len(rest) == 1 and missing > 0:
            earned[rest[0]] = missing
        elif rest or missing:
            raise ScenarioError(
                f"{label}: what is told is {missing / MICROPOINTS_PER_POINT:f} points short of "
                f"the {whole // MICROPOINTS_PER_POINT} that accounts earn by themselves"
            )
        return earned
