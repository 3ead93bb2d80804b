"""`winnow points` and `winnow leaderboard` look points up."""

from typing import Annotated

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, points, print_facts, print_json, print_line, print_table
from jobs.points import OwnerPoints, points_of
from jobs.points import leaderboard as standings_of


def points_command(
    ctx: typer.Context,
    owner: Annotated[str, typer.Argument(help="Whose points.")],
    as_json: AsJson = False,
) -> None:
    """Show an owner's points by week, and the entries that they are made of.

    Example: winnow points trader-17
    """
    found = points_of(invocation(ctx).home, owner)
    if as_json:
        _print_machine(found)
        return
    if not found.known:
        print_line(
            f"no entry for {found.owner!r}; owners who earned are in: winnow leaderboard --limit 0"
        )
        return
    print_facts(
        f"Points of {found.owner}",
        (("theirs", points(found.own_micropoints)), ("held", points(found.held_micropoints))),
    )
    print_table(
        "By week",
        ("week", "theirs", "held"),
        [
            (week.week, points(week.own_micropoints), points(week.held_micropoints))
            for week in found.weeks
        ],
        numbers=("theirs", "held"),
    )


def leaderboard(
    ctx: typer.Context,
    season: Annotated[int, typer.Option(min=1, help="Which season.")] = 1,
    limit: Annotated[int, typer.Option(min=0, help="How many lines; 0 for all.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the standings of a season: rank, owner, points and tier.

    Example: winnow leaderboard --season 1 --limit 20
    """
    found = standings_of(invocation(ctx).home, season)
    shown = found.head(limit) if limit else found
    if as_json:
        print_json(
            [row | {"micropoints": str(row["micropoints"])} for row in shown.iter_rows(named=True)]
        )
        return
    print_table(
        f"Season {season}: {count(shown.height)} of {count(found.height)} owners",
        ("rank", "owner", "points", "tier"),
        [
            (count(row["rank"]), row["owner_id"], points(row["micropoints"]), row["tier"])
            for row in shown.iter_rows(named=True)
        ],
        numbers=("rank", "points"),
    )


def _print_machine(found: OwnerPoints) -> None:
    print_json(
        {
            "owner": found.owner,
            "known": found.known,
            "own_micropoints": str(found.own_micropoints),
            "held_micropoints": str(found.held_micropoints),
            "weeks": [
                {
                    "week": week.week,
                    "own_micropoints": str(week.own_micropoints),
                    "held_micropoints": str(week.held_micropoints),
                }
                for week in found.weeks
            ],
            "entries": [
                row | {"micropoints": str(row["micropoints"])}
                for row in found.entries.iter_rows(named=True)
            ],
        }
    )
