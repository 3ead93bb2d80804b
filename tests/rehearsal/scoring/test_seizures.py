import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.records import Played
from rehearsal.scoring import score
from tests.rehearsal.seasons_by_hand import POINT, Person, Row, SeasonByHand, farm

PEOPLE = (
    *farm("mill", 2),
    Person("ann", "households", group="home"),
    Person("bob"),
)


def seized(owner: str, micropoints: int, escrowed: int = 0, restored: int = 0) -> Row:
    return (owner, 1, 0, 0, escrowed, 0, micropoints, restored)


def test_what_was_taken_is_told_by_where_it_went() -> None:
    season = SeasonByHand(PEOPLE).with_rows(
        flags=(("mill-1", "C-1", 1),),
        ledger=(
            seized("mill-1", 90 * POINT, escrowed=POINT),
            seized("ann", 10 * POINT, 0, 4 * POINT),
        ),
        redistributed=(
            (1, "ann", 5 * POINT),
            (1, "bob", 60 * POINT),
            (1, "mill-1", 1 * POINT),
            (1, "mill-2", 20 * POINT),
            (1, None, 9 * POINT),
        ),
    )
    seizures = score([season.played()]).seizures
    assert seizures.taken == 100 * POINT
    assert {one.name: one.micropoints // POINT for one in seizures.from_whom} == {
        "farm": 90,
        "strangers with one playbook": 0,
        "look-alike": 10,
        "honest": 0,
    }
    assert {one.name: one.micropoints // POINT for one in seizures.where_to} == {
        "spread to the honest": 60,
        "spread to look-alikes": 5,
        "spread to farms that were never flagged": 20,
        "spread to farms that were flagged": 1,
        "spread to strangers with one playbook": 0,
        "to the reserve": 9,
        "given back": 4,
        "still in escrow": 1,
    }


def test_a_micropoint_that_went_nowhere_is_refused() -> None:
    season = SeasonByHand(PEOPLE).with_rows(
        ledger=(seized("mill-1", 10),), redistributed=((1, "bob", 9),)
    )
    with pytest.raises(ValueError, match="1 of 10 micropoints that were taken went nowhere"):
        score([season.played()])


@st.composite
def seasons(draw: st.DrawFn, seed: int) -> Played:
    """Take from anybody, give some back, leave some in escrow, and spread the rest over anybody."""
    ledger: list[Row] = []
    spread: list[Row] = []
    for person in PEOPLE:
        for week in (1, 2):
            taken = draw(st.integers(0, 10**13))
            restored = draw(st.integers(0, taken))
            escrowed = draw(st.integers(0, taken - restored))
            ledger.append((person.name, week, 0, 0, escrowed, 0, taken, restored))
            rest = taken - restored - escrowed
            cut = draw(st.integers(0, rest))
            to = st.sampled_from([*(one.name for one in PEOPLE), None])
            spread += [(week, draw(to), cut), (week, draw(to), rest - cut)]
    flags = draw(st.lists(st.sampled_from([one.name for one in PEOPLE]), unique=True))
    return (
        SeasonByHand(PEOPLE, seed=seed)
        .with_rows(
            ledger=tuple(ledger),
            redistributed=tuple(spread),
            flags=tuple((name, "C-1", 1) for name in flags),
        )
        .played()
    )


@settings(max_examples=15)
@given(one=seasons(seed=1), two=seasons(seed=2))
def test_every_micropoint_that_was_taken_is_accounted_for(one: Played, two: Played) -> None:
    report = score([one, two])
    taken = int(one.ledger["seized"].sum()) + int(two.ledger["seized"].sum())
    assert sum(amount.micropoints for amount in report.seizures.where_to) == taken
    assert sum(amount.micropoints for amount in report.seizures.from_whom) == taken
    weeks = report.timeline
    assert sum(week.given_back + week.in_escrow + week.spread for week in weeks) == taken
