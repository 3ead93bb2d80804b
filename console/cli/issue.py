"""`winnow issue` issues a week, once."""

from typing import Annotated

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, points, print_facts, print_json
from jobs.issue import Issued
from jobs.issue import issue as issue_week
from jobs.season_files import calendars, load_seasons
from seasons.calendar import find_week


def issue(
    ctx: typer.Context,
    week: Annotated[str, typer.Argument(help="Which week, as in S1W05.")],
    accept_missing: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Close the books over a gap, for this reason."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Issue a week: close its books, measure, split the emission, write one signed batch.

    A week is issued once; asked again, the command shows the batch that is there.

    Example: winnow issue S1W05
    """
    called = invocation(ctx)
    wanted = find_week(calendars(load_seasons(called.home)), week)
    issued = issue_week(
        called.home, called.keys, wanted, called.now(), accept_missing=accept_missing
    )
    if as_json:
        print_json(issued)
        return
    _show(issued)


def _show(issued: Issued) -> None:
    print_facts(
        f"{issued.week} was issued before" if issued.already else f"{issued.week} is issued",
        (
            ("points", points(issued.issued_micropoints)),
            ("owners", count(issued.owners)),
            ("held", points(issued.held_micropoints)),
            ("batch", issued.batch),
            ("log root", issued.root),
        ),
    )
