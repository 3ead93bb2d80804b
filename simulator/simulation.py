"""The whole way from a seed to a folder of event files, and the truth beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from simulator.balances import balance_rows
from simulator.draws import Ints
from simulator.files import FileFormat, write_days, write_manifest
from simulator.flaws import write_flaws
from simulator.invitations import referral_rows, with_referrers
from simulator.logins import login_rows
from simulator.markets import price_paths
from simulator.money import transfer_rows
from simulator.people import account_rows, draw_people, truth
from simulator.season import SeasonPlan
from simulator.tape import Tape, Venue, fill_rows, record
from simulator.trading import Habits, plan_trips
from warehouse.schemas import ACCOUNTS, BALANCES, FILLS, LOGINS, REFERRALS, TRANSFERS, EventKind


@dataclass(frozen=True)
class World:
    """A season as it happened, from which the rows of every kind follow.

    Attributes:
        plan: Seed, size and dates.
        people: One row an account with all that is hidden, as from `draw_people`.
        paths: Prices, as from `price_paths`.
        venue: Rules of the exchange.
        tape: What was traded.
    """

    plan: SeasonPlan
    people: pl.DataFrame
    paths: Ints
    venue: Venue
    tape: Tape


# Which function makes the rows of a kind, in the order of its instant and in whole units.
ROWS: Final[tuple[tuple[EventKind, Callable[[World], pl.DataFrame]], ...]] = (
    (ACCOUNTS, lambda world: account_rows(world.plan, world.people)),
    (REFERRALS, lambda world: referral_rows(world.plan, world.people)),
    (FILLS, lambda world: fill_rows(world.plan, world.people, world.tape, world.venue)),
    (BALANCES, lambda world: balance_rows(world.plan, world.people, world.tape, world.paths)),
    (TRANSFERS, lambda world: transfer_rows(world.plan, world.people)),
    (LOGINS, lambda world: login_rows(world.plan, world.people)),
)


@dataclass(frozen=True)
class Written:
    """What `simulate` wrote.

    Attributes:
        events: Folder of event files and manifests: what may be ingested.
        truth: File that says which account is whose: what may not.
        rows: (kind, rows) of all six kinds, in their order.
        accounts: Accounts in all.
        farmed: Accounts of farms.
    """

    events: Path
    truth: Path
    rows: tuple[tuple[str, int], ...]
    accounts: int
    farmed: int


def play(plan: SeasonPlan, habits: Habits | None = None, venue: Venue | None = None) -> World:
    """Draw a synthetic season in memory."""
    people = with_referrers(plan, draw_people(plan))
    paths, venue = price_paths(plan), venue or Venue()
    trips = plan_trips(plan, people, habits or Habits())
    return World(plan, people, paths, venue, record(plan, people, trips, paths, venue))


def simulate(
    plan: SeasonPlan,
    out: Path,
    *,
    file_format: FileFormat = FileFormat.PARQUET,
    flaws: bool = False,
) -> Written:
    """Write a synthetic season: the same plan gives the same bytes on any machine.

    Args:
        plan: Seed, size and dates.
        out: Folder for the event files; absent or empty. The truth goes to `<out>.truth/`.
        file_format: Of the event files.
        flaws: Whether to add the bad rows of `simulator.flaws.FLAWS`.

    Raises:
        FileExistsError: Something lies in `out` or in `<out>.truth/` already.
    """
    hidden = out.with_name(f"{out.name}.truth")
    for folder in (out, hidden):
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{str(folder)!r} is not empty; name a new folder")
        folder.mkdir(parents=True, exist_ok=True)
    world = play(plan)
    days: dict[str, list[int]] = {}
    for kind, rows_of in ROWS:
        rows = rows_of(world)
        days[kind.name] = write_days(out, plan, kind, rows, file_format)
        if flaws and kind is FILLS:
            write_flaws(out, plan, rows, file_format)
    for number in range(plan.days):
        write_manifest(out, plan, number, {name: counts[number] for name, counts in days.items()})
    truth(world.people).write_parquet(hidden / "truth.parquet")
    totals = tuple((name, sum(counts)) for name, counts in days.items())
    farmed = int(world.people["farm"].sum())
    return Written(out, hidden / "truth.parquet", totals, len(world.people), farmed)
