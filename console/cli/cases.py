"""`winnow cases` is the moderators' queue in the terminal."""

from pathlib import Path
from typing import Annotated, Any

import typer

from console.cli import deciding
from console.cli.deciding import CaseArgument
from console.cli.invocation import AsJson, invocation, require_folder, require_unused, write_private
from console.cli.notice import notice
from console.cli.opening import open_
from console.cli.rendering import count, print_json, print_table
from console.cli.showing import document, show_case
from console.picture import draw
from detection.picture import lay_out
from jobs.explain import ROWS_SHOWN, Asked, read_case
from warehouse.cases import list_cases
from warehouse.connection import warehouse

cases_app = typer.Typer(
    help="List, read and decide the cases that detection opened, and answer appeals.",
    no_args_is_help=True,
    add_completion=False,
)


@cases_app.command("list")
def list_(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option(help="Only cases in this state, as in open or noticed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the cases, the most evidence first.

    Example: winnow cases list --state open
    """
    with warehouse(invocation(ctx).home, read_only=True) as connection:
        cases = list_cases(connection, state)
    if as_json:
        print_json(cases.to_dicts())
        return
    print_table(
        f"{count(cases.height)} cases",
        ("case", "state", "score", "accounts", "owners", "families", "came by", "opened"),
        [_line(case) for case in cases.iter_rows(named=True)],
        numbers=("score", "accounts", "owners"),
        prose="families",
    )


@cases_app.command()
def show(
    ctx: typer.Context,
    case_id: CaseArgument,
    rows: Annotated[
        bool, typer.Option("--rows", help="The events behind what was observed, by their ids.")
    ] = False,
    timeline: Annotated[
        bool,
        typer.Option(
            "--timeline", help="What the pairs with the strongest evidence of orders traded."
        ),
    ] = False,
    family: Annotated[
        str | None, typer.Option(metavar="<name>", help="Rows of this family alone.")
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="<owner>",
            help="Rows and timelines of this owner alone; name two for what is between them.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, max=100_000, help="Most rows of an observation or timeline.")
    ] = ROWS_SHOWN,
    picture: Annotated[
        Path | None, typer.Option(metavar="<file>", help="Draw the case into this new SVG file.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file of --picture if it is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was observed in a case, and what speaks against it.

    Example: winnow cases show C-1a2b3c4d --rows --family device
    """
    require_folder(picture)
    require_unused(picture, force=force)
    asked = Asked(rows, timeline, family, tuple(of or ()), most)
    reading = read_case(invocation(ctx).home, case_id, asked)
    if picture is not None:
        explanation = reading.explanation
        drawn = draw(lay_out(explanation.observed, explanation.strengths), case_id)
        write_private(picture, drawn, force=force)
    if as_json:
        print_json(document(reading))
        return
    show_case(reading, whole=family is not None or bool(of))


for command in (
    deciding.review,
    deciding.decide,
    deciding.agree,
    deciding.withdraw,
    deciding.appeal,
    deciding.answer,
    deciding.acknowledge,
    notice,
):
    cases_app.command()(command)
cases_app.command("open")(open_)


def _line(case: dict[str, Any]) -> tuple[str, ...]:
    return (
        case["case_id"],
        case["state"],
        f"{case['score']:.3f}",
        count(case["accounts"]),
        count(case["owners"]),
        ", ".join(case["families"]),
        ", ".join(case["routes"]).replace("_", " "),
        f"{case['opened_at']:%Y-%m-%d}",
    )
