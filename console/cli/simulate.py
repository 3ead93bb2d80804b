"""`winnow simulate` writes a synthetic season as event files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.cli.invocation import AsJson
from console.cli.rendering import count, print_facts, print_json
from simulator.files import FileFormat
from simulator.flaws import FLAWS
from simulator.season import SeasonPlan
from simulator.simulation import Written
from simulator.simulation import simulate as write_season
from warehouse.errors import HomeError

_DAYS = ["%Y-%m-%d"]


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the event files.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")],
    accounts: Annotated[int, typer.Option(help="Accounts in all, from 100.")] = 3_000,
    weeks: Annotated[int, typer.Option(min=1, help="Weekly windows.")] = 4,
    opens: Annotated[
        datetime, typer.Option(formats=_DAYS, help="Day on which the first window opens.")
    ] = datetime(2025, 3, 21, tzinfo=UTC),
    first_cutoff: Annotated[
        datetime, typer.Option(formats=_DAYS, help="Day on which it ends.")
    ] = datetime(2025, 3, 27, tzinfo=UTC),
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="How the event files are written.")
    ] = FileFormat.PARQUET,
    flaws: Annotated[bool, typer.Option(help="Add a few bad rows, as feeds send them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a synthetic season as event files, and the truth about it beside them.

    Example: winnow simulate ./events --seed 7 --accounts 3000 --weeks 4
    """
    try:
        plan = SeasonPlan(seed, accounts, weeks, opens.date(), first_cutoff.date())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        written = write_season(plan, out, file_format=file_format, flaws=flaws)
    except FileExistsError as error:
        raise HomeError(str(error)) from error
    bad = sum(flaw.rows for flaw in FLAWS) if flaws else 0
    if as_json:
        _print_machine(plan, written, bad)
    else:
        _print_people(plan, written, bad)


def _print_machine(plan: SeasonPlan, written: Written, bad: int) -> None:
    print_json(
        {
            "synthetic": True,
            "seed": plan.seed,
            "events": written.events,
            "truth": written.truth,
            "accounts": written.accounts,
            "farmed_accounts": written.farmed,
            "days": plan.days,
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
            ("synthetic accounts of farms", count(written.farmed)),
            *facts,
        ),
    )
