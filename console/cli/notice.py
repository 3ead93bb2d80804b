"""`winnow cases notice` writes what owners are told, as files."""

from datetime import datetime
from typing import Annotated

import typer

from console.cli.invocation import AsJson, Invocation, invocation
from console.cli.rendering import count, moment, print_facts, print_json, print_line, print_table
from jobs.notice import Noticed, Sheet, cases_with_notices_due, give_notice, preview_notice


def notice(
    ctx: typer.Context,
    by: Annotated[str, typer.Option(help="Who gives notice; it is stored for good.")],
    case_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Which case; or give --all.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every case with a notice due.")] = False,
    preview: Annotated[bool, typer.Option(help="Only show what would be written.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the notices that are due, and open the appeals against a decision.

    One for each owner concerned and for each decision, answer to an appeal, withdrawal or
    dismissal: a JSON file and a text below notices/ in the home.

    Example: winnow cases notice C-1a2b3c4d --by anna --preview
    """
    if (case_id is None) == (not every):
        raise typer.BadParameter("name one case, or give --all")
    called = invocation(ctx)
    now = called.now()
    cases = cases_with_notices_due(called.home) if case_id is None else (case_id,)
    if preview:
        _preview(called, cases, now, as_json=as_json)
        return
    given = [give_notice(called.home, called.keys, case, by=by, now=now) for case in cases]
    if as_json:
        print_json(given)
        return
    _show(called, given)


def _preview(called: Invocation, cases: tuple[str, ...], now: datetime, *, as_json: bool) -> None:
    sheets: list[Sheet] = []
    for case in cases:
        sheets += preview_notice(called.home, called.keys, case, now)
    if as_json:
        print_json([sheet.document for sheet in sheets])
        return
    for sheet in sheets:
        print_line(f"--- {sheet.path.relative_to(called.home.root)}.txt")
        print_line(sheet.text)
    if not sheets:
        print_line("no notice is due")


def _show(called: Invocation, given: list[Noticed]) -> None:
    if len(given) == 1:
        (only,) = given
        print_facts(
            f"Case {only.case}",
            (
                ("notices", count(len(only.notices) // 2) if only.notices else "given already"),
                ("appeals until", moment(only.until) if only.until else "none are open"),
                ("folder", str(called.home.notices / only.case)),
            ),
        )
        return
    print_table(
        f"{count(len(given))} cases with notices due",
        ("case", "notices", "appeals until"),
        [
            (
                noticed.case,
                count(len(noticed.notices) // 2),
                moment(noticed.until) if noticed.until else "none are open",
            )
            for noticed in given
        ],
        numbers=("notices",),
    )
