"""`winnow run` does what is due, and goes on doing so."""

from typing import Annotated

import typer

from console.cli import PARTLY_DONE
from console.cli.invocation import AsJson, invocation
from console.cli.rendering import print_json, print_line, print_table
from jobs.duties import Duties
from jobs.logs import make_logger
from jobs.runner import Attempt, Runner, failures, run_forever, run_once


def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due, then end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Do what is due, each thing once, in order: ingest, detect, issue, settle, publish.

    It goes on until SIGTERM or Ctrl-C, and logs JSON lines to standard error. With --once it exits
    with 3 if something that is due could not be done.

    Example: winnow run --once
    """
    called = invocation(ctx)
    runner = Runner(
        home=called.home,
        work=Duties(called.home, called.keys).by_job(),
        clock=called.now,
        log=make_logger(called.settings.log_level),
    )
    if not once:
        run_forever(runner)
        return
    attempts = run_once(runner)
    if as_json:
        print_json(attempts)
    else:
        _show(attempts)
    if failures(attempts):
        raise typer.Exit(PARTLY_DONE)


def _show(attempts: tuple[Attempt, ...]) -> None:
    if not attempts:
        print_line("Nothing is due.")
        return
    print_table(
        "",
        ("job", "for", "end", "outcome", "seconds"),
        [
            (attempt.job, attempt.period, attempt.end, attempt.outcome, f"{attempt.seconds:.1f}")
            for attempt in attempts
        ],
        numbers=("seconds",),
        prose="outcome",
    )
