"""`winnow init` makes a home, `winnow status` shows how it stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import (
    count,
    counted,
    moment,
    print_facts,
    print_json,
    print_list,
    print_table,
    print_warning,
)
from jobs.clock import real_now
from jobs.initialise import Initialised, initialise, preset_text
from jobs.status import Status, WeekStatus
from jobs.status import status as status_of
from jobs.waiting import Waiting
from warehouse.errors import SeasonError
from warehouse.runs import RunRecord

DUE_SHOWN: Final = 8


def init(
    ctx: typer.Context,
    preset: Annotated[
        str, typer.Option(help="Whose calendar the season file follows.")
    ] = "backpack",
    season: Annotated[int, typer.Option(min=1, help="Which season of the preset.")] = 1,
    season_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A season file of one's own instead."),
    ] = None,
    rehearsal: Annotated[bool, typer.Option(help="Allow --now; every checkpoint says so.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a home: folder, season file, schedule and keys.

    Example: winnow --home ./winnow-home init --preset backpack --season 1
    """
    called = invocation(ctx)
    text = _own(season_file) if season_file else preset_text(preset, season)
    made = initialise(
        called.settings.home, called.settings, text, rehearsal=rehearsal, now=real_now()
    )
    if as_json:
        print_json(
            {
                "home": made.home.root,
                "home_id": made.home.home_id,
                "rehearsal": rehearsal,
                "season_file": made.season_file,
                "keys_made": made.keys_made,
            }
        )
        return
    _show(made)


def _own(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SeasonError(f"{path.name!r} is not UTF-8 text") from error


def _show(made: Initialised) -> None:
    print_facts(
        "A rehearsal home is ready" if made.home.rehearsal else "A home is ready",
        (
            ("home", str(made.home.root)),
            ("season file", str(made.season_file)),
            ("schedule", str(made.home.schedule)),
            ("inbox", str(made.home.inbox)),
            *(("key made", str(path)) for path in made.keys_made),
        ),
    )
    if made.keys_made:
        print_warning(
            f"back up {made.key_folder}: whoever loses these keys loses the sealed formulas, "
            "and nobody else can restore them"
        )


def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show what ran, what is due and what waits for whom.

    Example: winnow status
    """
    called = invocation(ctx)
    found = status_of(called.home, called.now())
    if as_json:
        print_json(found)
        return
    _show_status(found)


def _show_status(found: Status) -> None:
    print_facts(
        "Rehearsal home" if found.rehearsal else "Home",
        (
            ("folder", found.home),
            ("clock", moment(found.now)),
            ("inbox", counted(found.inbox_files, "file waits", "files wait")),
            ("model", found.model or "none rules"),
            ("leads", counted(found.leads, "waits", "wait")),
        ),
    )
    if found.model_refusal:
        print_warning(f"the last detection went by evidence alone: {found.model_refusal}")
    waits = tuple(_waits(found.waiting))
    print_list("Cases and points by hand", waits or ("nothing waits",))
    rows = [_week_row(week, found) for week in found.weeks if _is_near(week, found)]
    print_table("Weeks", ("week", "window ends", "issued from", "formula", "state"), rows)
    print_table(
        _due_title(found),
        ("job", "for", "waits because"),
        [(run.job, run.period, run.waits_for or "") for run in found.due[:DUE_SHOWN]],
        prose="waits because",
    )
    print_table(
        "Last runs",
        ("job", "state", "when", "outcome"),
        [
            (run.job, run.state, moment(run.finished_at), _outcome(run, found))
            for run in found.last_runs
        ],
        prose="outcome",
    )


def _waits(waiting: Waiting) -> Iterator[str]:
    """Say what waits for whom, in the order in which a case goes."""
    first = ", the first" if waiting.cases_open_to_appeal > 1 else ""
    until = f"{first} until {moment(waiting.first_appeals_end)}"
    said = (
        (waiting.undecided_cases, "case waits", "cases wait", " for a decision"),
        (
            waiting.proposed_decisions,
            "proposed decision waits",
            "proposed decisions wait",
            " for a second person",
        ),
        (
            waiting.proposed_by_hand,
            "proposal of points by hand waits",
            "proposals of points by hand wait",
            " for a second person",
        ),
        (
            waiting.decisions_without_notice,
            "decision waits",
            "decisions wait",
            " for notice, which opens the appeals",
        ),
        (waiting.other_notices, "case has", "cases have", " other notices due"),
        (
            waiting.unanswered_appeals,
            "appeal waits",
            "appeals wait",
            f" for an answer, in {counted(waiting.cases_to_answer, 'case', 'cases')}",
        ),
        (waiting.cases_open_to_appeal, "case is", "cases are", f" open to appeal{until}"),
        (
            waiting.cases_to_settle,
            "case is due to be final",
            "cases are due to be final",
            "; `winnow run` settles, or `winnow settle`",
        ),
    )
    return (counted(number, one, many) + rest for number, one, many, rest in said if number)


def _outcome(run: RunRecord, found: Status) -> str:
    """What a run did; why one failed stands with what is due, if it still is."""
    shown = {(due.job, due.period) for due in found.due[:DUE_SHOWN]}
    if run.state == "failed" and (run.job, run.period) in shown:
        return "see above"
    return run.outcome or ""


def _due_title(found: Status) -> str:
    more = len(found.due) - DUE_SHOWN
    return f"Due, and {count(more)} more" if more > 0 else "Due"


def _is_near(week: WeekStatus, found: Status) -> bool:
    """Whether a week is worth a line: it has begun, or it is one of the next two."""
    ahead = [other.week for other in found.weeks if other.start > found.now][:2]
    return week.start <= found.now or week.week in ahead


def _week_row(week: WeekStatus, found: Status) -> tuple[str, ...]:
    if week.issued:
        state = "issued"
    elif week.issue_at <= found.now:
        state = "due"
    else:
        state = "open" if week.start <= found.now else "ahead"
    sealed = "sealed" if week.sealed else "missing"
    return (week.week, moment(week.end), moment(week.issue_at), sealed, state)
