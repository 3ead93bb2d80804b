"""Measures Winnow against floors and peers (docs/performance.md).

    python -m benchmarks [--fills N]... [--folder DIR] [--json FILE]

Each run is a process of its own; contenders take turns, and ratios are taken within a round.
"""

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import measuring
from benchmarks.measuring import Place, Run
from benchmarks.processes import keep_bytecode
from benchmarks.reporting import Report, Sized, as_json, as_text
from jobs.clock import real_now

FILLS: Final = (2_000_000, 20_000_000)
LARGE: Final = 10_000_000  # fewer rounds from here on, and the primary key once alone
say = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate, measure, print, and write the JSON where one is asked for."""
    asked = _parser().parse_args(arguments)
    started = real_now().isoformat(timespec="seconds")
    say("All data are synthetic, generated from a seed.")
    keep_bytecode(asked.folder.absolute() / "bytecode")
    measuring.load_commands()
    sizes = tuple(_measure(asked, fills) for fills in sorted(asked.fills or FILLS))
    season: tuple[Run, ...] = ()
    if asked.season_accounts:
        folder = asked.folder / "season"
        season = tuple(measuring.measure_detect(folder, asked.season_accounts, say=say))
    cores, memory = os.cpu_count() or 1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    report = Report(started, cores, memory, sizes, asked.season_accounts, season)
    say("\n" + as_text(report))
    if asked.json:
        asked.json.write_text(as_json(report) + "\n", encoding="utf-8")


def _measure(asked: argparse.Namespace, fills: int) -> Sized:
    place = Place(asked.folder.absolute() / str(fills))
    rounds = asked.rounds or (2 if fills >= LARGE else 3)
    say(f"{fills:,} fills of {asked.owners:,} owners")
    measuring.write_source(place, fills, asked.owners)
    keyed = 1 if fills >= LARGE else rounds
    runs = (
        *measuring.measure_ingest(place, rounds, keyed_rounds=keyed, say=say),
        *measuring.measure_issue(place, rounds, say=say),
        *measuring.measure_alone(place, 1, say=say),
    )
    size = sum(path.stat().st_size for path in place.source.iterdir())
    return Sized(fills, asked.owners, size, runs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--fills", type=int, action="append", help="repeat for several sizes")
    parser.add_argument("--owners", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, help="default: 3, and 2 from 10 million fills on")
    parser.add_argument(
        "--season-accounts", type=int, default=20_000, help="for detection; 0 leaves it out"
    )
    parser.add_argument("--folder", type=Path, default=Path("bench-data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    main()
