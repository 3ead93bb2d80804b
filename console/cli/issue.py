"""`winnow issue` issues a week, once."""

from typing import Annotated

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, points, print_facts, print_json
from jobs.issue import Issued
from jobs.issue import issue as issue_week
from jobs.preview import Preview, preview_sealed
from jobs.season_files import calendars, load_seasons
from seasons.calendar import find_week


def issue(
    ctx: typer.Context,
    week: Annotated[str, typer.Argument(help="Which week, as in S1W05.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what it would pay now; write nothing.")
    ] = False,
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
    if preview:
        _show_preview(preview_sealed(called.home, called.keys, wanted, called.now()), as_json)
        return
    issued = issue_week(
        called.home, called.keys, wanted, called.now(), accept_missing=accept_missing
    )
    if as_json:
        print_json(issued)
        return
    _show(issued)


def _show_preview(found: Preview, as_json: bool) -> None:
    """Show the totals alone: numbers of a pool belong to whoever holds the formula."""
    if as_json:
        print_json(
            {
                "week": found.week,
                "preview": True,
                "issued_micropoints": found.issued_micropoints,
                "owners": found.owners,
                "held_micropoints": found.held_micropoints,
                "excluded_owners": found.excluded_owners,
                "books_closed": found.closed,
            }
        )
        return
    print_facts(
        f"{found.week} would be issued so; nothing is written",
        (
            ("points", points(found.issued_micropoints)),
            ("owners", f"{count(found.owners)}, {count(found.excluded_owners)} are not eligible"),
            ("held", points(found.held_micropoints)),
            ("books", "closed" if found.closed else "open: more events may come"),
        ),
    )


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
