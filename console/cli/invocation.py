"""What a command is called with: the home, the clock and the keys, each read when asked for."""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from console.cli.rendering import print_note
from jobs import clock
from jobs.keys import Keys, load_keys
from jobs.settings import Settings, read_settings
from warehouse.errors import HomeError
from warehouse.home import Home, open_home
from warehouse.migrations import bring_up_to_date

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@dataclass(frozen=True)
class Invocation:
    """The options before the command, and the environment.

    Attributes:
        settings: From the environment, with `--home` above it.
        stand_in: From `--now`.
    """

    settings: Settings
    stand_in: datetime | None

    @cached_property
    def home(self) -> Home:
        """The home, brought up to date where an earlier Winnow made it.

        Raises:
            HomeError: There is none, or a later Winnow made it.
        """
        home = open_home(self.settings.home)
        done = bring_up_to_date(home, clock.real_now())
        if done:
            listed = ", ".join(name.removeprefix("migrations/") for name in done)
            print_note(
                f"the home {str(home.root)!r} was made by an earlier Winnow and is up to date now "
                f"({listed}); the earlier one cannot use it any more"
            )
        return home

    @cached_property
    def keys(self) -> Keys:
        """The secret keys; raises HomeError where one is missing or open to others."""
        return load_keys(self.home, self.settings)

    def now(self) -> datetime:
        """The instant that counts; raises HomeError for `--now` outside of a rehearsal."""
        return clock.now(self.home, self.stand_in)


def invocation(ctx: typer.Context) -> Invocation:
    """Read the invocation of a command from its context."""
    options = ctx.find_root().params
    settings = read_settings(os.environ)
    if options.get("home"):
        settings = replace(settings, home=Path(options["home"]))
    return Invocation(settings, instant(options["now"], "--now") if options.get("now") else None)


def require_folder(file: Path | None) -> None:
    """Refuse a file to be written whose folder is missing, before any work is done for it."""
    if file is not None and not file.absolute().parent.is_dir():
        raise HomeError(
            f"there is no folder {str(file.absolute().parent)!r} to write {file.name!r} into"
        )


def require_unused(file: Path | None, *, force: bool) -> None:
    """Refuse a file that is there already, before any work is done for it, unless it may go."""
    if file is not None and not force and os.path.lexists(file):
        raise HomeError(
            f"{str(file)!r} is there already and is kept; name another file, or replace it with "
            "--force"
        )


def write_private(file: Path, text: str, *, force: bool) -> None:
    """Write a new file that nobody else may read; with `force`, in place of one that is there."""
    require_unused(file, force=force)
    if force:
        file.unlink(missing_ok=True)  # a link would lead elsewhere, and a mode would stay
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        new.write(text)


def instant(text: str, option: str) -> datetime:
    """Read an instant such as '2025-03-28T02:00:00Z'; it needs its zone."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{option} {text!r} is no instant; write 2025-03-28T02:00:00Z"
        ) from error
    if value.tzinfo is None:
        raise typer.BadParameter(f"{option} {text!r} has no zone; write 2025-03-28T02:00:00Z")
    return value
