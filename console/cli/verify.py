"""`winnow verify` checks what is stored by a second road."""

from typing import Annotated

import typer

from console.cli import REFUSED
from console.cli.invocation import AsJson, invocation
from console.cli.rendering import (
    counted,
    jsonable,
    print_facts,
    print_json,
    progress_bar,
)
from jobs.verify import Verification
from jobs.verify import verify as check


def verify(
    ctx: typer.Context,
    replay: Annotated[
        bool, typer.Option("--replay", help="Recompute every closed week too; needs the keys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the log, its signatures, every batch and every week's total.

    Example: winnow verify --replay
    """
    called = invocation(ctx)
    with progress_bar("replay", quiet=as_json) as progress:
        found = check(called.home, called.keys if replay else None, progress=progress)
    if as_json:
        print_json({"ok": not found.findings} | jsonable(found))
    else:
        _show(found, replay=replay)
    if found.findings:
        raise typer.Exit(REFUSED)


def _show(found: Verification, *, replay: bool) -> None:
    none = "no week" if replay else "no week; add --replay"
    print_facts(
        "Something differs" if found.findings else "All is as it should be",
        (
            ("log", counted(found.leaves, "leaf", "leaves")),
            ("ledger", counted(found.batches, "batch", "batches")),
            ("replayed", ", ".join(found.weeks_replayed) or none),
        ),
    )
    if found.findings:
        print_facts(
            "Findings",
            ((f"{finding.check}: {finding.subject}", finding.detail) for finding in found.findings),
        )
