"""The rounds: what is measured, beside what, on how many fills."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import Cost, run

WEEK: Final = "S1W01"
BUSIEST_OWNER: Final = "a10000000"
FORMULA: Final = Path(__file__).parent / "formula.toml"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """A command to be measured.

    Attributes:
        name: 'winnow', 'floor', or a peer's.
        command: What is measured.
        prepare: What has to be done before each run; it is not measured.
        watched: A DuckDB file: for how long is it held for writing?
    """

    name: str
    command: tuple[str, ...]
    prepare: Callable[[], object] = tuple  # nothing
    watched: Path | None = None


@dataclass(frozen=True)
class Run:
    """One run of one contender.

    Attributes:
        step: What was done: ingest, issue, ...
        contender: By whom.
        round: Runs of one round follow each other directly; ratios are taken within it.
        load: Of the machine when it began: processes ready to run, one minute's mean.
        cost: What it cost.
    """

    step: str
    contender: str
    round: int
    load: float
    cost: Cost


@dataclass(frozen=True)
class Place:
    """Where the data of one size lie: the source, one home, and the floors' files."""

    folder: Path

    @property
    def source(self) -> Path:
        """The synthetic event files."""
        return self.folder / "source"

    @property
    def home(self) -> Path:
        """A home that has ingested the source; nothing is issued in it."""
        return self.folder / "ingested"

    @property
    def issued(self) -> Path:
        """A copy of it in which the week is issued."""
        return self.folder / "issued"


def winnow(home: Path, *words: str) -> tuple[str, ...]:
    """Return the command line of `winnow`, with the interpreter that runs this."""
    return (sys.executable, "-m", "console", "--home", str(home), *words)


def load_commands() -> None:
    """Import every command once, so that no measured run has to compile it."""
    run((sys.executable, "-c", "from console.cli import DOORS\nfor door in DOORS: door.load()"))


def write_source(place: Place, fills: int, owners: int) -> None:
    """Write the synthetic source, unless one of this size is there."""
    done = place.folder / f"source-{fills}-{owners}"
    if done.exists():
        return
    shutil.rmtree(place.source, ignore_errors=True)
    place.folder.mkdir(parents=True, exist_ok=True)
    run((*module("source"), str(place.source), str(fills), str(owners)))
    done.touch()


def measure_ingest(place: Place, rounds: int, *, keyed_rounds: int, say: Say) -> list[Run]:
    """Measure ingest in rounds of winnow, floor and peer; the last home stays for what follows."""
    floor, keyed = place.folder / "floor.duckdb", place.folder / "keyed.duckdb"
    contenders = (
        Contender(
            "winnow",
            winnow(place.home, "ingest", str(place.source), "--json"),
            lambda: new_home(place.home),
        ),
        Contender("floor", (*module("floors"), "ingest", str(place.source), str(floor))),
        Contender("primary key", (*module("floors"), "keyed", str(place.source), str(keyed))),
    )
    runs = take_turns("ingest", contenders, rounds, {"primary key": keyed_rounds}, say)
    for path in (floor, keyed):
        path.unlink(missing_ok=True)
    return runs


def measure_issue(place: Place, rounds: int, *, say: Say) -> list[Run]:
    """Measure the issue of the week in rounds of winnow, floor and peer, from the same files."""
    events = str(place.home / "events")
    contenders = (
        Contender(
            "winnow",
            winnow(place.issued, "issue", WEEK, "--json"),
            lambda: copy_home(place.home, place.issued),
        ),
        Contender("floor", (*module("floors"), "issue", events)),
        Contender("polars", (*module("floors"), "polars", events)),
    )
    return take_turns("issue", contenders, rounds, {}, say)


def measure_alone(place: Place, rounds: int, *, say: Say) -> list[Run]:
    """Measure what has no floor: everything else that one does with an issued week."""
    steps = {
        "publish": ("publish", "--json"),
        "verify": ("verify", "--json"),
        "verify --replay": ("verify", "--replay", "--json"),
        "points": ("points", BUSIEST_OWNER, "--json"),
        "leaderboard": ("leaderboard", "--json"),
    }
    runs: list[Run] = []
    for step, words in steps.items():
        only = Contender("winnow", winnow(place.issued, *words))
        runs += take_turns(step, (only,), rounds, {}, say)
    return runs


def measure_detect(folder: Path, accounts: int, *, say: Say) -> list[Run]:
    """Measure ingest and detection of a small synthetic season that has logins and transfers."""
    source, home = folder / "season", folder / "detected"
    simulate = ("simulate", str(source), "--seed", "1", "--accounts", str(accounts), "--weeks", "1")
    shutil.rmtree(source, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    run(winnow(home, *simulate))
    taken = Contender(
        "winnow", winnow(home, "ingest", str(source), "--json"), lambda: new_home(home)
    )
    detected = Contender("winnow", winnow(home, "detect", "--json"))
    return [
        *take_turns("ingest season", (taken,), 1, {}, say),
        *take_turns("detect", (detected,), 1, {}, say),
    ]


def take_turns(
    step: str,
    contenders: Sequence[Contender],
    rounds: int,
    fewer: dict[str, int],
    say: Say,
) -> list[Run]:
    """Run every contender once a round, in turn, so that each meets the machine alike."""
    runs = []
    for number in range(rounds):
        for contender in contenders:
            if number >= fewer.get(contender.name, rounds):
                continue
            contender.prepare()
            load = os.getloadavg()[0]
            cost = run(contender.command, contender.watched)
            runs.append(Run(step, contender.name, number, load, cost))
            say(
                f"{step}, round {number + 1}, {contender.name}: {cost.wall_seconds:.1f} s, "
                f"{cost.cpu_seconds:.1f} s CPU, {cost.peak_bytes / 2**30:.2f} GiB"
            )
    return runs


def new_home(home: Path) -> None:
    """Make a home with the formula of the week sealed, in place of what is there."""
    remove_home(home)
    run(winnow(home, "init", "--season", "1", "--json"))
    run(winnow(home, "formula", "seal", str(FORMULA), "--week", WEEK, "--json"))


def copy_home(home: Path, target: Path) -> None:
    """Copy a home with its keys; event files are immutable, so links to them do."""
    remove_home(target)
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("events"))
    shutil.copytree(home / "events", target / "events", copy_function=os.link)
    shutil.copytree(_keys(home), _keys(target))


def remove_home(home: Path) -> None:
    """Remove a home and its keys, if they are there."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(_keys(home), ignore_errors=True)


def _keys(home: Path) -> Path:
    return home.with_name(f"{home.name}.keys")


def module(name: str) -> tuple[str, ...]:
    """Return the command line of a module of the benchmarks."""
    return (sys.executable, "-m", f"benchmarks.{name}")
