"""Plots of amounts that add up: stacked bars, and columns week by week."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rehearsal.page.scales import round_up
from rehearsal.scoring.cohorts import FARM, LOOKALIKE, STRANGERS
from rehearsal.scoring.report import Report
from rehearsal.scoring.reviewing import CONFIRM, DISMISS, NOT_REVIEWED
from rehearsal.scoring.seizures import (
    GIVEN_BACK,
    IN_ESCROW,
    TO_FLAGGED,
    TO_HONEST,
    TO_LOOKALIKES,
    TO_RESERVE,
    TO_STRANGERS,
    TO_UNFOUND,
    Amount,
)
from rehearsal.scoring.weeks import WeekScore
from rehearsal.truth import HONEST
from rehearsal.wording import percent, round_number, short_points

_LOOKS: Final = {
    FARM: "farm",
    STRANGERS: "open",
    LOOKALIKE: "innocent",
    HONEST: "honest",
    TO_HONEST: "honest",
    TO_LOOKALIKES: "innocent",
    TO_UNFOUND: "farm",
    TO_FLAGGED: "farm-soft",
    TO_STRANGERS: "open",
    TO_RESERVE: "before",
    GIVEN_BACK: "found",
    IN_ESCROW: "pending",
}
_VERDICTS: Final = (
    (CONFIRM, "confirmed", "found"),
    (DISMISS, "dismissed", "before"),
    (NOT_REVIEWED, "not come to", "pending"),
)
_WIDE_ENOUGH: Final = 4.0  # percent of a bar that a numeral needs


@dataclass(frozen=True)
class Segment:
    """A part of a stacked bar.

    Attributes:
        numeral: By which the legend calls it.
        name: What it is.
        amount: In words.
        share: In words.
        start: In percent of the bar.
        width: The same.
        look: Which colour, by name of the style sheet.
        labelled: Whether it is wide enough for its numeral.
    """

    numeral: int
    name: str
    amount: str
    share: str
    start: float
    width: float
    look: str
    labelled: bool


@dataclass(frozen=True)
class Stack:
    """A stacked bar under its title."""

    title: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Box:
    """A part of a column, in percent of the plot's width and height; `top` from above."""

    left: float
    width: float
    top: float
    height: float
    look: str


@dataclass(frozen=True)
class Columns:
    """A column a week.

    Attributes:
        title: What is shown.
        legend: Looks, and what each means.
        boxes: All parts of all columns.
        grid: Height in percent from above, and what it stands for.
        weeks: Middle of each column in percent of the width, and the week.
    """

    title: str
    legend: tuple[tuple[str, str], ...]
    boxes: tuple[Box, ...]
    grid: tuple[tuple[float, str], ...]
    weeks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class _Series:
    """What one colour shows, week by week."""

    name: str
    look: str
    amounts: tuple[int, ...]


def seized(report: Report) -> tuple[Stack, Stack]:
    """From whom decisions took points, and where those went."""
    seizures = report.seizures
    return (
        _stack("from whom", _amounts(seizures.from_whom)),
        _stack("where it went", _amounts(seizures.where_to)),
    )


def verdicts(report: Report) -> tuple[Stack, Stack]:
    """What became of cases mostly of one farm, and of all others."""
    counted = {(one.right_verdict, one.verdict): one.cases for one in report.reviews.cases}

    def of(right: str) -> list[tuple[str, str, str, int]]:
        return [
            (name, look, f"{counted[right, verdict]:,}", counted[right, verdict])
            for verdict, name, look in _VERDICTS
        ]

    return (
        _stack("cases mostly of one farm: to be confirmed", of(CONFIRM)),
        _stack("all other cases: to be dismissed", of(DISMISS)),
    )


def timeline(report: Report) -> tuple[Columns, Columns, Columns]:
    """Points held and taken, and accounts flagged, week by week."""
    weeks = report.timeline

    def series(name: str, look: str, field: str) -> _Series:
        return _Series(name, look, tuple(getattr(week, field) for week in weeks))

    return (
        _columns(
            weeks,
            "points held at the issue",
            (
                series("of farms", "farm", "held_of_farms"),
                series("of the innocent", "innocent", "held_of_innocents"),
            ),
        ),
        _columns(
            weeks,
            "what became of points that were held or reached back for, by week of issue",
            (
                series("spread over others", "honest", "spread"),
                series("given back after a decision", "found", "given_back"),
                series("in escrow", "pending", "in_escrow"),
                series("still held, undecided", "before", "still_held"),
            ),
        ),
        _columns(
            weeks,
            "accounts flagged for the first time",
            (
                series("of farms", "farm", "farms_flagged"),
                series("innocent", "innocent", "innocents_flagged"),
            ),
            points=False,
        ),
    )


def _amounts(amounts: Sequence[Amount]) -> list[tuple[str, str, str, int]]:
    return [
        (one.name, _LOOKS[one.name], short_points(one.micropoints), one.micropoints)
        for one in amounts
    ]


def _stack(title: str, parts: Sequence[tuple[str, str, str, int]]) -> Stack:
    whole = sum(amount for *_, amount in parts)
    segments = []
    before = 0
    for numeral, (name, look, words, amount) in enumerate(parts, start=1):
        share = amount / whole if whole else None
        start, width = (100 * before / whole, 100 * amount / whole) if whole else (0.0, 0.0)
        labelled = width >= _WIDE_ENOUGH
        segments.append(Segment(numeral, name, words, percent(share), start, width, look, labelled))
        before += amount
    return Stack(title, tuple(segments))


def _columns(
    weeks: Sequence[WeekScore], title: str, series: Sequence[_Series], *, points: bool = True
) -> Columns:
    highest = max((sum(amounts) for amounts in zip(*_all(series), strict=True)), default=0)
    top = round_up(highest)
    room = 100 / max(len(weeks), 1)
    boxes = []
    for number in range(len(weeks)):
        stacked = 0
        for one in series:
            amount = one.amounts[number]
            stacked += amount
            place = (number * room + 0.16 * room, 0.68 * room, 100 * (1 - stacked / top))
            boxes.append(Box(*place, 100 * amount / top, one.look))
    unit = 1_000_000 if points else 1
    return Columns(
        title=title,
        legend=tuple((one.look, one.name) for one in series),
        boxes=tuple(box for box in boxes if box.height > 0),
        grid=tuple((100 * (1 - part), round_number(top * part / unit)) for part in (0.5, 1.0)),
        weeks=tuple(((number + 0.5) * room, str(week.week)) for number, week in enumerate(weeks)),
    )


def _all(series: Sequence[_Series]) -> list[tuple[int, ...]]:
    return [one.amounts for one in series]
