"""`winnow demo` plays a synthetic season through every job, and shows what came of it."""

import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer
from rich.console import Console

from console.cli.demo_moderators import Moderated, moderate, settle_after, show_enforcement
from console.cli.invocation import invocation
from console.cli.rendering import count, points, print_facts, print_line, print_table
from jobs.carrying_out import HELD
from jobs.clock import real_now
from jobs.keys import key_folder
from jobs.publish import publish
from jobs.season_files import load_seasons
from jobs.settings import Settings
from jobs.settle import Settled
from jobs.verify import Verification, verify
from rehearsal.home import WeekRun, make_home, run_week
from seasons.accounts import held_lines
from seasons.calendar import WEEK, Calendar
from simulator.season import SeasonPlan
from simulator.simulation import Written, simulate
from warehouse import ledger
from warehouse.cases import involved_owners, list_cases
from warehouse.connection import warehouse
from warehouse.errors import HomeError
from warehouse.home import Home, open_home
from warehouse.publish import Publication
from warehouse.records import Week

SEED: Final = 7
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CASES_SHOWN: Final = 6
_MODERATED: Final = 2  # after this week's issue, so that appeals are over by the end of four


@dataclass(frozen=True)
class Played:
    """The whole demonstration."""

    home: Home
    written: Written
    weeks: tuple[WeekRun, ...]
    moderated: Moderated
    settled: Settled
    publication: Publication
    verification: Verification
    seconds: float


@dataclass
class _Narrator:
    """Says what is going on, one line a step, on standard error."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        with self.console.status(what):
            yield
        self.console.print(f"  [dim]{time.perf_counter() - started:5.1f} s[/dim]  {what}")


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Option(help="Where to play it; what an earlier demo left there is replaced.")
    ] = Path("demo"),
    accounts: Annotated[int, typer.Option(min=100, help="Synthetic accounts.")] = 3_000,
    weeks: Annotated[int, typer.Option(min=1, max=10, help="Weeks to play.")] = 4,
) -> None:
    """Play a synthetic season: ingest, detect, issue, decide, appeal, settle, publish, verify.

    The season lies in the future, so that its formulas are sealed before their windows open, and
    its home is a rehearsal, in which the clock may be set.

    Example: winnow demo --accounts 3000 --weeks 4
    """
    folder = folder.absolute()
    _clear(folder)
    print_line(f"A synthetic season of {weeks} weeks with {count(accounts)} accounts, in {folder}")
    _show(_play(folder, invocation(ctx).settings, accounts, weeks))


def _clear(folder: Path) -> None:
    """Remove an earlier demonstration, and nothing else."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    home = folder / "home"
    if not (home.exists() and open_home(home).rehearsal):
        raise HomeError(f"{str(folder)!r} holds something that is no demo; name another --folder")
    shutil.rmtree(folder)


def _play(folder: Path, settings: Settings, accounts: int, weeks: int) -> Played:
    started = time.perf_counter()
    narrator = _Narrator()
    calendar = _calendar(real_now(), weeks)
    plan = SeasonPlan(SEED, accounts, weeks, calendar.opens.date(), calendar.first_cutoff.date())
    with narrator.step("draw a synthetic season: traders, farms and innocent look-alikes"):
        written = simulate(plan, folder / "feed", flaws=True)
    with narrator.step("make a rehearsal home, draw and seal a formula for every week"):
        home, keys = make_home(folder / "home", settings, calendar)
    played: list[WeekRun] = []
    for week in calendar.all_weeks():
        files = [path for path in sorted(written.events.iterdir()) if _belongs(path, week)]
        with narrator.step(f"{week.label}: ingest, detect, issue"):
            played.append(run_week(home, keys, week, files))
        if week.number == min(_MODERATED, weeks):
            with narrator.step("moderators decide, give notice, and answer appeals"):
                moderated = moderate(home, keys, week.issue_at + timedelta(hours=8))
    end = max(moderated.appeals_end, calendar.week(weeks).issue_at)
    with narrator.step("settle: what nobody can appeal any more is spread over the others"):
        settled = settle_after(home, keys, moderated, end)
    with narrator.step("publish a read-only file for analysts"):
        publication = publish(home, load_seasons(home), end)
    with narrator.step("verify: recompute every week from its events, to the byte"):
        verification = verify(home, keys)
    seconds = time.perf_counter() - started
    return Played(
        home, written, tuple(played), moderated, settled, publication, verification, seconds
    )


