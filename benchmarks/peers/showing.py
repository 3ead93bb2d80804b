"""The figures of all contenders as Markdown and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Final

from benchmarks.peers.contenders import CONTENDERS
from benchmarks.peers.scoring import Score
from benchmarks.reporting import table
from rehearsal.scoring.proportions import Proportion

CAUTION: Final = (
    "**The seasons are synthetic, and whoever wrote the simulator wrote Winnow too.** What the one "
    "knows how to plant the other was built to look for; no peer was. Read the table for what a "
    "method is blind to, not for who wins, and no figure as a forecast for real accounts."
)

BEGIN: Final = "<!-- figures -->"
END: Final = "<!-- end of figures -->"


@dataclass(frozen=True)
class Cost:
    """What a contender cost on one season, its own process from start to end.

    Attributes:
        name: The contender.
        seed: Of the season.
        wall_seconds: From start to end.
        cpu_seconds: Of all threads.
        load: Of the machine when it began.
    """

    name: str
    seed: int
    wall_seconds: float
    cpu_seconds: float
    load: float


@dataclass(frozen=True)
class Setting:
    """On what all were let loose.

    Attributes:
        started: UTC, ISO 8601.
        seeds: Of the seasons, scored together.
        past_seed: Of the season from which those learn that do.
        accounts: Of each season.
        weeks: Of each season.
        cores: Of the machine.
        absent: Contenders whose package is not installed.
    """

    started: str
    seeds: tuple[int, ...]
    past_seed: int
    accounts: int
    weeks: int
    cores: int
    absent: tuple[str, ...]


def as_text(setting: Setting, scores: Sequence[Score], costs: Sequence[Cost]) -> str:
    """Return Markdown: the caution, the table, recall by pattern, look-alikes by class."""
    loads = [cost.load for cost in costs]
    parts = [
        CAUTION,
        f"Synthetic seasons of {setting.accounts:,} accounts and {setting.weeks} weeks, seeds "
        f"{_listed(setting.seeds)} together; who learns learns from seed {setting.past_seed}. "
        f"Begun {setting.started}; {setting.cores} cores; load {min(loads):.1f} to "
        f"{max(loads):.1f} while it ran.",
        _main_table(scores, costs),
        "Farm accounts that were flagged, in percent, by pattern of attack:",
        _matrix(scores, [score.patterns for score in scores]),
        "Innocent accounts that were flagged, in percent, by look-alike class:",
        _matrix(scores, [score.classes for score in scores]),
    ]
    if setting.absent:
        parts.append(f"Left out, since the package is not installed: {', '.join(setting.absent)}.")
    return "\n\n".join(parts)


def put_into(page: str, figures: str) -> str:
    """Return a page with what stands between its marks replaced.

    Raises:
        ValueError: It does not have the marks, each once.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or BEGIN in after or END in after:
        raise ValueError(f"the page needs {BEGIN!r} and {END!r}, each once and in this order")
    return f"{before}{begin}\n\n{figures}\n\n{end}{after}"


def as_json(setting: Setting, scores: Sequence[Score], costs: Sequence[Cost]) -> str:
    """Return everything, with the interval of every proportion."""
    whole = {
        "synthetic": True,
        **asdict(setting),
        "scores": [
            asdict(score)
            | {name: dict(getattr(score, name)) for name in ("patterns", "levels", "classes")}
            for score in scores
        ],
        "costs": [asdict(cost) for cost in costs],
    }
    return json.dumps(whole, indent=1, default=asdict)


def _main_table(scores: Sequence[Score], costs: Sequence[Cost]) -> str:
    heads = (
        "who",
        "labels",
        "precision",
        "recall",
        "F1",
        "look-alikes flagged",
        "classes > 1 %",
        "honest flagged",
        "CPU s",
        "wall s",
    )
    needs = {contender.name: contender.labels for contender in CONTENDERS}
    rows = []
    for score in scores:
        own = [cost for cost in costs if cost.name == score.name]
        rows.append(
            (
                score.name,
                needs[score.name],
                _share(score.precision),
                _share(score.recall),
                f"{score.f1:.3f}",
                _counted(score.lookalikes),
                f"{score.wrong_classes} of {len(score.classes)}",
                _counted(score.honest),
                f"{mean(cost.cpu_seconds for cost in own):.1f}",
                f"{mean(cost.wall_seconds for cost in own):.1f}",
            )
        )
    return table(heads, rows)


def _matrix(scores: Sequence[Score], columns: Sequence[Sequence[tuple[str, Proportion]]]) -> str:
    names = [name for name, _ in columns[0]]
    counted = dict(columns[0])
    rows = [
        (name, f"{counted[name].whole:,}", *(_percent(dict(column)[name]) for column in columns))
        for name in names
    ]
    return table(("", "accounts", *(score.name for score in scores)), rows)


def _share(found: Proportion) -> str:
    if found.share is None:
        return "none flagged"
    return f"{found.share:.3f} ({found.low:.3f}–{found.high:.3f})"


def _counted(found: Proportion) -> str:
    return f"{found.part:,} of {found.whole:,} ({_percent(found)} %)"


def _percent(found: Proportion) -> str:
    return "" if found.share is None else f"{100 * found.share:.1f}".removesuffix(".0")


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
