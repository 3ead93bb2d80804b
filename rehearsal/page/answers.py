"""What a report says to each question, in a sentence."""

from dataclasses import dataclass
from typing import Final

from rehearsal.scoring.fairness import OVER, UNDER
from rehearsal.scoring.finding import PatternScore
from rehearsal.scoring.report import FEWEST_OPERATORS, Report
from rehearsal.scoring.seizures import (
    GIVEN_BACK,
    IN_ESCROW,
    TO_FLAGGED,
    TO_HONEST,
    TO_LOOKALIKES,
    TO_RESERVE,
    TO_STRANGERS,
    TO_UNFOUND,
)
from rehearsal.wording import (
    NOTHING,
    cell_name,
    class_name,
    interval,
    of,
    percent,
    short_points,
    size_name,
    times,
)

HARDLY: Final = 0.1  # flagged accounts below which a pattern counts as missed
_MOST_NAMED: Final = 9


@dataclass(frozen=True)
class Tile:
    """One of the figures to look at first.

    Attributes:
        question: What it answers.
        figure: Large.
        bounds: Its interval or counterpart; may be empty.
        words: What it means.
        look: `good`, `bad` or empty.
    """

    question: str
    figure: str
    bounds: str
    words: str
    look: str


@dataclass(frozen=True)
class Answers:
    """The figures to look at first, and a sentence for each section of the page."""

    tiles: tuple[Tile, ...]
    farms: str
    missed: str
    innocents: str
    profit: str
    splits: str
    seizures: str
    reviews: str


def answers(report: Report) -> Answers:
    """Answer every question of the page."""
    return Answers(
        tiles=(_precision(report), _recall(report), _worst(report), _pays(report)),
        farms=_farms(report),
        missed=_missed(report),
        innocents=_innocents(report),
        profit=_profit(report),
        splits=_splits(report),
        seizures=_seizures(report),
        reviews=(
            f"Moderators decided as the stated rule says in {of(report.reviews.right)} reviews; "
            f"{of(report.reviews.appeals)} appeals were upheld."
        ),
    )


def _precision(report: Report) -> Tile:
    precision = report.reviews.precision
    return Tile(
        question="Is review time well spent?",
        figure=percent(precision.share),
        bounds=f"{interval(precision)} % · {of(precision)}",
        words="of the cases taken up within the review budget were mostly of one farm, or of one "
        "group with a playbook",
        look="",
    )


def _recall(report: Report) -> Tile:
    farms = report.headline.farms
    return Tile(
        question="Is farming seen in time?",
        figure=percent(farms.held.share),
        bounds=f"{percent(farms.taken.share)} taken for good",
        words="of all points issued to farms were held at the issue; "
        f"{percent(farms.flagged.share)} of their accounts were flagged",
        look="",
    )


def _worst(report: Report) -> Tile:
    worst = report.headline.worst_innocents
    if worst is None:
        return Tile("Are the innocent left alone?", NOTHING, "", "nobody was innocent here", "")
    seen = max(report.innocents, key=lambda score: score.flagged.share or 0.0)
    return Tile(
        question="Are the innocent left alone?",
        figure=f"≤ {percent(worst.flagged.high)}",
        bounds=f"{percent(worst.flagged.share)} seen · {of(worst.flagged)}",
        words=f"of the worst class may be flagged wrongly: {class_name(worst.name)}. "
        f"Highest rate seen: {class_name(seen.name)}, {percent(seen.flagged.share)}.",
        look="good" if worst.line == UNDER else "bad" if worst.line == OVER else "",
    )


def _pays(report: Report) -> Tile:
    headline = report.headline
    paying = len(headline.paying_at_the_end)
    return Tile(
        question="Does farming pay?",
        figure=f"{paying} of {headline.cells}",
        bounds=f"{len(headline.paying_as_issued)} before detection",
        words="patterns and levels still get more points per dollar than the honest median; "
        f"per account {len(headline.richer_at_the_end)} do. Too few operators to tell: "
        f"{headline.left_out} more",
        look="bad" if paying else "good" if headline.cells else "",
    )


def _farms(report: Report) -> str:
    farms = report.headline.farms
    return (
        f"Of {farms.flagged.whole:,} accounts of farms {percent(farms.flagged.share)} were flagged "
        f"and {percent(farms.confirmed.share)} confirmed; of {farms.operators.whole:,} operators "
        f"{percent(farms.operators.share)} were found with at least half of their accounts."
    )


def _missed(report: Report) -> str:
    missed = [cell_name(score.pattern, score.level) for score in missed_cells(report)]
    if not missed:
        return "No pattern and level was missed."
    return f"Hardly seen, with less than {percent(HARDLY)} flagged: {_listed(missed)}."


def missed_cells(report: Report) -> tuple[PatternScore, ...]:
    """Return the patterns and levels of which hardly any account was flagged."""
    levelled = {score.pattern for score in report.patterns if score.level}
    return tuple(
        score
        for score in report.patterns
        if score.pattern
        and (score.level or score.pattern not in levelled)
        and (score.flagged.share or 0.0) < HARDLY
    )


def _innocents(report: Report) -> str:
    over = [class_name(score.name) for score in report.innocents if score.line == OVER]
    under = sum(score.line == UNDER for score in report.innocents)
    rest = len(report.innocents) - under - len(over)
    return (
        f"Of {len(report.innocents)} classes, surely under the line of 1 %: {under}. "
        f"Surely over it: {_listed(over) if over else 'none'}. "
        f"Too few accounts, or too near, to tell: {rest}."
    )


def _profit(report: Report) -> str:
    headline = report.headline
    paying, richer = list(headline.paying_at_the_end), list(headline.richer_at_the_end)
    return (
        f"Of {headline.cells} patterns and levels with at least {FEWEST_OPERATORS} operators, more "
        "than the honest median at the end, with all that is undecided: "
        f"per dollar {_listed(paying) or 'nobody'}; per account {_listed(richer) or 'nobody'}."
    )


def _splits(report: Report) -> str:
    known = [score for score in report.splits if score.on_paper is not None]
    if not known:
        return "Nobody split."
    best = max(known, key=lambda score: score.after or 0.0)
    return (
        f"Best under detection: {size_name(best.fewest, best.most)} accounts keep "
        f"{times(best.after)} of what one account would have got, {times(best.on_paper)} on paper."
    )


def _seizures(report: Report) -> str:
    seizures = report.seizures
    if not seizures.taken:
        return "Decisions took nothing."
    amounts = {amount.name: amount.micropoints for amount in seizures.where_to}

    def share(*names: str) -> str:
        return percent(sum(amounts[name] for name in names) / seizures.taken)

    return (
        f"Decisions took {short_points(seizures.taken)} points: "
        f"{share(TO_HONEST, TO_LOOKALIKES)} went to the innocent, "
        f"{share(TO_UNFOUND, TO_FLAGGED)} to farms, "
        f"{share(TO_STRANGERS)} to strangers with one playbook, {share(GIVEN_BACK)} back, "
        f"{share(TO_RESERVE)} to the reserve, and {share(IN_ESCROW)} lie in escrow still."
    )


def _listed(names: list[str]) -> str:
    """List names, the first of many."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
