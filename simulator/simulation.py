"""The whole way from a plan to a folder of event files, and the truth beside it."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from simulator.exchange import Exchange, open_exchange, play_week
from simulator.files import FileFormat, write_days, write_manifest
from simulator.flaws import write_flaws
from simulator.people import check_plan, truth
from simulator.season import SeasonPlan, Span
from warehouse.schemas import KINDS, EventKind

WRITERS: Final = 2  # kinds of event files that are written at the same time


@dataclass(frozen=True)
class Written:
    """What `simulate` wrote.

    Attributes:
        events: Folder of event files and manifests: what may be ingested.
        truth: File that says which account is whose: what may not.
        rows: (kind, rows) of all six kinds, in their order.
        accounts: Accounts in all.
        farmed: Accounts of farms.
        farms: Farms: groups of accounts of one operator.
        lookalikes: Innocent accounts that share something that farms share.
        patterns: (pattern, accounts), the commonest first.
    """

    events: Path
    truth: Path
    rows: tuple[tuple[str, int], ...]
    accounts: int
    farmed: int
    farms: int
    lookalikes: int
    patterns: tuple[tuple[str, int], ...]


def simulate(
    plan: SeasonPlan,
    out: Path,
    *,
    file_format: FileFormat = FileFormat.PARQUET,
    flaws: bool = False,
    on_week: Callable[[int], None] | None = None,
) -> Written:
    """Write a synthetic season: the same plan gives the same bytes on any machine.

    Args:
        plan: Seed, size, dates and mix.
        out: Folder for the event files; absent or empty. The truth goes to `<out>.truth/`.
        file_format: Of the event files.
        flaws: Whether to add the bad rows of `simulator.flaws.FLAWS`.
        on_week: Called with each week's number once it is written.

    Raises:
        FileExistsError: Something lies in `out` or in `<out>.truth/` already.
        ValueError: As `simulator.people.check_plan`; nothing was made.
    """
    check_plan(plan)
    hidden = out.with_name(f"{out.name}.truth")
    for folder in (out, hidden):
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{str(folder)!r} is not empty; name a new folder")
        folder.mkdir(parents=True, exist_ok=True)
    exchange = open_exchange(plan)
    totals = dict.fromkeys((kind.name for kind in KINDS), 0)
    for number in range(1, plan.weeks + 1):
        exchange, rows = play_week(exchange, number)
        write_week(out, plan, plan.span(number), rows, file_format)
        if flaws and number == 1:
            write_flaws(out, plan, rows["fills"], file_format)
        totals = {name: count + len(rows[name]) for name, count in totals.items()}
        del rows  # before the next week needs the memory
        if on_week is not None:
            on_week(number)
    return _with_truth(exchange, out, hidden, totals)


def write_week(
    out: Path,
    plan: SeasonPlan,
    span: Span,
    rows: Mapping[str, pl.DataFrame],
    file_format: FileFormat = FileFormat.PARQUET,
) -> tuple[Path, ...]:
    """Write the event files of a week, and a manifest for each of its days.

    Returns:
        The files, in the order of their names.
    """

    def write(kind: EventKind) -> list[int]:
        return write_days(out, plan, span, kind, rows[kind.name], file_format)

    with ThreadPoolExecutor(WRITERS) as pool:
        counts = dict(zip((kind.name for kind in KINDS), pool.map(write, KINDS), strict=True))
    days = range(span.first_day, span.first_day + span.days)
    for place, number in enumerate(days):
        write_manifest(out, plan, number, {name: of[place] for name, of in counts.items()})
    dates = [str(plan.day(number)) for number in days]
    return tuple(path for path in sorted(out.iterdir()) if any(day in path.name for day in dates))


def _with_truth(exchange: Exchange, out: Path, hidden: Path, totals: Mapping[str, int]) -> Written:
    path = hidden / "truth.parquet"
    known = truth(exchange.people, exchange.planted.targeted)
    known.write_parquet(path)
    patterns = known.group_by("pattern").len().sort("len", "pattern", descending=[True, False])
    return Written(
        out,
        path,
        tuple(totals.items()),
        accounts=len(known),
        farmed=int(known["farm"].sum()),
        farms=known.filter("farm")["group_id"].n_unique(),
        lookalikes=len(known) - known["lookalike_class"].null_count(),
        patterns=tuple(patterns.iter_rows()),
    )
