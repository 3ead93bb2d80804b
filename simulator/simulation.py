"""The whole way from a seed to a folder of event files, and the truth beside it."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from simulator.balances import balance_rows
from simulator.files import FileFormat, write_days, write_manifest
from simulator.flaws import write_flaws
from simulator.invitations import referral_rows, with_referrers
from simulator.logins import login_rows
from simulator.markets import price_paths
from simulator.money import transfer_rows
from simulator.people import account_rows, draw_people, truth
from simulator.season import SeasonPlan
from simulator.tape import Venue, fill_rows, record
from simulator.trading import Habits, plan_trips
from warehouse.schemas import ACCOUNTS, BALANCES, FILLS, KINDS, LOGINS, REFERRALS, TRANSFERS


@dataclass(frozen=True)
class Season:
    """The rows of a synthetic season, in whole units and in the order of their instants.

    Attributes:
        people: One row an account with all that is hidden, as from `draw_people`.
        accounts: Rows of the accounts files.
        referrals: Rows of the referrals files.
        fills: Rows of the fills files.
        balances: Rows of the balances files.
        transfers: Rows of the transfers files.
        logins: Rows of the logins files.
    """

    people: pl.DataFrame
    accounts: pl.DataFrame
    referrals: pl.DataFrame
    fills: pl.DataFrame
    balances: pl.DataFrame
    transfers: pl.DataFrame
    logins: pl.DataFrame


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


def play(plan: SeasonPlan) -> Season:
    """Draw a synthetic season in memory."""
    people = with_referrers(plan, draw_people(plan))
    paths, venue = price_paths(plan), Venue()
    tape = record(plan, people, plan_trips(plan, people, Habits()), paths, venue)
    return Season(
        people=people,
        accounts=account_rows(plan, people),
        referrals=referral_rows(plan, people),
        fills=fill_rows(plan, people, tape, venue),
        balances=balance_rows(plan, people, tape, paths),
        transfers=transfer_rows(plan, people),
        logins=login_rows(plan, people),
    )


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
    season = play(plan)
    rows = _write(plan, season, out, file_format)
    if flaws:
        write_flaws(out, plan, season.fills, file_format)
    truth(season.people).write_parquet(hidden / "truth.parquet")
    farmed = int(season.people["farm"].sum())
    return Written(out, hidden / "truth.parquet", rows, len(season.people), farmed)


def _write(
    plan: SeasonPlan, season: Season, out: Path, file_format: FileFormat
) -> tuple[tuple[str, int], ...]:
    frames = {
        ACCOUNTS.name: season.accounts,
        REFERRALS.name: season.referrals,
        FILLS.name: season.fills,
        BALANCES.name: season.balances,
        TRANSFERS.name: season.transfers,
        LOGINS.name: season.logins,
    }
    days = {
        kind.name: write_days(out, plan, kind, frames[kind.name], file_format) for kind in KINDS
    }
    for number in range(plan.days):
        write_manifest(out, plan, number, {name: rows[number] for name, rows in days.items()})
    return tuple((name, sum(rows)) for name, rows in days.items())
