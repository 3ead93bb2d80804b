"""Measures the whole detection of large synthetic seasons (docs/performance.md).

    python -m benchmarks.detecting [--accounts N]... [--days N] [--folder DIR] [--json FILE]

Each run is a process of its own. An account logs in ten times, pays twice and trades forty times.
"""

import argparse
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measuring import (
    Contender,
    Run,
    copy_home,
    load_commands,
    module,
    remove_home,
    take_turns,
    winnow,
)
from benchmarks.processes import keep_bytecode, run
from benchmarks.reporting import cost_table, lines, table
from jobs.clock import real_now

ACCOUNTS: Final = (50_000, 500_000)
SHOWN: Final = 0.01
"""A step that takes less of the whole than this, at every size, is not shown."""

say = partial(print, flush=True)


@dataclass(frozen=True)
class Season:
    """One synthetic season that was detected in.

    Attributes:
        accounts: How many it has.
        runs: Ingest, detection and floor.
        rows: By kind of event.
        found: What the detection found: edges, clusters, hubs, cases opened.
        steps: Wall and CPU seconds of each step, from a run with a stopwatch.
    """

    accounts: int
    runs: tuple[Run, ...]
    rows: Mapping[str, int]
    found: Mapping[str, int]
    steps: Mapping[str, tuple[float, float]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the seasons, measure, print, and write the JSON where one is asked for."""
    asked = _parser().parse_args(arguments)
    started = real_now().isoformat(timespec="seconds")
    say("All data are synthetic, drawn from integers.")
    folder = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    keep_bytecode(folder / "bytecode")
    load_commands()
    sizes = sorted(asked.accounts or ACCOUNTS)
    seasons = [measure(folder / f"crowd-{size}-{asked.days}", size, asked.days) for size in sizes]
    say(f"\n{_as_text(seasons, asked.days, started)}")
    if asked.json:
        whole = {"synthetic": True, "started": started, "days": asked.days}
        written = json.dumps(whole | {"seasons": [asdict(season) for season in seasons]}, indent=1)
        asked.json.write_text(written + "\n", encoding="utf-8")


def measure(folder: Path, accounts: int, days: int) -> Season:
    """Ingest one season, detect in it twice, and take the time of each step in a copy of it."""
    home, copy, result = folder / "home", folder / "copy", folder / "steps.json"
    ingested = make_home(folder, accounts, days)
    copy_home(home, copy)
    contenders = (
        Contender("winnow", winnow(copy, "detect", "--json")),
        Contender("floor", (*module("floors"), "evidence", str(home / "events"))),
    )
    runs = [
        *ingested,
        *take_turns("detect", contenders, 1, {}, say),
        *take_turns("detect again", contenders[:1], 1, {}, say),
    ]
    copy_home(home, copy)
    run((*module("stepping"), str(copy), str(result)))
    taken = json.loads(result.read_text(encoding="utf-8"))
    remove_home(copy)
    return Season(accounts, tuple(runs), taken["rows"], taken["found"], taken["steps"])


def make_home(folder: Path, accounts: int, days: int) -> list[Run]:
    """Make the home with everything ingested, unless it is there; return how ingest ran."""
    home, source, done = folder / "home", folder / "source", folder / "home.done"
    if done.exists():
        return []
    remove_home(home)
    folder.mkdir(parents=True, exist_ok=True)
    run((*module("crowds"), str(source), str(accounts), str(days)))
    run(winnow(home, "init", "--season", "1", "--json"))
    ingest = Contender("winnow", winnow(home, "ingest", str(source), "--json", "--strict"))
    runs = take_turns("ingest", (ingest,), 1, {}, say)
    shutil.rmtree(source)
    done.touch()
    return runs


def _as_text(seasons: Sequence[Season], days: int, started: str) -> str:
    loads = [each.load for season in seasons for each in season.runs]
    parts = [
        f"Synthetic seasons of {days} days; begun {started}; {os.cpu_count()} cores; load "
        f"{min(loads):.1f} to {max(loads):.1f} while it ran."
    ]
    for season in seasons:
        rows = ", ".join(f"{count:,} {kind}" for kind, count in season.rows.items())
        found = ", ".join(f"{count:,} {kind}" for kind, count in season.found.items())
        parts += [f"{rows}; found: {found}.", cost_table(lines(season.runs))]
    parts.append(_steps(seasons))
    if len(seasons) > 1:
        parts.append(_growth(seasons[0], seasons[-1]))
    return "\n\n".join(parts)


def _steps(seasons: Sequence[Season]) -> str:
    """Return the seconds of each step that matters, the dearest of the largest season first."""
    last = seasons[-1].steps
    wholes = [sum(wall for wall, _ in season.steps.values()) for season in seasons]
    shown = [
        step
        for step in sorted(last, key=lambda step: -last[step][0])
        if any(
            season.steps.get(step, (0, 0))[0] >= SHOWN * whole
            for season, whole in zip(seasons, wholes, strict=True)
        )
    ]
    heads = [f"{season.accounts:,} accounts: wall s, CPU s" for season in seasons]
    cells = ([_pair(season.steps.get(step, (0, 0))) for season in seasons] for step in shown)
    return table(
        ("step", *heads), ([f"`{step}`", *row] for step, row in zip(shown, cells, strict=True))
    )


def _pair(seconds: tuple[float, float]) -> str:
    return f"{seconds[0]:.2f}, {seconds[1]:.2f}"


def _growth(small: Season, large: Season) -> str:
    (before,), (after,) = (
        [each for each in season.runs if (each.step, each.contender) == ("detect", "winnow")]
        for season in (small, large)
    )
    rows = sum(large.rows.values()) / sum(small.rows.values())
    return (
        f"For {rows:.1f} times the rows the detection took "
        f"{after.cost.wall_seconds / before.cost.wall_seconds:.1f} times the wall, "
        f"{after.cost.cpu_seconds / before.cost.cpu_seconds:.1f} times the CPU and "
        f"{after.cost.peak_bytes / before.cost.peak_bytes:.1f} times the memory."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detecting", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--accounts", type=int, action="append", help="repeat for several sizes")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--folder", type=Path, default=Path("bench-data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    main()
