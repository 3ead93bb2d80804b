"""Owners in several cases end the same, in whatever order the cases are decided and appealed."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.accounts import ESCROW_LINES, LINES
from seasons.enforcement import INVOLVED, releases_due, restorations_due, seizures_due
from seasons.verdicts import VERDICTS

Line = tuple[int, int, str, str]
Keeps = dict[str, int]  # of each owner, in basis points
ALL = 10000


def rows(schema: pl.Schema, content: list[tuple]) -> pl.DataFrame:
    return pl.DataFrame(content, schema, orient="row")


def line(owner: str, subject: str) -> Line:
    return (1, 1, owner, subject)


@dataclass
class House:
    """Held lines and the cases of their owners; whatever is due is done at once."""

    put: dict[Line, int]
    members: dict[str, frozenset[str]]
    verdicts: dict[str, Keeps] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    own: Counter[Line] = field(default_factory=Counter)
    escrow: Counter[tuple[str, Line]] = field(default_factory=Counter)

    def taken(self, of: Line) -> int:
        return sum(amount for (_, line), amount in self.escrow.items() if line == of)

    def held(self, of: Line) -> int:
        return self.put[of] - self.own[of] - self.taken(of)

    def lines(self) -> pl.DataFrame:
        return rows(
            LINES, [(*of, self.held(of), put, self.taken(of)) for of, put in self.put.items()]
        )

    def says(self, case: str) -> pl.DataFrame:
        return rows(VERDICTS, [(case, *said) for said in self.verdicts.get(case, {}).items()])

    def involved(self) -> pl.DataFrame:
        found = []
        for case, owners in self.members.items():
            for owner in owners:
                if case not in self.verdicts:
                    found.append((owner, case, "open", None))
                elif self.verdicts[case][owner] < ALL:
                    found.append((owner, case, "final" if case in self.settled else "confirmed", 2))
        return rows(INVOLVED, found)

    def decide(self, case: str, keeps: Keeps) -> None:
        self.verdicts[case] = keeps
        self._take(case)
        self._release()

    def uphold(self, case: str, keeps: Keeps) -> None:
        self.verdicts[case] = keeps
        self._restore(case, self.says(case))
        self._release()

    def withdraw(self, case: str) -> None:
        everything = self.says(case).with_columns(pl.lit(ALL).alias("keep_bps"))
        del self.verdicts[case]
        self._restore(case, everything)
        self._release()

    def settle(self, case: str) -> None:
        self.settled.add(case)
        self._take(case)
        self._release()

    def keeps(self, of: Line) -> int:
        """The smallest part that a verdict which stands says of a line."""
        return min(
            (
                keep
                for said in self.verdicts.values()
                for owner, keep in said.items()
                if owner in of[2:]
            ),
            default=ALL,
        )

    def _take(self, case: str) -> None:
        for season, week, of_case, owner, subject, part in seizures_due(
            self.lines(), self.says(case)
        ).rows():
            self.escrow[of_case, (season, week, owner, subject)] += part

    def _restore(self, case: str, after: pl.DataFrame) -> None:
        lying = [
            (*of[:2], of_case, *of[2:], amount)
            for (of_case, of), amount in self.escrow.items()
            if of_case == case
        ]
        back = restorations_due(rows(ESCROW_LINES, lying), self.lines(), after)
        for season, week, of_case, owner, subject, part in back.rows():
            self.escrow[of_case, (season, week, owner, subject)] -= part

    def _release(self) -> None:
        says = pl.concat([VERDICTS.to_frame(), *map(self.says, self.verdicts)])
        for *of, part in releases_due(self.lines(), self.involved(), says).rows():
            self.own[tuple(of)] += part


def kept(amount: int, bps: int) -> int:
    return -(-amount * bps // ALL)


def assert_nothing_is_lost(house: House) -> None:
    parts = [*house.own.values(), *house.escrow.values(), *map(house.held, house.put)]
    assert min(parts) >= 0  # what is held is the rest, so these add up


def assert_settled_as_the_strictest_says(house: House) -> None:
    for of, put in house.put.items():
        assert house.held(of) == 0
        assert house.own[of] == kept(put, house.keeps(of))


# Histories of cases ----------------------------------------------------------------------------

OWNERS = st.sampled_from("abc")
BPS = st.one_of(st.sampled_from([0, 1, 5000, 9999, ALL]), st.integers(0, ALL))
AMOUNTS = st.one_of(st.integers(1, 20), st.integers(1, 2**60))
PUT = st.dictionaries(st.builds(line, OWNERS, OWNERS), AMOUNTS, min_size=1, max_size=5)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Keeps]]:
    """The verdicts of a case, each milder than the one before, and how they come about."""
    owners = sorted(draw(st.frozensets(OWNERS, min_size=1)))
    says = [dict.fromkeys(owners, 0)]
    steps = draw(st.lists(st.sampled_from(["uphold", "withdraw"]), max_size=2))
    for _ in range(len(steps) + 1):
        says.append({owner: max(says[-1][owner], draw(BPS)) for owner in owners})
    return list(zip(["decide", *steps], says[1:], strict=True))


def do(house: House, case: str, move: tuple[str, Keeps]) -> None:
    name, keeps = move
    if name == "withdraw":  # and decided anew
        house.withdraw(case)
        assert_nothing_is_lost(house)
    if name == "uphold":
        house.uphold(case, keeps)
    else:
        house.decide(case, keeps)
    assert_nothing_is_lost(house)


CASES = st.dictionaries(st.sampled_from(["C-1", "C-2", "C-3"]), histories(), min_size=1)


@settings(max_examples=60)
@given(PUT, CASES, st.data())
def test_a_line_ends_at_what_the_strictest_verdict_that_stands_keeps(put, cases, data):
    house = House(dict(put), {case: frozenset(moves[0][1]) for case, moves in cases.items()})
    left = {case: list(moves) for case, moves in cases.items()}
    turns = [case for case, moves in cases.items() for _ in moves]
    for case in data.draw(st.permutations(turns)):
        do(house, case, left[case].pop(0))
    for case in data.draw(st.permutations(sorted(cases))):
        house.settle(case)
    assert_settled_as_the_strictest_says(house)


@settings(max_examples=40)
@given(PUT, CASES, PUT, st.data())
def test_so_does_a_line_into_which_more_is_put_while_a_case_waits(put, cases, later, data):
    house = House(dict(put), {case: frozenset(moves[0][1]) for case, moves in cases.items()})
    for case in data.draw(st.permutations(sorted(cases))):
        house.decide(case, cases[case][0][1])
    for of, amount in later.items():
        if of in put and house.keeps(of) < ALL:  # else it would not be held
            house.put[of] += amount
    for case in data.draw(st.permutations(sorted(cases))):
        house.settle(case)
    assert_settled_as_the_strictest_says(house)


@settings(max_examples=40)
@given(PUT, CASES, st.integers(1, 3))
def test_confirming_withdrawing_and_confirming_again_takes_what_one_confirmation_takes(
    put, cases, times
):
    members = {case: frozenset(moves[0][1]) for case, moves in cases.items()}
    once, often = House(dict(put), members), House(dict(put), members)
    for case, moves in cases.items():
        once.decide(case, moves[0][1])
        often.decide(case, moves[0][1])
    for case, moves in cases.items():
        for _ in range(times):
            often.withdraw(case)
            often.decide(case, moves[0][1])
    for house in (once, often):
        for case in cases:
            house.settle(case)
    assert often.own == once.own
    assert_settled_as_the_strictest_says(often)


def test_what_one_case_restores_while_another_still_takes_stays_held():
    house = House({line("a", "a"): 101}, {"C-1": frozenset("a"), "C-2": frozenset("a")})
    house.decide("C-1", {"a": 0})
    house.decide("C-2", {"a": 5000})
    assert house.taken(line("a", "a")) == 101
    house.uphold("C-1", {"a": ALL})
    assert (house.held(line("a", "a")), house.own.total()) == (101, 0)
    house.settle("C-2")
    assert (house.own.total(), house.escrow["C-2", line("a", "a")]) == (51, 50)


def test_two_cases_do_not_multiply():
    house = House({line("a", "a"): 100}, {"C-1": frozenset("a"), "C-2": frozenset("a")})
    house.decide("C-1", {"a": 5000})
    house.decide("C-2", {"a": 5000})
    assert (house.own.total(), house.escrow.total()) == (50, 50)
    assert house.escrow["C-2", line("a", "a")] == 0
