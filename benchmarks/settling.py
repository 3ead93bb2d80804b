"""Measures enforcement on ten weeks of a large synthetic season (docs/performance.md).

    python -m benchmarks.settling [--owners N] [--cases N] [--rounds N] [--folder DIR] [--json FILE]

A case has ten owners, and at most one owner in 25 is in a case.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
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
from benchmarks.reporting import cost_table, lines
from jobs.clock import real_now

LAST_DAY: Final = "2025-05-30T02:30:00Z"
"""Ten weeks are issued, and appeals are still open."""

DUE: Final = "2025-05-30T03:00:00Z"
"""The instant at which appeals end."""

FIRST_CASE: Final = "C-000000000000"
FIRST_OWNER: Final = "a10000001"
FILLS: Final = 1_000  # the home needs accounts, and the source has no accounts without fills
say = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the home, measure, print, and write the JSON where one is asked for."""
    asked = _parser().parse_args(arguments)
    started, load = real_now().isoformat(timespec="seconds"), os.getloadavg()[0]
    folder = asked.folder.absolute() / f"{asked.owners}-{asked.cases}"
    say("All data are synthetic, drawn from integers.")
    keep_bytecode(asked.folder.absolute() / "bytecode")
    load_commands()
    made = make_home(folder, asked.owners, asked.cases)
    still_open = f"C-{asked.cases:012x}"
    runs = (
        *measure_settle(made, folder, asked.rounds),
        *measure_decide(made, still_open, asked.rounds),
        *measure_answer(made, asked.rounds),
        *measure_reading(made, folder / "settled", asked.rounds),
    )
    loads = (load, *(run.load for run in runs))
    say(
        f"\nSynthetic ledger, ten weeks of {asked.owners:,} owners, {10 * asked.cases:,} of them "
        f"in {asked.cases:,} decided cases; begun {started}; {os.cpu_count()} cores; load "
        f"{min(loads):.1f} to {max(loads):.1f} while it ran.\n\n{cost_table(lines(runs))}"
    )
    if asked.json:
        asked.json.write_text(_as_json(asked, started, runs) + "\n", encoding="utf-8")


def make_home(folder: Path, owners: int, cases: int) -> Path:
    """Make the synthetic home, unless it is there; it is checked by `winnow verify`."""
    home, source, done = folder / "made", folder / "source", folder / "made.done"
    if not done.exists():
        remove_home(home)
        folder.mkdir(parents=True, exist_ok=True)
        run((*module("source"), str(source), str(FILLS), str(owners)))
        run(winnow(home, "init", "--season", "1", "--rehearsal", "--json"))
        run(winnow(home, "ingest", str(source), "--json"))
        cost = run((*module("season"), str(home), str(owners), str(cases)))
        say(f"the home was made in {cost.wall_seconds:.0f} s")
        done.touch()
    return home


def measure_settle(made: Path, folder: Path, rounds: int) -> list[Run]:
    """Measure the settle run and its preview, beside the bare split."""
    settled, target = folder / "settled", folder / "shares.duckdb"
    database = settled / "warehouse.duckdb"
    at_due = ("--now", DUE, "settle")
    contenders = (
        Contender(
            "winnow",
            winnow(settled, *at_due, "--json"),
            lambda: copy_home(made, settled),
            database,
        ),
        Contender("floor", (*module("floors"), "settle", str(_warehouse(made)), str(target))),
    )
    preview = Contender("winnow", winnow(made, *at_due, "--preview", "--json"))
    return [
        *take_turns("settle", contenders, rounds, {}, say),
        *take_turns("settle --preview", (preview,), rounds, {}, say),
    ]


def measure_decide(made: Path, case_id: str, rounds: int) -> list[Run]:
    """Measure a decision by two people, the first's and the second's, beside a look at the held."""
    home = made.with_name("decided")

    def decide(by: str) -> tuple[str, ...]:
        words = ("cases", "decide", case_id, "--confirm", "--by", by, "--reason", "synthetic")
        return winnow(home, "--now", LAST_DAY, *words, "--json")

    def propose() -> None:
        copy_home(made, home)
        run(decide("ana"))

    first = Contender("winnow", decide("ana"), lambda: copy_home(made, home), _warehouse(home))
    second = Contender("winnow", decide("ben"), propose, _warehouse(home))
    floor = Contender("floor", (*module("floors"), "held", str(_warehouse(made))))
    return [
        *take_turns("propose", (first, floor), rounds, {}, say),
        *take_turns("decide", (second, floor), rounds, {}, say),
    ]


def measure_answer(made: Path, rounds: int) -> list[Run]:
    """Measure the answer that upholds an appeal."""
    home = made.with_name("answered")
    about = (FIRST_CASE, "--owner", FIRST_OWNER, "--reason", "synthetic", "--json")

    def appeal() -> None:
        copy_home(made, home)
        run(winnow(home, "--now", LAST_DAY, "cases", "appeal", *about, "--by", "support"))

    words = ("--now", LAST_DAY, "cases", "answer", *about, "--uphold", "--by", "eve")
    answer = Contender("winnow", winnow(home, *words), appeal, _warehouse(home))
    return take_turns("answer", (answer,), rounds, {}, say)


def measure_reading(made: Path, settled: Path, rounds: int) -> list[Run]:
    """Measure what people ask for, and the checks of a home that has settled, once."""
    points = Contender("winnow", winnow(made, "points", FIRST_OWNER, "--json"))
    verify = Contender("winnow", winnow(settled, "verify", "--json"))
    replay = Contender("winnow", (*module("replaying"), str(settled)))
    return [
        *take_turns("points", (points,), rounds, {}, say),
        *take_turns("verify", (verify,), 1, {}, say),
        *take_turns("replay of the settlement", (replay,), 1, {}, say),
    ]


def _warehouse(home: Path) -> Path:
    return home / "warehouse.duckdb"


def _as_json(asked: argparse.Namespace, started: str, runs: Sequence[Run]) -> str:
    whole = {
        "synthetic": True,
        "started": started,
        "owners": asked.owners,
        "cases": asked.cases,
        "runs": [asdict(run) for run in runs],
        "lines": [asdict(line) for line in lines(runs)],
    }
    return json.dumps(whole, indent=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.settling", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--owners", type=int, default=500_000)
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("bench-data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    main()
