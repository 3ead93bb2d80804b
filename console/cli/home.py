"""`winnow init` makes a home."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import print_facts, print_json, print_warning
from jobs.clock import real_now
from jobs.initialise import Initialised, initialise, preset_text
from warehouse.errors import SeasonError


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
