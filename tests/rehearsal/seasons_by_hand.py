"""Played seasons small enough to reckon in the head."""

from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from rehearsal.records import SCHEMAS, Played
from rehearsal.truth import HONEST, PLAYBOOK, SYSTEM

POINT = 1_000_000
DAY = 86_400_000_000
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Person:
    """An account that is its own owner.

    `kind` is a pattern ("A1"), a look-alike class, "honest" or "system".
    """

    name: str
    kind: str = "honest"
    level: str = ""
    operator: str | None = None
    group: str | None = None
    owner: str | None = None
    targeted: bool = False

    @property
    def farm(self) -> bool:
        return self.kind.startswith("A") and self.kind != PLAYBOOK

    def truth(self) -> Row:
        attack = self.kind.startswith("A")
        lookalike = None if attack or self.kind in {HONEST, SYSTEM} else self.kind
        return (
            self.name,
            self.operator or self.name,
            self.group or f"group of {self.operator or self.name}",
            self.kind,
            self.level,
            lookalike,
            self.farm,
            self.targeted,
        )


@dataclass(frozen=True)
class SeasonByHand:
    """Rows of the frames of a played season; frames that are not named are empty."""

    people: tuple[Person, ...] = ()
    seed: int = 1
    weeks: int = 2
    review_budget: int = 2
    rows: dict[str, tuple[Row, ...]] = field(default_factory=dict)

    def with_rows(self, **rows: tuple[Row, ...]) -> "SeasonByHand":
        return replace(self, rows={**self.rows, **rows})

    def played(self) -> Played:
        known = {
            "truth": tuple(person.truth() for person in self.people),
            "owners": tuple((one.name, one.owner or one.name) for one in self.people),
            **self.rows,
        }
        frames = {
            name: pl.DataFrame(list(known.get(name, ())), schema=schema, orient="row")
            for name, schema in SCHEMAS.items()
        }
        return Played(
            seed=self.seed,
            accounts=len(self.people),
            weeks=self.weeks,
            review_budget=self.review_budget,
            error_bps=500,
            seconds=(("detect", 1.5),),
            **frames,
        )


def farm(operator: str, size: int, kind: str = "A1", level: str = "L1") -> tuple[Person, ...]:
    """A farm whose accounts are named `operator-1` and on."""
    return tuple(Person(f"{operator}-{n}", kind, level, operator) for n in range(1, size + 1))


def case(name: str, right: str, verdict: str | None, owners: tuple[str, ...]) -> Row:
    """A row of `cases` that was opened in week 1, and reviewed if there is a verdict."""
    return (name, 1, list(owners), verdict, right)
