"""Measures `winnow simulate` at several sizes (docs/performance.md).

    python -m benchmarks.simulating [--accounts N]... [--weeks N] [--folder DIR] [--json FILE]

Each run is a process of its own. What it wrote is counted and removed again.
"""

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measuring import load_commands, winnow
from benchmarks.processes import Cost, keep_bytecode, run
from benchmarks.reporting import table
from jobs.clock import real_now

ACCOUNTS: Final = (10_000, 30_000, 100_000)
KINDS: Final = ("fills", "balances", "logins", "transfers", "accounts", "referrals")
say = partial(print, flush=True)


@dataclass(frozen=True)
class Season:
    """One synthetic season that was written.

    Attributes:
        accounts: How many it has.
        load: Of the machine when it began.
        cost: What it cost, start-up and imports included.
        rows: Of each of `KINDS`, as the manifests declare them.
        size: Bytes of the event files.
    """

    accounts: int
    load: float
    cost: Cost
    rows: tuple[int, ...]
    size: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, print what it cost, and write the JSON where one is asked for."""
    asked = _parser().parse_args(arguments)
    started = real_now().isoformat(timespec="seconds")
    say("All data are synthetic, drawn from a seed.")
    asked.folder.mkdir(parents=True, exist_ok=True)
    keep_bytecode(asked.folder.absolute() / "bytecode")
    load_commands()
    sizes = sorted(asked.accounts or ACCOUNTS)
    seasons = [measure(asked.folder / "simulated", size, asked.weeks) for size in sizes]
    say(f"\n{_as_text(seasons, asked.weeks, started)}")
    if asked.json:
        whole = {"synthetic": True, "started": started, "weeks": asked.weeks}
        written = json.dumps(whole | {"seasons": [asdict(season) for season in seasons]}, indent=1)
        asked.json.write_text(written + "\n", encoding="utf-8")


def measure(out: Path, accounts: int, weeks: int) -> Season:
    """Simulate one season, count what it wrote, and remove it."""
    folders = (out, out.with_name(f"{out.name}.truth"))
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    size = ("--accounts", str(accounts), "--weeks", str(weeks))
    load = os.getloadavg()[0]
    cost = run(winnow(out, "simulate", str(out), "--seed", "1", *size, "--json"))
    season = Season(accounts, load, cost, *_written(out))
    for folder in folders:
        shutil.rmtree(folder)
    say(f"{accounts:,} accounts: {cost.wall_seconds:.0f} s, {cost.cpu_seconds:.0f} s CPU")
    return season


def _written(out: Path) -> tuple[tuple[int, ...], int]:
    days = [json.loads(path.read_text())["kinds"] for path in out.glob("complete-*.json")]
    rows = tuple(sum(day[kind]["rows"] for day in days) for kind in KINDS)
    return rows, sum(path.stat().st_size for path in out.iterdir())


def _as_text(seasons: Sequence[Season], weeks: int, started: str) -> str:
    loads = [season.load for season in seasons]
    said = (
        f"Synthetic seasons of {weeks} weeks; begun {started}; {os.cpu_count()} cores; load "
        f"{min(loads):.1f} to {max(loads):.1f} while it ran."
    )
    heads = ("accounts", "wall s", "CPU s", "peak GiB", "MiB written", *KINDS)
    parts = [said, table(heads, [_line(season) for season in seasons])]
    if len(seasons) > 1:
        first, last = seasons[0], seasons[-1]
        parts.append(
            f"{last.accounts / first.accounts:g} times the accounts took "
            f"{last.cost.wall_seconds / first.cost.wall_seconds:.1f} times the wall, "
            f"{last.cost.cpu_seconds / first.cost.cpu_seconds:.1f} times the CPU and "
            f"{last.cost.peak_bytes / first.cost.peak_bytes:.1f} times the memory, for "
            f"{sum(last.rows) / sum(first.rows):.1f} times the rows."
        )
    return "\n\n".join(parts)


def _line(season: Season) -> tuple[str, ...]:
    cost = season.cost
    return (
        f"{season.accounts:,}",
        f"{cost.wall_seconds:.1f}",
        f"{cost.cpu_seconds:.1f}",
        f"{cost.peak_bytes / 2**30:.2f}",
        f"{season.size / 2**20:,.0f}",
        *(f"{rows:,}" for rows in season.rows),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulating", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--accounts", type=int, action="append", help="repeat for several sizes")
    parser.add_argument("--weeks", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=Path("bench-data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    main()
