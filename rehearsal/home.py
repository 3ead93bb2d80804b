"""A home to play a synthetic season in, and the jobs that every week of it runs.

A rehearsal's keys follow from its seed, so that formulas, pseudonyms and with them every case are
the same whenever the seed is. Such keys protect nothing: they are for homes without real people.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from jobs.clock import real_now
from jobs.detect import DetectSummary, detect
from jobs.formula import draw_and_seal, seal
from jobs.ingest import ingest
from jobs.initialise import initialise, preset_text
from jobs.issue import Issued, issue
from jobs.keys import Keys, key_files, load_keys
from jobs.settings import Settings
from seasons.calendar import WEEK, Calendar
from warehouse.home import Home
from warehouse.ingest import IngestSummary
from warehouse.records import Week

OPENS: Final = datetime(2099, 1, 1, tzinfo=UTC)
"""A Thursday so far ahead that no formula is sealed late, and no result depends on the clock."""

_DECLARED: Final = '["accounts", "fills", "balances"]'


@dataclass(frozen=True)
class WeekRun:
    """What the jobs made of one week's files.

    Attributes:
        week: Which week.
        ingested: What was taken.
        detected: What the detection found in all that was known at the week's end.
        issued: What was issued.
    """

    week: Week
    ingested: IngestSummary
    detected: DetectSummary
    issued: Issued


def far_calendar(weeks: int) -> Calendar:
    """Return the season of a rehearsal: the same dates whenever it is played."""
    return Calendar(1, OPENS, OPENS + WEEK, weeks)


def write_keys(root: Path, seed: int) -> None:
    """Write the keys of the home that is to be in `root`, as they follow from a seed.

    Raises:
        FileExistsError: There is such a key already.
    """
    for name, path in key_files(root, Settings()).items():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digits = sha256(f"winnow rehearsal/{seed}/{name}".encode()).hexdigest()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(digits + "\n")


def make_home(
    root: Path, settings: Settings, calendar: Calendar, formula: str | None = None
) -> tuple[Home, Keys]:
    """Make a rehearsal home with the preset's terms, and seal a formula for every week.

    Args:
        root: An empty or missing folder; keys beside it are kept.
        settings: Name key files that are kept elsewhere.
        calendar: The season.
        formula: The text of the formula file of every week; None draws one a week.

    Raises:
        HomeError: The folder is not empty, or a key cannot be used.
        FormulaError: The formula is wrong.
    """
    text = preset_text("backpack", 1)
    changes = {
        "opens": f"{calendar.opens:%Y-%m-%dT%H:%M:%SZ}",
        "first_cutoff": f"{calendar.first_cutoff:%Y-%m-%dT%H:%M:%SZ}",
        "weeks": str(calendar.weeks),
        "declared_complete": _DECLARED,
    }
    for key, value in changes.items():
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
    home = initialise(root, settings, text, rehearsal=True, now=real_now()).home
    keys = load_keys(home, settings)
    for week in calendar.all_weeks():
        if formula is None:
            draw_and_seal(home, keys, week, real_now=real_now())
        else:
            seal(home, keys, formula, week, real_now=real_now())
    return home, keys


def run_week(home: Home, keys: Keys, week: Week, files: Sequence[Path]) -> WeekRun:
    """Take a week's files, detect with what was known at its end, and issue it."""
    ingested = ingest(home, keys.identifier, files, week.end)
    detected = detect(home, as_of=week.end, now=week.end)
    return WeekRun(week, ingested, detected, issue(home, keys, week, week.issue_at))
