"""How the terminal shows things: calm tables, exact points, JSON for machines."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from warehouse.records import MICROPOINTS_PER_POINT


def points(micropoints: int) -> str:
    """Write micropoints as points with all six decimals, as in '1,234.500000'."""
    sign = "-" if micropoints < 0 else ""
    whole, rest = divmod(abs(micropoints), MICROPOINTS_PER_POINT)
    return f"{sign}{whole:,}.{rest:06d}"


def count(number: int) -> str:
    """Write a count with thousands separators."""
    return f"{number:,}"


def counted(number: int, one: str, many: str) -> str:
    """Write a count with its noun, as in '1 batch' and '2 batches'."""
    return f"{number:,} {one if number == 1 else many}"


def moment(instant: datetime | None) -> str:
    """Write an instant to the minute, in UTC."""
    return "never" if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def terminal() -> Console:
    """Return the console of standard output, made anew so that redirection is seen."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_refusal(message: str) -> None:
    """Say on standard error why something was refused, in one line."""
    line = Text("refused: " + " ".join(message.split()), style="red")
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def print_warning(message: str) -> None:
    """Warn on standard error; the command goes on."""
    line = Text("warning: " + " ".join(message.split()), style="yellow")
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def print_note(message: str) -> None:
    """Say on standard error what was done besides what was asked for."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text("note: " + message))


def print_line(message: str) -> None:
    """Print one line as it is: nothing in it is read as markup, and a path stays whole."""
    terminal().print(Text(message), soft_wrap=True)


def print_facts(title: str, facts: Iterable[tuple[str, str]]) -> None:
    """Print names and values side by side under a title.

    A value is one line, however narrow the terminal: a path or digest that is broken into two
    cannot be copied.
    """
    pairs = tuple(facts)
    width = max((cell_len(name) for name, _ in pairs), default=0)
    console = terminal()
    if title:
        console.print(Text(title, style="bold"), soft_wrap=True)
    for name, value in pairs:
        padded = set_cell_size(name, width)
        console.print(Text.assemble("  ", (padded, "dim"), "    ", value), soft_wrap=True)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    prose: str | None = None,
) -> None:
    """Print a table; that there is no row is said in a word.

    Args:
        title: What stands above it.
        columns: Names of the columns.
        rows: One text a column.
        numbers: Columns that stand to the right.
        prose: The column that is folded where the terminal is narrow; None folds any.
    """
    table = Table(box=box.SIMPLE_HEAD, title=title or None, pad_edge=False)
    table.title_justify, table.title_style = "left", "bold"
    for column in columns:
        justify: Literal["right", "left"] = "right" if column in numbers else "left"
        table.add_column(
            column,
            justify=justify,
            header_style="dim",
            overflow="fold",
            no_wrap=prose is not None and column != prose,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal().print(table if table.rows else Text.assemble((title, "bold"), ("  none", "dim")))


def print_list(title: str, sentences: Iterable[str]) -> None:
    """Print sentences under a title, one a line, folded where the terminal is narrow."""
    grid = Table(box=None, show_header=False, padding=(0, 1), title=title)
    grid.title_justify, grid.title_style = "left", "bold"
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for sentence in sentences:
        grid.add_row("–", Text(sentence))
    terminal().print(grid)
    print_line("")


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int, str], None] | None]:
    """Show a bar on standard error while the block runs, and yield what moves it.

    Yields None where nobody looks: with `quiet`, or when standard error is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.fields[title]}", style="bold"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False, style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, title=title)

        def move(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield move


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(jsonable(value), ensure_ascii=False, indent=2) + "\n")


def jsonable(value: Any) -> Any:
    """Return what JSON can carry: records as objects, instants as ISO 8601 in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if isinstance(value, datetime):
        # What comes from the warehouse is UTC without saying so.
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value
