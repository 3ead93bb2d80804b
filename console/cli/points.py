"""`winnow points` and `winnow leaderboard` look points up."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Annotated, Any

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import (
    count,
    moment,
    points,
    print_facts,
    print_json,
    print_line,
    print_table,
)
from jobs.points import REASONS, OwnerPoints, WeekPoints, points_of
from jobs.points import leaderboard as standings_of
from warehouse.instants import from_stored

COLUMNS = ("own", "held", "in escrow", "redistributed", "dropped")


def points_command(
    ctx: typer.Context,
    owner: Annotated[str, typer.Argument(help="Whose points.")],
    as_json: AsJson = False,
) -> None:
    """Show an owner's points by week, and the entries and reasons that they are made of.

    What was redistributed or dropped to them is part of their own.

    Example: winnow points trader-17
    """
    found = points_of(invocation(ctx).home, owner)
    if as_json:
        print_json(_document(found))
        return
    if not found.known:
        print_line(
            f"no entry for {found.owner!r}; owners who earned are in: winnow leaderboard --limit 0"
        )
        return
    total = found.total
    print_facts(f"Points of {found.owner}", zip(COLUMNS, _amounts(total), strict=True))
    print_table(
        "By week",
        ("week", *COLUMNS),
        [(week.week, *_amounts(week)) for week in found.weeks],
        numbers=COLUMNS,
    )
    _show_entries(found)


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
        print_json(_texts(shown.iter_rows(named=True)))
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


def _amounts(week: WeekPoints) -> tuple[str, ...]:
    return tuple(
        points(getattr(week, field.name)) for field in fields(week) if field.name != "week"
    )


def _show_entries(found: OwnerPoints) -> None:
    print_table(
        "Entries, oldest first",
        ("week", "written", "account", "points", "why"),
        [
            (
                f"S{row['season']}W{row['week']:02d}",
                moment(from_stored(row["created_at"])),
                row["account"].partition(":")[0],
                points(row["micropoints"]),
                REASONS.get(row["reason"], row["reason"]),
            )
            for row in found.entries.iter_rows(named=True)
        ],
        numbers=("points",),
        prose="why",
    )
    if not found.owed.is_empty():
        print_table(
            "Owed: memos, part of no sum",
            ("week", "owed", "points", "why"),
            [
                (
                    f"S{row['season']}W{row['week']:02d}",
                    row["direction"].replace("_", " "),
                    points(row["micropoints"]),
                    row["reason"],
                )
                for row in found.owed.iter_rows(named=True)
            ],
            numbers=("points",),
            prose="why",
        )


def _document(found: OwnerPoints) -> dict[str, Any]:
    return {
        "owner": found.owner,
        "known": found.known,
        **_sums(found.total),
        "weeks": [{"week": week.week, **_sums(week)} for week in found.weeks],
        "entries": _texts(found.entries.iter_rows(named=True)),
        "owed": _texts(found.owed.iter_rows(named=True)),
    }


def _sums(week: WeekPoints) -> dict[str, str]:
    return {
        field.name: str(getattr(week, field.name)) for field in fields(week) if field.name != "week"
    }


def _texts(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with their amounts as texts: JSON numbers lose digits in some readers."""
    return [row | {"micropoints": str(row["micropoints"])} for row in rows]
