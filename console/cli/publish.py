"""`winnow publish` makes the read-only copy for analysts."""

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import print_facts, print_json
from jobs.publish import publish as publish_edition
from jobs.season_files import load_seasons


def publish(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Publish a read-only DuckDB file for analysts, and make it the current one.

    Example: winnow publish --json
    """
    called = invocation(ctx)
    made = publish_edition(called.home, load_seasons(called.home), called.now())
    if as_json:
        print_json(made)
        return
    print_facts(
        f"Edition {made.edition} is published",
        (
            ("file", str(made.path)),
            ("seconds", f"{made.seconds:.1f}, of which {made.held_seconds:.2f} held the warehouse"),
        ),
    )
