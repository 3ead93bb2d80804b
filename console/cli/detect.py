"""`winnow detect` looks for owners who may be one operator."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.invocation import AsJson, instant, invocation, require_folder
from console.cli.rendering import count, print_facts, print_json, print_warning
from jobs.detect import detect as run_detection


def detect(
    ctx: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="Look at events before this instant, not before the last one; default: now.",
        ),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write a score for every account to this Parquet file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for accounts that may be one operator: evidence, clusters, cases.

    It opens cases and decides none.

    Example: winnow detect --as-of 2025-03-27T00:00:00Z
    """
    called = invocation(ctx)
    require_folder(scores)
    now = called.now()
    found = run_detection(
        called.home, as_of=instant(as_of, "--as-of") if as_of else now, now=now, scores=scores
    )
    if as_json:
        print_json(found)
        return
    print_facts(
        f"Detection {found.run}",
        (
            ("accounts", count(found.accounts)),
            ("evidence", f"{count(found.edges)} edges"),
            ("clusters", count(found.clusters)),
            ("cases", f"{count(found.cases)}, of which {count(found.opened)} are new"),
            ("new by evidence", count(found.opened_by_graph)),
            ("new by the model", count(found.opened_by_model)),
            ("leads", f"{count(found.leads)} new"),
            ("model", found.model or "none rules"),
            *(("shadow", name) for name in found.shadows),
            ("seconds", f"{found.seconds:.1f}"),
        ),
    )
    for refusal in (found.model_refusal, *found.shadow_refusals):
        if refusal:
            print_warning(f"a model was not asked: {refusal}")
