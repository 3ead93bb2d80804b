"""`winnow adjust` and `winnow drop`: points by hand, by two people."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer

from console.cli.invocation import AsJson, Invocation, invocation
from console.cli.rendering import (
    count,
    counted,
    moment,
    points,
    print_facts,
    print_json,
    print_line,
    print_table,
    print_warning,
)
from jobs import proposals
from jobs.adjust import adjust as adjust_week
from jobs.adjust import list_late
from jobs.drop import drop as drop_points
from jobs.hand_files import read_head, read_proposal
from jobs.proposals import Answer
from jobs.season_files import calendars, load_seasons
from seasons.calendar import find_week
from warehouse.proposals import StoredProposal

FileArgument = Annotated[Path | None, typer.Argument(metavar="FILE", help="What is proposed.")]
By = Annotated[str | None, typer.Option(metavar="NAME", help="Who proposes, or agrees to it.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show what it would do; write nothing.")]
Withdraw = Annotated[bool, typer.Option("--withdraw", help="Withdraw what is pending.")]
Pending = Annotated[bool, typer.Option("--pending", help="List what waits for a second person.")]

STRANGERS_SHOWN: Final = 5
TITLES: Final = {
    "preview": "{} would do this; nothing is written",
    "proposed": "{} is proposed; nothing moves until a second person agrees",
    "done": "{} is done",
    "already": "{} was done before",
}


@dataclass(frozen=True)
class _Wish:
    """What a command was asked for: the file, or one of the options."""

    kind: str
    file: Path | None
    by: str | None
    preview: bool
    withdraw: bool
    pending: bool

    def check(self) -> None:
        """Refuse options that say two things at once, or too little."""
        if self.preview + self.withdraw + self.pending > 1:
            raise typer.BadParameter("choose one of --preview, --withdraw and --pending")
        if self.file is None and not self.pending:
            raise typer.BadParameter("FILE is missing")
        if self.by is None and not self.preview and not self.pending:
            raise typer.BadParameter("say who you are with --by NAME, or look with --preview")


def adjust(
    ctx: typer.Context,
    file: FileArgument = None,
    by: By = None,
    preview: Preview = False,
    withdraw: Withdraw = False,
    pending: Pending = False,
    late: Annotated[
        str | None, typer.Option(metavar="WEEK", help="List what came too late for a closed week.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Correct a closed week from a declared budget: late events, late busts, mistakes.

    One person proposes, a second runs the same and carries it out. What is to be taken back and is
    not there any more is written down as owed. The file is TOML: season, week, budget, name,
    reason, and lines = "FILE.csv" (owner_id,points,reason) or tables
    named line, each with owner, points and reason.

    Example: winnow adjust late-w05.toml --by anna
    """
    called = invocation(ctx)
    if late is not None:
        _show_late(called, late, as_json)
        return
    _do(called, _Wish("adjust", file, by, preview, withdraw, pending), as_json)


def drop(
    ctx: typer.Context,
    file: FileArgument = None,
    by: By = None,
    preview: Preview = False,
    withdraw: Withdraw = False,
    pending: Pending = False,
    as_json: AsJson = False,
) -> None:
    """Give legacy, bonus or compensation points from a declared budget.

    One person proposes, a second runs the same and carries it out. The file is TOML: season, kind,
    budget, name, reason, and lines = "FILE.csv" (owner_id,points,reason) or tables
    named line, each with owner, points and reason.

    Example: winnow drop legacy.toml --by anna
    """
    _do(invocation(ctx), _Wish("drop", file, by, preview, withdraw, pending), as_json)


def _do(called: Invocation, wish: _Wish, as_json: bool) -> None:
    wish.check()
    if wish.pending or wish.file is None:
        _show_pending(wish.kind, proposals.pending(called.home, wish.kind), as_json)
    elif wish.withdraw:
        _show_withdrawn(_withdraw(called, wish.kind, wish.file, wish.by or ""), as_json)
    else:
        _show(_propose(called, wish, wish.file), wish.file, as_json)


def _propose(called: Invocation, wish: _Wish, file: Path) -> Answer:
    if wish.preview:
        return proposals.preview(called.home, read_proposal(file, wish.kind))
    job = adjust_week if wish.kind == "adjust" else drop_points
    return job(called.home, called.keys, file, wish.by or "", called.now())


def _withdraw(called: Invocation, kind: str, file: Path, by: str) -> StoredProposal:
    head = read_head(file, kind)
    return proposals.withdraw(called.home, (kind, head.season, head.name), by, called.now())


