"""`winnow simulate` writes a synthetic season as event files."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from console.cli.invocation import AsJson
from console.cli.rendering import count, print_facts, print_json, progress_bar
from jobs.initialise import preset_calendar
from simulator.files import FileFormat
from simulator.flaws import FLAWS
from simulator.mix import Mix
from simulator.mix_files import default_mix_text, read_mix
from simulator.season import SeasonPlan
from simulator.simulation import Written
from simulator.simulation import simulate as write_season
from warehouse.errors import HomeError, SeasonError

WEEKS: Final = 4
_DAYS: Final = ["%Y-%m-%d"]
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class _Dates:
    opens: date
    first_cutoff: date
    weeks: int


def _print_mix(asked: bool) -> None:
    if asked:
        typer.echo(default_mix_text(), nl=False)
        raise typer.Exit


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the event files.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")],
    accounts: Annotated[int, typer.Option(help="Accounts in all, from 100.")] = 3_000,
    weeks: Annotated[
        int | None,
        typer.Option(
            min=1, help="Weekly windows.", show_default=f"{WEEKS}, or all of the preset's season"
        ),
    ] = None,
    mix: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="TOML: how common each pattern is."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Whose calendar the season follows, as of `init`.")
    ] = None,
    season: Annotated[
        int | None, typer.Option(min=1, help="Which season of the preset.", show_default="1")
    ] = None,
    opens: Annotated[
        datetime | None,
        typer.Option(
            formats=_DAYS,
            help="Day on which the first window opens.",
            show_default="that of the first season of the preset backpack",
        ),
    ] = None,
    first_cutoff: Annotated[
        datetime | None,
        typer.Option(
            formats=_DAYS, help="Day on which it ends.", show_default="a week after --opens"
        ),
    ] = None,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="How the event files are written.")
    ] = FileFormat.PARQUET,
    flaws: Annotated[bool, typer.Option(help="Add a few bad rows, as feeds send them.")] = False,
    print_mix: Annotated[
        bool,
        typer.Option(
            "--print-mix",
            callback=_print_mix,
            is_eager=True,
            help="Print a mix file with the shares that hold without one, and stop.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a synthetic season as event files, and the truth about it beside them.

    Example: winnow simulate ./events --seed 7 --accounts 3000 --weeks 4

    On the days of a real season: winnow simulate ./events --seed 7 --preset backpack --season 2

    With shares of one's own: winnow simulate --print-mix > mix.toml, which is edited and then
    given back: winnow simulate ./events --seed 7 --mix mix.toml
    """
    _ = print_mix
    if preset is None and season is not None:
        raise typer.BadParameter("--season names a season of --preset; give that too")
    if preset is not None and (opens or first_cutoff):
        raise typer.BadParameter("--preset has its own dates; leave --opens and --first-cutoff out")
    dates = _preset(preset, season or 1, weeks) if preset else _own(opens, first_cutoff, weeks)
    chosen = Mix() if mix is None else _mix(mix)
    try:
        plan = SeasonPlan(seed, accounts, dates.weeks, dates.opens, dates.first_cutoff, chosen)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    written = _write(plan, out, file_format, flaws=flaws, quiet=as_json)
    bad = sum(flaw.rows for flaw in FLAWS) if flaws else 0
    if as_json:
        _print_machine(plan, written, bad)
    else:
        _print_people(plan, written, bad)


def _own(opens: datetime | None, first_cutoff: datetime | None, weeks: int | None) -> _Dates:
    plan = SeasonPlan(0)
    begins = opens.date() if opens else plan.opens
    usual = begins + _WEEK if opens else plan.first_cutoff
    return _Dates(begins, first_cutoff.date() if first_cutoff else usual, weeks or WEEKS)


def _preset(preset: str, season: int, weeks: int | None) -> _Dates:
    calendar = preset_calendar(preset, season)
    if weeks is not None and weeks > calendar.weeks:
        raise SeasonError(
            f"season {season} of {preset!r} has {calendar.weeks} weeks; it cannot be played for "
            f"{weeks!r}"
        )
    return _Dates(calendar.opens.date(), calendar.first_cutoff.date(), weeks or calendar.weeks)


def _mix(path: Path) -> Mix:
    try:
        return read_mix(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SeasonError(f"the mix file {path.name!r} is not UTF-8 text") from error
    except ValueError as error:
        raise SeasonError(f"{path.name!r}: {error}") from error


def _write(
    plan: SeasonPlan, out: Path, file_format: FileFormat, *, flaws: bool, quiet: bool
) -> Written:
    with progress_bar("synthetic season", quiet=quiet) as move:

        def on_week(number: int) -> None:
            if move is not None:
                move(number, plan.weeks, f"week {number} of {plan.weeks}")

        on_week(0)
        try:
            return write_season(plan, out, file_format=file_format, flaws=flaws, on_week=on_week)
        except (FileExistsError, ValueError) as error:
            raise HomeError(str(error)) from error


def _print_machine(plan: SeasonPlan, written: Written, bad: int) -> None:
    print_json(
        {
            "synthetic": True,
            "seed": plan.seed,
            "events": written.events,
            "truth": written.truth,
            "opens": plan.opens,
            "weeks": plan.weeks,
            "days": plan.days,
            "accounts": written.accounts,
            "farms": written.farms,
            "farmed_accounts": written.farmed,
            "lookalike_accounts": written.lookalikes,
            "patterns": dict(written.patterns),
            "rows": dict(written.rows),
            "bad_rows": bad,
        }
    )


def _print_people(plan: SeasonPlan, written: Written, bad: int) -> None:
    facts = [(kind, count(rows)) for kind, rows in written.rows]
    if bad:
        facts.append(("bad rows added", count(bad)))
    print_facts(
        f"A synthetic season of {count(written.accounts)} accounts over {plan.days} days "
        f"(seed {plan.seed}); nobody in it is real",
        (
            ("event files", str(written.events)),
            ("truth, not to be ingested", str(written.truth)),
            ("synthetic farms", f"{count(written.farms)} with {count(written.farmed)} accounts"),
            ("innocent look-alikes", count(written.lookalikes)),
            *facts,
        ),
    )
