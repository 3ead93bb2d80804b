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
    print_warning,
)
from jobs.settle import Settled, WeekSettled, preview_settlement
from jobs.settle import settle as settle_due
from warehouse.connection import warehouse
from warehouse.formulas import commitments
from warehouse.home import Home


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

    Each case is settled once; a second run finds nothing to do. From what is spread of a week whose
    formula is not revealed, a referrer's share can be computed: such weeks are named.

    Example: winnow settle --preview
    """
    called = invocation(ctx)
    now = called.now()
    until = now if as_of is None else instant(as_of, "--as-of")
    if preview:
        settled = preview_settlement(called.home, as_of=until)
    else:
        settled = settle_due(called.home, called.keys, as_of=until, now=now)
    hidden = _hidden_weeks(called.home, settled)
    if hidden:
        print_warning(
            f"the formula of {', '.join(hidden)} is not revealed yet, and amounts are public: from "
            "what is spread of a week, a referrer's share can be computed. A week that is revealed "
            "before its cases are settled gives nothing away by it"
        )
    if settled.waiting:
        print_warning(
            f"{counted(len(settled.waiting), 'case waits', 'cases wait')} for a second person: one "
            "decided alone, and more is taken by now than one alone may take: "
            + "; ".join(f"winnow cases agree {case_id}" for case_id in settled.waiting)
        )
    if as_json:
        print_json(_document(settled, preview=preview) | {"weeks_not_revealed": list(hidden)})
        return
    _show(settled, preview=preview)


def _hidden_weeks(home: Home, settled: Settled) -> tuple[str, ...]:
    """Return the labels of the weeks that are spread and whose formula is not revealed yet.

    See `warehouse/sql/views/entries.sql`. Points of the season as a whole (week 0) follow no
    formula, so nothing of them is hidden.
    """
    with warehouse(home, read_only=True) as connection:
        revealed = {(one.season, one.week) for one in commitments(connection) if one.reveal}
    spread = [week for week in settled.weeks if week.week != 0]
    return tuple(_label(week) for week in spread if (week.season, week.week) not in revealed)


def _label(week: WeekSettled) -> str:
    return f"S{week.season}W{week.week:02d}"


def _show(settled: Settled, *, preview: bool) -> None:
    if settled.key is None:
        if not settled.waiting:
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
                _label(week),
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
        "waiting_for_a_second_person": list(settled.waiting),
        "seized_micropoints": str(settled.seized_micropoints),
        "released_micropoints": str(settled.released_micropoints),
        "redistributed_micropoints": str(settled.redistributed_micropoints),
        "weeks": [
            {
                "week": _label(week),
                "to_owners_micropoints": str(week.to_owners_micropoints),
                "to_reserve_micropoints": str(week.to_reserve_micropoints),
                "owners": week.owners,
            }
            for week in settled.weeks
        ],
        "batches": list(settled.batches),
    }