def _calendar(now: datetime, weeks: int) -> Calendar:
    """Return a season that opens on the next Thursday but one, so that nothing is sealed late."""
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    opens = midnight + timedelta(days=(3 - midnight.weekday()) % 7 + 7)
    return Calendar(1, opens, opens + WEEK, weeks)


def _belongs(path: Path, week: Week) -> bool:
    """Whether the feed delivers a file by the end of a week and after the one before."""
    found = _DAY.search(path.name)
    if found is None:
        return False
    day = date.fromisoformat(found[0])
    first_week = week.number == 1
    return day < week.end.date() and (first_week or day >= week.start.date())


def _show(played: Played) -> None:
    _show_weeks(played)
    _show_ingest(played)
    show_enforcement(played.home, played.moderated, played.settled)
    _show_cases(played)
    verification = played.verification
    wrong = [f"{finding.subject}: {finding.detail}" for finding in verification.findings]
    print_facts(
        "Verified",
        (
            ("batches", f"{verification.batches}, signed, each adding up to zero"),
            ("replayed to the byte", ", ".join(verification.weeks_replayed)),
            ("findings", "; ".join(wrong) or "none"),
        ),
    )
    _show_places(played)


def _show_weeks(played: Played) -> None:
    print_table(
        "Every week whole, and once",
        ("week", "rows taken", "points issued", "owners", "of it held", "cases"),
        [
            (
                of.week.label,
                count(of.ingested.total.accepted),
                points(of.issued.issued_micropoints),
                count(of.issued.owners),
                points(of.issued.held_micropoints),
                count(of.detected.cases),
            )
            for of in played.weeks
        ],
        numbers=("rows taken", "points issued", "owners", "of it held", "cases"),
    )


def _show_ingest(played: Played) -> None:
    reasons: dict[str, int] = {}
    for of in played.weeks:
        for reason, rows in of.ingested.reasons():
            reasons[reason] = reasons.get(reason, 0) + rows
    duplicate = sum(of.ingested.total.duplicate for of in played.weeks)
    print_table(
        "What ingest did not take, and why (bad rows are planted)",
        ("reason", "rows"),
        [("duplicate, changes nothing", count(duplicate))]
        + [(reason, count(rows)) for reason, rows in sorted(reasons.items())],
        numbers=("rows",),
    )


def _show_cases(played: Played) -> None:
    with warehouse(played.home, read_only=True) as connection:
        queue = list_cases(connection, "open")
        involved = involved_owners(connection)
        held = held_lines(ledger.balances(connection, under=HELD))
    by_case = (
        held.join(involved, left_on="subject", right_on="owner_id")
        .group_by("case_id")
        .agg(pl.col("micropoints").sum().alias("held"))
    )
    shown = queue.join(by_case, on="case_id", how="left", maintain_order="left").head(_CASES_SHOWN)
    rows = shown.select(
        "case_id", "accounts", "owners", "families", "score", pl.col("held").fill_null(0)
    ).iter_rows()
    print_table(
        f"Cases wait for a moderator: the first {shown.height} of {queue.height}; "
        "nothing is decided by itself",
        ("case", "accounts", "owners", "families of evidence", "score", "points held"),
        [
            (
                case,
                count(accounts),
                count(owners),
                ", ".join(families),
                f"{score:.2f}",
                points(sum_),
            )
            for case, accounts, owners, families, score, sum_ in rows
        ],
        numbers=("accounts", "owners", "score", "points held"),
    )


def _show_places(played: Played) -> None:
    home = played.home.root
    print_facts(
        f"A synthetic season, played in {played.seconds:.0f} s",
        (
            ("event files", str(played.written.events)),
            ("who is who", f"{played.written.truth}  (the simulator's; nothing above has seen it)"),
            ("home", str(home)),
            ("keys", f"{key_folder(home)}  (beside the home, never in it)"),
            ("for analysts", str(played.home.published / "current.duckdb")),
        ),
    )
    with warehouse(played.home, read_only=True) as connection:
        queue = list_cases(connection, "open")
    first = [*played.settled.cases, *queue["case_id"]][:1]
    called = f"{_from_here(Path(sys.argv[0]))} --home {shlex.quote(_from_here(home))}"
    print_line("Try next")
    for command in (
        f"cases show {first[0]}" if first else "cases list",
        "policy preview",
        "leaderboard --season 1",
        "verify --replay",
    ):
        print_line(f"  {called} {command}")


def _from_here(path: Path) -> str:
    """Return a path as one would type it in this folder."""
    absolute = path.absolute()
    here = Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
