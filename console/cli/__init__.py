"""The command `winnow`: which commands there are, and what becomes of an error.

A command's module is loaded when it is called and not before, so that `winnow --help` answers at
once although some commands stand on large libraries.
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from warehouse.errors import WinnowError

REFUSED: Final = 1
PARTLY_DONE: Final = 3


@dataclass(frozen=True)
class Door:
    """A command and where it is written.

    Attributes:
        name: What one types.
        place: Module and attribute: a function, or a Typer app with commands of its own.
        summary: One sentence for the overview.
    """

    name: str
    place: str
    summary: str

    def load(self) -> Any:
        """Import the command; Typer's own command types are private, hence Any."""
        module, _, attribute = self.place.partition(":")
        written = getattr(import_module(module), attribute)
        if not isinstance(written, typer.Typer):
            app = typer.Typer(add_completion=False)
            app.command(self.name)(written)
            written = app
        command = typer.main.get_command(written)
        command.name = self.name
        return command


DOORS: Final = (
    Door("demo", "console.cli.demo:demo", "Play a synthetic season from events to publication."),
    Door("init", "console.cli.home:init", "Make a home: folder, season file, schedule and keys."),
    Door("ingest", "console.cli.ingest:ingest", "Take event files."),
    Door("formula", "console.cli.formula:formula_app", "Seal, draw, reveal and try out formulas."),
    Door("issue", "console.cli.issue:issue", "Issue a week, once."),
    Door("wash", "console.cli.wash:wash", "Show a week's volume, and what came back to nothing."),
    Door("detect", "console.cli.detect:detect", "Look for accounts that may be one operator."),
    Door("cases", "console.cli.cases:cases_app", "List, read and decide cases."),
    Door("leads", "console.cli.leads:leads_app", "List what is strange and came before nobody."),
    Door("model", "console.cli.model:model_app", "Train models of clusters, and let one rule."),
    Door("settle", "console.cli.settle:settle", "Make final what nobody can appeal any more."),
    Door("policy", "console.cli.policy:policy_app", "Explain the policy, and try it out."),
    Door("adjust", "console.cli.adjust:adjust", "Correct a closed week by hand, by two people."),
    Door("drop", "console.cli.adjust:drop", "Give points from a budget, by two people."),
    Door("points", "console.cli.points:points_command", "Show an owner's points."),
    Door("leaderboard", "console.cli.points:leaderboard", "Show the standings of a season."),
    Door("publish", "console.cli.publish:publish", "Publish the read-only copy for analysts."),
    Door("verify", "console.cli.verify:verify", "Check everything by a second road."),
    Door("run", "console.cli.run:run", "Do what is due, each thing once and in order."),
    Door("status", "console.cli.home:status", "Show what ran, what is due and what waits."),
    Door("simulate", "console.cli.simulate:simulate", "Write a synthetic season as event files."),
    Door(
        "rehearse",
        "console.cli.rehearse:rehearse",
        "Play synthetic seasons and score the defence.",
    ),
    Door(
        "evaluate", "console.cli.evaluate:evaluate_app", "Compare detection with published labels."
    ),
)


class LazyGroup(TyperGroup):
    """A group that imports a command when it is called, and lists all without importing any."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (the base class's signature)
        """Return the names in the order of a season's life."""
        return [door.name for door in DOORS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (as above)
        """Return the command of a name, or None."""
        for door in DOORS:
            if door.name == cmd_name:
                return door.load()
        return None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the overview from the summaries alone."""
        outline = TyperGroup(
            name=self.name,
            help=self.help,
            params=self.params,
            commands=[TyperCommand(door.name, help=door.summary) for door in DOORS],
        )
        outline.format_help(ctx, formatter)


app = typer.Typer(cls=LazyGroup, add_completion=False, pretty_exceptions_enable=False)


@app.callback(no_args_is_help=True)
def winnow(
    home: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder of the home [WINNOW_HOME, ./winnow-home]."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="T", help="Stand-in for the clock, in rehearsals alone."),
    ] = None,
) -> None:
    """Winnow runs the points season of an exchange and keeps it fair.

    Exit codes: 0 done, 1 refused with a reason, 2 usage, 3 partly done.
    """
    # Commands read these two through `console.cli.invocation`.
    _ = home, now


def main() -> NoReturn:
    """Run the command line; a refusal becomes one line and exit code 1.

    So does what the system refuses, a file that may not be read, a disk that is full. Any other
    exception is a bug and stays loud.
    """
    try:
        app()
    except WinnowError as error:
        _report(str(error), as_json="--json" in sys.argv[1:])
    except OSError as error:
        _report(_system_refusal(error), as_json="--json" in sys.argv[1:])
    sys.exit(REFUSED)


def _system_refusal(error: OSError) -> str:
    reason = (error.strerror or str(error)).partition("\n")[0]
    reason = reason[:1].lower() + reason[1:]
    return f"{str(error.filename)!r} cannot be used: {reason}" if error.filename else reason


def _report(message: str, *, as_json: bool) -> None:
    from console.cli.rendering import print_json, print_refusal  # noqa: PLC0415 (rich is slow)

    if as_json:
        print_json({"error": message})
    else:
        print_refusal(message)
