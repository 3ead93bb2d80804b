"""The table of patterns by level: how much was found, darker where it was more."""

from dataclasses import dataclass

from rehearsal.scoring.finding import PatternScore
from rehearsal.scoring.report import Report
from rehearsal.wording import interval, pattern_name, percent


@dataclass(frozen=True)
class Cell:
    """What was found of one pattern and level.

    Attributes:
        heat: Share of the accounts that were flagged, from 0 to 100.
        flagged: The same in words.
        interval: Of it.
        held: Share of the points that were held at the issue.
        week: Median of the first flags.
    """

    heat: float
    flagged: str
    interval: str
    held: str
    week: str


@dataclass(frozen=True)
class Heat:
    """The table.

    Attributes:
        levels: Of the columns; the first stands for all levels together.
        rows: The pattern's name, and a cell a column or None where there is no such level.
    """

    levels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def heat(report: Report) -> Heat:
    """Lay the patterns out by level."""
    scores = {(score.pattern, score.level): score for score in report.patterns}
    levels = tuple(sorted({level for _, level in scores}))
    patterns = tuple(dict.fromkeys(pattern for pattern, _ in scores))
    return Heat(
        levels=levels,
        rows=tuple(
            (
                pattern_name(pattern),
                tuple(_cell(scores.get((pattern, level))) for level in levels),
            )
            for pattern in patterns
        ),
    )


def _cell(score: PatternScore | None) -> Cell | None:
    if score is None:
        return None
    share = score.flagged.share or 0.0
    return Cell(
        heat=100 * share,
        flagged=percent(score.flagged.share),
        interval=interval(score.flagged),
        held=percent(score.held.share),
        week=f"week {score.first_flag.median}" if score.first_flag else "never",
    )
