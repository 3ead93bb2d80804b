"""`winnow policy …`: what the enforcement policy says, and what it would do."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import (
    count,
    counted,
    points,
    print_facts,
    print_json,
    print_line,
    print_list,
    print_table,
)
from jobs.policy import InForce, PolicyPreview, load_policy, preview_policy, read_policy
from seasons.policy_sentences import explain

policy_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Explain the enforcement policy, and try it out.",
)

PolicyFile = Annotated[
    Path | None,
    typer.Argument(
        exists=True, dir_okay=False, help="A policy file, TOML; the home's where none is named."
    ),
]

SHOWN_CASES = 10


@policy_app.command()
def show(ctx: typer.Context, file: PolicyFile = None, as_json: AsJson = False) -> None:
    """Check a policy file and say in sentences what it does.

    Needs no home where a file is named.

    Example: winnow policy show policy.toml
    """
    read = _read(ctx, file)
    sentences = explain(read.policy)
    if as_json:
        policy = read.policy.model_dump(mode="json", exclude_none=True)
        print_json({**policy, "sha256": read.sha256, "sentences": sentences})
        return
    print_facts(f"Policy {read.policy.version}", (("SHA-256", read.sha256),))
    print_list("What it says", sentences)


@policy_app.command()
def preview(ctx: typer.Context, file: PolicyFile = None, as_json: AsJson = False) -> None:
    """Say what a policy would do if every undecided case were confirmed whole, rule by rule.

    Nothing is changed. Points held because of several cases are counted once, under the rule that
    leaves least of them.

    Example: winnow policy preview policy.toml
    """
    seen = preview_policy(invocation(ctx).home, _read(ctx, file).policy)
    if as_json:
        print_json(_exact(seen))
        return
    _show_preview(seen)


def _read(ctx: typer.Context, file: Path | None) -> InForce:
    return load_policy(invocation(ctx).home) if file is None else read_policy(file.read_bytes())


def _exact(seen: PolicyPreview) -> dict[str, object]:
    """Return a preview with micropoints as strings: JSON readers lose digits beyond 2⁵³."""
    return {
        "version": seen.version,
        "cases": seen.cases,
        "owners": seen.owners,
        "held_micropoints": str(seen.held_micropoints),
        "kept_micropoints": str(seen.kept_micropoints),
        "seized_micropoints": str(seen.seized_micropoints),
        "elsewhere_micropoints": str(seen.elsewhere_micropoints),
        "two_people": seen.two_people,
        "rules": [
            {
                "rule": rule.rule,
                "keep_bps": rule.keep_bps,
                "cases": rule.cases,
                "owners": rule.owners,
                "held_micropoints": str(rule.held_micropoints),
                "kept_micropoints": str(rule.kept_micropoints),
                "seized_micropoints": str(rule.seized_micropoints),
            }
            for rule in seen.rules
        ],
    }


def _show_preview(seen: PolicyPreview) -> None:
    print_table(
        f"What policy {seen.version} would do to {counted(seen.cases, 'case', 'cases')}, "
        "were each confirmed whole",
        ("rule", "keeps", "cases", "owners", "held", "kept", "seized"),
        [*_rows(seen), _total(seen)],
        numbers=("keeps", "cases", "owners", "held", "kept", "seized"),
    )
    if seen.elsewhere_micropoints:
        print_line(f"held for decided cases, and not in here: {points(seen.elsewhere_micropoints)}")
    shown = ", ".join(seen.two_people[:SHOWN_CASES])
    more = len(seen.two_people) - SHOWN_CASES
    also = f" and {count(more)} more; --json has all of them" if more > 0 else ""
    print_line(f"two people must decide: {shown or 'none'}{also}")


def _rows(seen: PolicyPreview) -> list[tuple[str, ...]]:
    return [
        (
            rule.rule,
            f"{rule.keep_bps / 100:g} %",
            count(rule.cases),
            count(rule.owners),
            points(rule.held_micropoints),
            points(rule.kept_micropoints),
            points(rule.seized_micropoints),
        )
        for rule in seen.rules
    ]


def _total(seen: PolicyPreview) -> tuple[str, ...]:
    return (
        "together",
        "",
        count(seen.cases),
        count(seen.owners),
        points(seen.held_micropoints),
        points(seen.kept_micropoints),
        points(seen.seized_micropoints),
    )
