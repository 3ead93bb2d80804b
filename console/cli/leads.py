"""`winnow leads` shows what is strange and came before nobody; a lead holds nobody's points."""

from typing import Annotated, Any

import typer

from console.cli.deciding import By, Reason
from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, print_json, print_line, print_list, print_table
from jobs.leads import dismiss as put_aside
from jobs.leads import known_leads
from warehouse.leads import DISMISSED, WAITING, LeadMove

leads_app = typer.Typer(
    help="List what is strange and came before nobody, and put it aside.",
    no_args_is_help=True,
    add_completion=False,
)


@leads_app.command("list")
def list_(
    ctx: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", help="Also those that were put aside or opened.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the leads, clusters before owners, the strangest first.

    Example: winnow leads list
    """
    found = known_leads(invocation(ctx).home, None if every else WAITING)
    if as_json:
        print_json(found.to_dicts())
        return
    leads = found.to_dicts()
    print_table(
        f"{count(len(leads))} leads; they hold nobody's points",
        ("lead", "state", "about", "owners", "strangeness", "in cases", "found by"),
        [_line(lead) for lead in leads],
        numbers=("owners", "strangeness"),
        prose="in cases",
    )
    for lead in leads:
        print_list(f"{lead['lead_id']}: why", lead["said"])


@leads_app.command()
def dismiss(
    ctx: typer.Context,
    lead_id: Annotated[str, typer.Argument(metavar="LEAD", help="Which lead.")],
    by: By,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Put a lead aside; it does not come back, and models learn from it.

    Example: winnow leads dismiss L-1a2b3c4d5e6f --by anna --reason "a trading desk we know"
    """
    called = invocation(ctx)
    aside = LeadMove(lead_id, DISMISSED, by, called.now(), reason)
    put_aside(called.home, called.keys, aside)
    if as_json:
        print_json({"lead": lead_id, "state": DISMISSED})
        return
    print_line(f"Lead {lead_id} is put aside.")


def _line(lead: dict[str, Any]) -> tuple[str, ...]:
    return (
        lead["lead_id"],
        lead["state"],
        f"{lead['kind']} {lead['subject']}",
        count(len(lead["owners"])),
        f"{lead['strangeness']:.3f}",
        ", ".join(lead["in_cases"]),
        lead["run_id"],
    )
