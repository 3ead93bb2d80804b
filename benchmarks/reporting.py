"""Turns runs into medians, ratios taken round by round, and growth; as text and as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from benchmarks.measuring import Run


@dataclass(frozen=True)
class Sized:
    """The runs on one size of data."""

    fills: int
    owners: int
    source_bytes: int
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Report:
    """Everything that one call measured; the data are synthetic.

    Attributes:
        started: UTC, ISO 8601.
        cores: Of the machine.
        memory_bytes: Of the machine.
        sizes: Ascending by fills.
        season_accounts: Of the simulated season that detection ran on; 0 if it did not.
        season: Its runs.
    """

    started: str
    cores: int
    memory_bytes: int
    sizes: tuple[Sized, ...]
    season_accounts: int
    season: tuple[Run, ...]


@dataclass(frozen=True)
class Spread:
    """Least, median and greatest of a few values."""

    least: float
    median: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.least:.2f}–{self.median:.2f}–{self.greatest:.2f}"


@dataclass(frozen=True)
class Line:
    """What a contender cost in one step, over all rounds, and against Winnow in the same round.

    Attributes:
        step: Which step.
        contender: Whose line it is.
        wall_seconds: Median.
        cpu_seconds: Median.
        peak_bytes: Greatest.
        winnow_wall: How many times its wall Winnow took, round by round; None for Winnow itself.
        winnow_cpu: The same of the CPU time.
        held_seconds: Longest time for which it held the warehouse; None where nobody watched.
    """

    step: str
    contender: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    winnow_wall: Spread | None
    winnow_cpu: Spread | None
    held_seconds: float | None


@dataclass(frozen=True)
class Growth:
    """How much more a contender took on the largest size than on the smallest."""

    step: str
    contender: str
    fills: float
    wall: float
    cpu: float
    peak: float


def lines(runs: Sequence[Run]) -> tuple[Line, ...]:
    """Summarise runs, one line a step and contender, in the order in which they were first run."""
    found = dict.fromkeys((run.step, run.contender) for run in runs)
    return tuple(_line(step, contender, runs) for step, contender in found)


def growth(report: Report) -> tuple[Growth, ...]:
    """Compare the largest size with the smallest; nothing where there is only one."""
    if len(report.sizes) < 2:
        return ()
    small, large = report.sizes[0], report.sizes[-1]
    before = {(line.step, line.contender): line for line in lines(small.runs)}
    return tuple(
        Growth(
            line.step,
            line.contender,
            large.fills / small.fills,
            line.wall_seconds / old.wall_seconds,
            line.cpu_seconds / old.cpu_seconds,
            line.peak_bytes / old.peak_bytes,
        )
        for line in lines(large.runs)
        if (old := before.get((line.step, line.contender)))
    )


def as_json(report: Report) -> str:
    """Return the report with its lines and growth as JSON."""
    whole = asdict(report)
    for size, written in zip(report.sizes, whole["sizes"], strict=True):
        written["lines"] = [asdict(line) for line in lines(size.runs)]
    whole["growth"] = [asdict(each) for each in growth(report)]
    return json.dumps({"synthetic": True, **whole}, indent=1)


def as_text(report: Report) -> str:
    """Return the report as Markdown tables."""
    loads = [run.load for size in report.sizes for run in size.runs]
    parts = [
        f"Synthetic fills; {report.cores} cores, {report.memory_bytes / 2**30:.0f} GiB; begun "
        f"{report.started}; load {min(loads):.1f} to {max(loads):.1f} while it ran."
    ]
    for size in report.sizes:
        parts.append(
            f"{size.fills:,} fills of {size.owners:,} owners, "
            f"{size.source_bytes / 2**20:,.0f} MiB of Parquet:"
        )
        parts.append(cost_table(lines(size.runs)))
    if report.season:
        parts.append(f"A synthetic season of {report.season_accounts:,} accounts, one week:")
        parts.append(cost_table(lines(report.season)))
    if grown := growth(report):
        parts.append(f"{grown[0].fills:g} times the fills took so many times as much:")
        rows = ((g.step, g.contender, *_rounded(g.wall, g.cpu, g.peak)) for g in grown)
        parts.append(table(("step", "by", "wall", "CPU", "peak"), rows))
    return "\n\n".join(parts)


def _line(step: str, contender: str, runs: Sequence[Run]) -> Line:
    own = [run for run in runs if (run.step, run.contender) == (step, contender)]
    ours = {run.round: run for run in runs if (run.step, run.contender) == (step, "winnow")}
    pairs = [(ours[run.round].cost, run.cost) for run in own] if contender != "winnow" else []
    return Line(
        step,
        contender,
        median(run.cost.wall_seconds for run in own),
        median(run.cost.cpu_seconds for run in own),
        max(run.cost.peak_bytes for run in own),
        _spread([our.wall_seconds / other.wall_seconds for our, other in pairs]),
        _spread([our.cpu_seconds / other.cpu_seconds for our, other in pairs]),
        max(
            (run.cost.held_seconds for run in own if run.cost.held_seconds is not None),
            default=None,
        ),
    )


def _spread(values: Sequence[float]) -> Spread | None:
    return Spread(min(values), median(values), max(values)) if values else None


def _rounded(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.2f}" for value in values)


def cost_table(summary: Sequence[Line]) -> str:
    """Return lines as a Markdown table; with how long the warehouse was held, if it was watched."""
    heads = ("step", "by", "wall s", "CPU s", "peak GiB", "winnow : it, wall", "winnow : it, CPU")
    watched = any(line.held_seconds is not None for line in summary)
    rows = (
        (
            line.step,
            line.contender,
            f"{line.wall_seconds:.1f}",
            f"{line.cpu_seconds:.1f}",
            f"{line.peak_bytes / 2**30:.2f}",
            str(line.winnow_wall or ""),
            str(line.winnow_cpu or ""),
            *((_seconds(line.held_seconds),) if watched else ()),
        )
        for line in summary
    )
    return table((*heads, "held s") if watched else heads, rows)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))