def _show(answer: Answer, file: Path, as_json: bool) -> None:
    follows = f"winnow {answer.kind} {file} --by NAME" if answer.state == "proposed" else None
    if as_json:
        print_json(_document(answer) | {"second_person_runs": follows})
        return
    title = TITLES[answer.state].format(f"{answer.kind} {answer.name!r} of {answer.origin}")
    print_facts(title, _facts(answer))
    if answer.strangers:
        named = ", ".join(map(repr, answer.strangers[:STRANGERS_SHOWN]))
        more = ", ..." if len(answer.strangers) > STRANGERS_SHOWN else ""
        print_warning(
            f"{counted(len(answer.strangers), 'owner has', 'owners have')} no points so far; new, "
            f"or misspelt: {named}{more}"
        )
    if follows:
        print_line(f"a second person carries it out with: {follows}")


def _facts(answer: Answer) -> list[tuple[str, str]]:
    use = answer.budget
    facts = [
        ("owners", count(answer.owners)),
        ("given", points(answer.given_micropoints)),
        ("held of it", points(answer.held_micropoints)),
        ("taken back", points(answer.taken_micropoints)),
        ("owed", points(answer.owed_micropoints)),
        ("budget", f"{use.name}, {points(use.limit)} declared"),
        ("spent before", points(use.before)),
        ("spent after", points(use.after)),
        ("content", f"SHA-256 {answer.content_sha256}"),
        ("proposed by", answer.proposed_by),
        ("approved by", answer.approved_by),
        ("batch", answer.batch),
    ]
    return [(name, value) for name, value in facts if value is not None]


def _document(answer: Answer) -> dict[str, Any]:
    use = answer.budget
    return {
        "state": answer.state,
        "kind": answer.kind,
        "origin": answer.origin,
        "name": answer.name,
        "content_sha256": answer.content_sha256,
        "owners": answer.owners,
        "given_micropoints": str(answer.given_micropoints),
        "held_micropoints": str(answer.held_micropoints),
        "taken_micropoints": str(answer.taken_micropoints),
        "owed_micropoints": str(answer.owed_micropoints),
        "budget": {
            "name": use.name,
            "limit_micropoints": str(use.limit),
            "spent_before_micropoints": str(use.before),
            "spent_after_micropoints": str(use.after),
        },
        "strangers": answer.strangers,
        "proposed_by": answer.proposed_by,
        "approved_by": answer.approved_by,
        "batch": answer.batch,
    }


def _show_pending(kind: str, found: tuple[StoredProposal, ...], as_json: bool) -> None:
    if as_json:
        print_json([_record(one) for one in found])
        return
    print_table(
        f"{counted(len(found), 'proposal waits', 'proposals wait')} for a second person: {kind}",
        ("name", "season", "week", "proposed by", "at", "SHA-256"),
        [
            (
                one.name,
                str(one.season),
                str(one.week or "all"),
                one.proposed_by,
                moment(one.proposed_at),
                one.content_sha256,
            )
            for one in found
        ],
    )


def _show_withdrawn(withdrawn: StoredProposal, as_json: bool) -> None:
    if as_json:
        print_json(_record(withdrawn))
        return
    print_line(
        f"{withdrawn.kind} {withdrawn.name!r}, proposed by {withdrawn.proposed_by}, is withdrawn "
        f"by {withdrawn.ended_by}"
    )


def _record(stored: StoredProposal) -> dict[str, Any]:
    return {
        "state": stored.outcome or "pending",
        "kind": stored.kind,
        "season": stored.season,
        "week": stored.week,
        "name": stored.name,
        "content_sha256": stored.content_sha256,
        "proposed_by": stored.proposed_by,
        "proposed_at": stored.proposed_at,
        "ended_by": stored.ended_by,
        "ended_at": stored.ended_at,
    }


def _show_late(called: Invocation, label: str, as_json: bool) -> None:
    week = find_week(calendars(load_seasons(called.home)), label)
    late = list_late(called.home, week)
    if as_json:
        usd = pl.col("notional_usd").cast(pl.String)
        print_json(late.with_columns(usd).to_dicts())
        return
    print_table(
        f"{counted(late.height, 'event', 'events')} too late for {week.label}",
        ("what", "fill", "at", "market", "notional USD", "maker", "taker"),
        [
            (
                "late fill" if row["event"] == "fill" else "busted late",
                row["fill_id"],
                f"{row['ts']:%Y-%m-%d %H:%M:%S}",
                row["market"],
                f"{row['notional_usd']:,.2f}",
                row["maker_owner"],
                row["taker_owner"],
            )
            for row in late.iter_rows(named=True)
        ],
        numbers=("notional USD",),
    )
