"""`winnow settle` makes cases final whose appeals are over, and spreads what they took."""

from typing import Annotated

import typer

from console.cli.invocation import AsJson, instant, invocation
from console.cli.rendering import (
    count,
    counted,
    points,
    print_facts,
    print_json,
    print_line,
    print_table,
)
from jobs.settle import Settled, preview_settlement
from jobs.settle import settle as settle_due


def settle(
    ctx: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="T", help="Appeals that end by then are over; default: now."),
    ] = None,
    preview: Annotated[bool, typer.Option(help="Only say what it would do.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make final what nobody can appeal any more, and spread its escrow over the week's owners.

    Each case is settled once; a second run finds nothing to do.

    Example: winnow settle --preview
    """
    called = invocation(ctx)
    now = called.now()
    until = now if as_of is None else instant(as_of, "--as-of")
    if preview:
        settled = preview_settlement(called.home, as_of=until)
    else:
        settled = settle_due(called.home, called.keys, as_of=until, now=now)
    if as_json:
        print_json(_document(settled, preview=preview))
        return
    _show(settled, preview=preview)


def _show(settled: Settled, *, preview: bool) -> None:
    if settled.key is None:
        print_line("nothing is due: no case is past its last day for appeals with all answered")
        return
    told = "would become" if preview else "became"
    print_facts(
        f"{counted(len(settled.cases), 'case', 'cases')} {told} final",
        (
            ("key", settled.key),
            ("seized of later weeks", points(settled.seized_micropoints)),
            ("released", points(settled.released_micropoints)),
            ("spread", points(settled.redistributed_micropoints)),
        ),
    )
    print_table(
        "By week that the points came from",
        ("week", "to owners", "owners", "to the reserve"),
        [
            (
                f"S{week.season}W{week.week:02d}",
                points(week.to_owners_micropoints),
                count(week.owners),
                points(week.to_reserve_micropoints),
            )
            for week in settled.weeks
        ],
        numbers=("to owners", "owners", "to the reserve"),
    )


def _document(settled: Settled, *, preview: bool) -> dict[str, object]:
    return {
        "key": settled.key,
        "preview": preview,
        "cases": list(settled.cases),
        "seized_micropoints": str(settled.seized_micropoints),
        "released_micropoints": str(settled.released_micropoints),
        "redistributed_micropoints": str(settled.redistributed_micropoints),
        "weeks": [
            {
                "week": f"S{week.season}W{week.week:02d}",
                "to_owners_micropoints": str(week.to_owners_micropoints),
                "to_reserve_micropoints": str(week.to_reserve_micropoints),
                "owners": week.owners,
            }
            for week in settled.weeks
        ],
        "batches": list(settled.batches),
    }
