"""`winnow cases open` opens a case by hand, from a lead or from any cluster."""

from typing import Annotated

import typer

from console.cli.deciding import By, Reason
from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, print_facts, print_json
from jobs.opening import Opening, open_by_hand


def open_(
    ctx: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="CLUSTER|LEAD", help="K-… of the newest detection, or L-….")
    ],
    by: By,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Open a case by hand; from then on its owners' points are held, as in any open case.

    Example: winnow cases open L-1a2b3c4d5e6f --by anna --reason "six accounts that park at once"
    """
    called = invocation(ctx)
    opened = open_by_hand(called.home, called.keys, Opening(subject, by, reason), called.now())
    if as_json:
        print_json(opened)
        return
    print_facts(
        f"Case {opened.case} is open",
        (
            ("cluster", opened.cluster),
            *((("lead", opened.lead),) if opened.lead else ()),
            ("owners", count(opened.owners)),
            *((("follows", opened.follows),) if opened.follows else ()),
        ),
    )
