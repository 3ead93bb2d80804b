"""Adjusts a closed week by hand, and lists what came too late for it."""

from datetime import datetime
from pathlib import Path

import polars as pl

from jobs.hand_files import read_proposal
from jobs.keys import Keys
from jobs.proposals import Answer, put_forward
from warehouse.connection import warehouse
from warehouse.errors import SeasonError
from warehouse.events import covered_files, load_close
from warehouse.home import Home
from warehouse.late import late_events
from warehouse.records import Week


def adjust(home: Home, keys: Keys, path: Path, by: str, now: datetime) -> Answer:
    """Propose the adjustment in a file, or carry it out as the second person.

    Raises:
        ProposalError: The file is wrong, or a rule refuses it; see `jobs.proposals.put_forward`.
    """
    return put_forward(home, keys, read_proposal(path, "adjust"), by, now)


def list_late(home: Home, week: Week) -> pl.DataFrame:
    """Return the fills and busts that came too late for a closed week: what to adjust it for.

    The warehouse is held for the two lists of files alone.

    Returns:
        See `warehouse.late.late_events`.

    Raises:
        SeasonError: The week's books are not closed, so nothing is late yet.
    """
    with warehouse(home, read_only=True) as connection:
        close = load_close(connection, week.season, week.number)
        covered = covered_files(connection, week)
    if close is None:
        raise SeasonError(f"the books of {week.label!r} are not closed, so nothing is late for it")
    return late_events(home, week, close, covered)
