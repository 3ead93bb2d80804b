"""Plots of one row a thing: a name, marks on a common axis, and what they say in words."""

from dataclasses import dataclass
from typing import Final

from rehearsal.page.scales import Scale, Tick, factors, parts, powers, shares, weeks
from rehearsal.scoring.fairness import FALSE_FLAG_LINE, InnocentScore
from rehearsal.scoring.finding import PatternScore
from rehearsal.scoring.profit import ProfitScore, Yield
from rehearsal.scoring.proportions import Proportion
from rehearsal.scoring.report import Report
from rehearsal.scoring.splits import SplitScore
from rehearsal.truth import HONEST
from rehearsal.wording import (
    LINES,
    cell_name,
    class_name,
    interval,
    out_of,
    pattern_name,
    percent,
    rate,
    short_points,
    size_name,
    times,
)

SPAN: Final = "span"
BAND: Final = "band"
DOT: Final = "dot"
RING: Final = "ring"


@dataclass(frozen=True)
class Mark:
    """Something drawn on an axis.

    Attributes:
        shape: `span` a thin line, `band` a thick one, `dot`, `ring`.
        start: In percent of the width.
        end: The same; of dots and rings the start.
        look: Which colour, by name of the style sheet.
    """

    shape: str
    start: float
    end: float
    look: str


@dataclass(frozen=True)
class Strip:
    """One row.

    Attributes:
        name: What it is about.
        detail: More of it, small.
        marks: Drawn in this order.
        value: What the marks say, in words.
        note: More of it, small.
        head: Whether rows that follow belong to it.
    """

    name: str
    detail: str
    marks: tuple[Mark, ...]
    value: str
    note: str
    head: bool = False


@dataclass(frozen=True)
class Strips:
    """A plot.

    Attributes:
        axis: What its axis shows.
        ticks: Of the axis.
        line: A value that all rows are held against; None where there is none.
        legend: Marks, and what each means.
        rows: From above.
    """

    axis: str
    ticks: tuple[Tick, ...]
    line: Tick | None
    legend: tuple[tuple[Mark, str], ...]
    rows: tuple[Strip, ...]


def first_flags(report: Report) -> Strips:
    """When the accounts of farms were flagged first: quartiles by pattern."""
    scale = weeks(report.weeks)
    totals = [score for score in report.patterns if not score.level]
    return Strips(
        axis="week of the first flag",
        ticks=scale.ticks,
        line=None,
        legend=(
            (_sample(DOT, "farm"), "median of the accounts that were flagged"),
            (_sample(BAND, "farm-soft"), "middle half of them"),
        ),
        rows=tuple(_first_flag(score, scale) for score in totals),
    )


def _first_flag(score: PatternScore, scale: Scale) -> Strip:
    marks: tuple[Mark, ...] = ()
    value, note = "never", f"none of {score.flagged.whole:,}"
    if score.first_flag is not None:
        first = score.first_flag
        middle = (scale.place(first.quarter), scale.place(first.three_quarters))
        marks = (Mark(BAND, *middle, "farm-soft"), _dot(scale.place(first.median), "farm"))
        value, note = f"week {first.median}", f"{out_of(score.flagged)} flagged"
    return Strip(pattern_name(score.pattern), "", marks, value, note, head=not score.pattern)


def innocents(report: Report) -> Strips:
    """How often the innocent were flagged, by class, against the line of 1 %."""
    highest = max((score.flagged.high or 0.0 for score in report.innocents), default=0.0)
    scale = shares(max(highest, 2 * FALSE_FLAG_LINE))
    return Strips(
        axis="accounts flagged, with 95 % interval; small shares are drawn wider",
        ticks=scale.ticks,
        line=Tick(scale.place(FALSE_FLAG_LINE), "line of 1 %"),
        legend=(
            (_sample(DOT, "innocent"), "interval under 1 %"),
            (_sample(RING, "open"), "may be either"),
            (_sample(DOT, "farm"), "interval over 1 %"),
        ),
        rows=tuple(_innocent(score, scale) for score in sorted(report.innocents, key=_worst_first)),
    )


def _worst_first(score: InnocentScore) -> tuple[bool, float, float, str]:
    """Order by the rate that was seen, then by what it may be; the honest come last."""
    return (
        score.name == HONEST,
        -(score.flagged.share or 0.0),
        -(score.flagged.high or 0.0),
        score.name,
    )


def _innocent(score: InnocentScore, scale: Scale) -> Strip:
    looks = {"under": (DOT, "innocent"), "open": (RING, "open"), "over": (DOT, "farm")}
    shape, look = looks[score.line]
    waited = short_points(score.micropoint_days_held)
    return Strip(
        name=class_name(score.name),
        detail=f"{out_of(score.groups)} groups · {waited} points-days held",
        marks=_counted(score.flagged, scale, shape, look),
        value=f"{percent(score.flagged.share)} {LINES[score.line]}",
        note=f"{out_of(score.flagged)} · {interval(score.flagged)} %",
    )


