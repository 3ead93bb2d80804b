"""`winnow rehearse` plays synthetic seasons through every job, and scores the defence."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from console.cli.invocation import AsJson
from console.cli.rehearse_tables import show_report
from console.cli.rendering import jsonable, print_facts, print_json, print_line
from rehearsal.page import page
from rehearsal.play import BUDGET, ERROR_BPS, Script, play, season_plan
from rehearsal.records import Played
from rehearsal.scoring import score
from rehearsal.scoring.report import TUNING_SEEDS, Report, is_tuning
from seasons.formula_files import parse_formula
from simulator.mix import Mix
from simulator.mix_files import read_mix
from simulator.people import check_plan
from warehouse.errors import RehearsalError

_ALL_BPS: Final = 10_000


def rehearse(
    seed: Annotated[
        list[int], typer.Option(min=0, help="Of a season; give it again to pool several.")
    ],
    accounts: Annotated[int, typer.Option(help="Synthetic accounts of each season.")] = 20_000,
    weeks: Annotated[int, typer.Option(min=1, max=52, help="Weeks of each season.")] = 10,
    mix: Annotated[
        Path | None,
        typer.Option(help="TOML: how common each pattern is; see winnow simulate --print-mix."),
    ] = None,
    formula: Annotated[
        Path | None,
        typer.Option(help="TOML: the formula of every week; without, one is drawn."),
    ] = None,
    budget: Annotated[int, typer.Option(min=0, help="Cases that moderators take up a week.")] = (
        BUDGET
    ),
    error_bps: Annotated[
        int,
        typer.Option(min=0, max=_ALL_BPS, help="How often a moderator errs, of 10,000 times."),
    ] = ERROR_BPS,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Write report.json and report.html to this folder."),
    ] = None,
    evaluation: Annotated[
        bool, typer.Option("--evaluation", help="Refuse seeds that are for tuning, 0 to 99.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Recompute every week from its events at the end.")
    ] = False,
    model: Annotated[
        bool,
        typer.Option(help="Look at leads, and train a model a week that rules a week later."),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Keep the homes of the seasons in this new folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play synthetic seasons week by week, moderators included, and score what came of them.

    Detection sees events alone, never which account is whose; nobody in these seasons is real.

    Example: winnow rehearse --seed 7 --accounts 3000 --weeks 4 --out report
    """
    if evaluation:
        refuse_tuning_seeds(seed)
    scripts = _scripts(seed, (accounts, weeks), mix, formula)
    scripts = [
        replace(one, budget=budget, error_bps=error_bps, replay=verify, model=model)
        for one in scripts
    ]
    if keep is not None:
        _refuse_used(keep)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with _stage(keep) as folder:
        report = score([_play(script, folder) for script in scripts])
    _hand_over(_Handing(report, evaluation, out), as_json=as_json)


def refuse_tuning_seeds(seeds: list[int]) -> None:
    """Refuse to call it an evaluation where a seed is one of those for tuning.

    Raises:
        RehearsalError: Names the first of them.
    """
    tuning = sorted(seed for seed in seeds if is_tuning(seed))
    if tuning:
        raise RehearsalError(
            f"seed {tuning[0]!r} is one of those for tuning, {TUNING_SEEDS.start} to "
            f"{TUNING_SEEDS.stop - 1}: tests and thresholds may be fitted to them, so a run on "
            f"them is no evaluation; take {TUNING_SEEDS.stop} or above"
        )


@dataclass(frozen=True)
class _Handing:
    """A report, what it may be called, and where it goes."""

    report: Report
    evaluation: bool
    out: Path | None


def _scripts(
    seeds: list[int], size: tuple[int, int], mix: Path | None, formula: Path | None
) -> list[Script]:
    """Return what is to be played, checked before anything is.

    Raises:
        RehearsalError: A seed is there twice, or the season or its mix cannot be played.
        FormulaError: The formula is wrong.
        OSError: A file cannot be read.
    """
    if len(set(seeds)) < len(seeds):
        raise RehearsalError(f"a seed is there twice among {seeds!r}; play each once")
    text = None if formula is None else _text(formula)
    if text is not None:
        parse_formula(text)
    mix_text = None if mix is None else _text(mix)
    try:
        chosen = Mix() if mix_text is None else read_mix(mix_text)
        plans = [season_plan(seed, *size, chosen) for seed in seeds]
        for plan in plans:
            check_plan(plan)
    except ValueError as error:
        raise RehearsalError(str(error)) from error
    return [Script(plan, formula=text) for plan in plans]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RehearsalError(f"{path.name!r} is not UTF-8 text") from error


def _refuse_used(keep: Path) -> None:
    if keep.exists() and any(keep.iterdir()):
        raise RehearsalError(f"{str(keep)!r} is not empty; name a new folder for --keep")


@contextmanager
def _stage(keep: Path | None) -> Iterator[Path]:
    """Yield a folder to play in: one that is kept, or one that is gone afterwards."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="winnow-rehearsal-") as folder:
            yield Path(folder)
        return
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.absolute()


def _play(script: Script, folder: Path) -> Played:
    """Play one season and say on standard error what was done."""
    console = Console(stderr=True, highlight=False)
    seed, started = script.plan.seed, time.perf_counter()
    console.print(
        f"seed {seed}: a synthetic season of {script.plan.accounts:,} accounts "
        f"and {script.plan.weeks} weeks"
    )
    with console.status(f"seed {seed}") as status:

        def tell(said: str) -> None:
            console.print(f"  [dim]{time.perf_counter() - started:6.1f} s[/dim]  {said}")
            status.update(f"seed {seed}: after {said.partition(':')[0]}")

        return play(script, folder / f"seed-{seed}", tell)


def _hand_over(handing: _Handing, *, as_json: bool) -> None:
    """Write the files of a report, and show it."""
    document: dict[str, Any] = {
        "synthetic": True,
        "evaluation": handing.evaluation,
        **jsonable(handing.report),
    }
    files = []
    if handing.out is not None:
        written = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        for name, text in (("report.json", written), ("report.html", page(handing.report))):
            (handing.out / name).write_text(text, encoding="utf-8")
            files.append((name, str((handing.out / name).absolute())))
    if as_json:
        print_json(document)
        return
    show_report(handing.report)
    if handing.evaluation:
        print_line("An evaluation, as far as a synthetic season is one: see what stands above.")
    if files:
        print_facts("Written", files)
