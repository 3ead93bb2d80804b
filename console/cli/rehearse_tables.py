"""A report of a rehearsal in the terminal."""

from console.cli.rendering import counted, print_facts, print_line, print_table
from rehearsal.scoring.report import Report
from rehearsal.tables import all_tables
from rehearsal.wording import percent


def show_report(report: Report) -> None:
    """Print a report: what was played, a table a question, and what to bear in mind."""
    print_facts("Rehearsal of synthetic seasons", _played(report))
    for finding in report.findings:
        print_line(f"- {finding}")
    for table in all_tables(report):
        print_line("")
        first, *numbers = table.columns
        print_table(table.title, table.columns, table.rows, numbers=numbers, prose=first)
        if table.note:
            print_line(table.note)
    print_line("")
    for caveat in report.caveats:
        print_line(caveat)


def _played(report: Report) -> tuple[tuple[str, str], ...]:
    accounts = counted(report.accounts, "account", "accounts")
    cases = counted(report.review_budget, "case", "cases")
    replayed = counted(report.replayed, "week", "weeks")
    return (
        ("seeds", ", ".join(map(str, report.seeds))),
        ("each", f"{accounts}, {counted(report.weeks, 'week', 'weeks')}"),
        ("moderators", f"up to {cases} a week, wrong in {percent(report.error_bps / 10_000)}"),
        (
            "verified",
            f"{replayed} replayed, {counted(len(report.findings), 'finding', 'findings')}",
        ),
    )