def precision(report: Report) -> Strips:
    """Precision at the review budget, week by week."""
    scale = parts()
    rows = [("all weeks", report.reviews.precision)]
    rows += [(f"week {one.week}", one.precision) for one in report.reviews.by_week]
    return Strips(
        axis="cases taken up that were mostly of one farm or playbook, with 95 % interval",
        ticks=scale.ticks,
        line=None,
        legend=(),
        rows=tuple(
            Strip(
                name=name,
                detail="",
                marks=_counted(counted, scale, DOT, "found"),
                value=percent(counted.share),
                note=f"{out_of(counted)} · {interval(counted)} %",
                head=name == "all weeks",
            )
            for name, counted in rows
        ),
    )


def per_usd(report: Report) -> Strips:
    """Points per USD of net fee: of the honest, and of farms before and after."""
    return _profit(report, "points per USD of net fee, median operator; each step is ten times")


def per_account(report: Report) -> Strips:
    """Points per account: of the honest, and of farms before and after."""
    return _profit(report, "points per account, median operator; each step is ten times", usd=False)


def _profit(report: Report, axis: str, *, usd: bool = True) -> Strips:
    def of(score: ProfitScore) -> Yield:
        return score.per_usd if usd else score.per_account

    honest = report.profit.honest
    scores = [score for score in report.profit.farms if score.operators]
    shown = [
        number
        for score in (honest, *scores)
        for number in (of(score).issued, of(score).kept, of(score).at_most)
    ]
    there = [number for number in shown if number is not None]
    scale = powers(there, open_end=usd and len(there) < len(shown))
    middle = of(honest).kept
    return Strips(
        axis=axis,
        ticks=scale.ticks,
        line=None if middle is None else Tick(scale.place(middle), "honest median, kept"),
        legend=(
            (_sample(RING, "before"), "as issued"),
            (_sample(DOT, "farm"), "kept at the end, more than the honest"),
            (_sample(DOT, "innocent"), "kept at the end, no more than the honest"),
            (_sample(SPAN, "pending"), "if all that is undecided went back"),
        ),
        rows=(
            _yield("the honest", honest, of(honest), middle, scale),
            *(
                _yield(cell_name(score.pattern, score.level), score, of(score), middle, scale)
                for score in scores
            ),
        ),
    )


def _yield(name: str, score: ProfitScore, got: Yield, honest: float | None, scale: Scale) -> Strip:
    issued, kept, at_most = map(scale.place, (got.issued, got.kept, got.at_most))
    more = honest is not None and (got.kept is None or got.kept > honest)
    head = not score.level
    return Strip(
        name=name if score.level or name in {"the honest", "all farms"} else pattern_name(name),
        detail="",
        marks=(
            Mark(SPAN, min(issued, kept), max(issued, kept), "path"),
            Mark(BAND, kept, max(kept, at_most), "pending"),
            Mark(RING, issued, issued, "before"),
            _dot(kept, "honest" if name == "the honest" else "farm" if more else "innocent"),
        ),
        value=f"{rate(got.issued, there=True)} → {rate(got.kept, there=True)}",
        note=_operators(score.operators),
        head=head,
    )


def splits(report: Report) -> Strips:
    """What splitting earns, on paper and under detection, by number of accounts."""
    found = [
        number
        for score in report.splits
        for number in (score.on_paper, score.after, score.after_at_most)
        if number is not None
    ]
    scale = factors(found)
    return Strips(
        axis="points against those of one account with the same activity",
        ticks=scale.ticks,
        line=Tick(scale.place(1.0), "one account"),
        legend=(
            (_sample(RING, "before"), "on paper, as the formula has it"),
            (_sample(DOT, "found"), "kept under detection"),
            (_sample(SPAN, "pending"), "if all that is undecided went back"),
        ),
        rows=tuple(_split(score, scale) for score in report.splits),
    )


def _split(score: SplitScore, scale: Scale) -> Strip:
    paper, after, at_most = map(scale.place, (score.on_paper, score.after, score.after_at_most))
    return Strip(
        name=f"{size_name(score.fewest, score.most)} accounts",
        detail="",
        marks=(
            Mark(SPAN, min(paper, after), max(paper, after), "path"),
            Mark(BAND, after, max(after, at_most), "pending"),
            Mark(RING, paper, paper, "before"),
            _dot(after, "found"),
        ),
        value=f"{times(score.on_paper)} → {times(score.after)}",
        note=_operators(score.operators),
    )


def _counted(counted: Proportion, scale: Scale, shape: str, look: str) -> tuple[Mark, ...]:
    """Draw a proportion with its interval."""
    if counted.share is None:
        return ()
    low, at, high = map(scale.place, (counted.low, counted.share, counted.high))
    return Mark(SPAN, low, high, look), Mark(shape, at, at, look)


def _operators(number: int) -> str:
    return f"{number:,} operator" + ("" if number == 1 else "s")


def _dot(at: float, look: str) -> Mark:
    return Mark(DOT, at, at, look)


def _sample(shape: str, look: str) -> Mark:
    """Return a mark for a legend, in the middle of its own little axis."""
    return Mark(shape, 50.0, 50.0, look) if shape in {DOT, RING} else Mark(shape, 5.0, 95.0, look)
