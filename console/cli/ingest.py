"""`winnow ingest` takes event files."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli import PARTLY_DONE, REFUSED
from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, counted, print_json, print_line, print_table, progress_bar
from jobs.ingest import ingest as take
from warehouse.ingest import IngestSummary

COUNTS = ("accepted", "duplicate", "late", "quarantined", "digits cut")


def ingest(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if any row or file was not taken.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take event files: Parquet, CSV or NDJSON, of any of the six kinds.

    Rows that break a rule go to quarantine; the rest of their file is taken. Files that were taken
    before change nothing.

    Example: winnow ingest ./events fills-2025-03-21.parquet
    """
    called = invocation(ctx)
    with progress_bar("ingest", quiet=as_json) as progress:
        summary = take(called.home, called.keys.identifier, paths, called.now(), progress=progress)
    if as_json:
        _print_machine(summary)
    else:
        _print_people(summary)
    refused = summary.count("refused")
    if refused and refused == len(summary.files):
        raise typer.Exit(REFUSED)
    if strict and (refused or summary.total.quarantined):
        raise typer.Exit(PARTLY_DONE)


def _print_machine(summary: IngestSummary) -> None:
    print_json(
        {
            "files": summary.files,
            "kinds": dict(summary.kinds()),
            "total": summary.total,
            "quarantined_because": dict(summary.reasons()),
        }
    )


def _print_people(summary: IngestSummary) -> None:
    taken, known = summary.count("taken"), summary.count("known")
    if known and not taken:
        were = "was" if known == 1 else "were"
        print_line(f"nothing new: {counted(known, 'file', 'files')} {were} taken before")
    else:
        _print_counts(
            summary, f"{counted(taken, 'file', 'files')} taken, {count(known)} known before"
        )
    if summary.reasons():
        print_table(
            "Quarantined",
            ("reason", "rows"),
            [(reason, count(number)) for reason, number in summary.reasons()],
            numbers=("rows",),
        )
    for file in (*summary.of("refused"), *summary.of("skipped")):
        print_line(f"{file.outcome}: {file.name}: {file.reason}")


def _print_counts(summary: IngestSummary, title: str) -> None:
    rows = [
        (kind, *map(count, (t.accepted, t.duplicate, t.late, t.quarantined, t.digits_cut)))
        for kind, t in summary.kinds()
    ]
    print_table(title, ("kind", *COUNTS), rows, numbers=COUNTS)
