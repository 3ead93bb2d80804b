"""Makes a new home: folders, season file, policy, schedule, keys and an empty warehouse."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from detection.terms import DEFAULT_TEXT
from jobs.keys import key_folder, make_keys, store_checks
from jobs.settings import Settings
from seasons.calendar import BACKPACK, Calendar
from seasons.terms import parse_terms
from warehouse.connection import warehouse
from warehouse.errors import HomeError, SeasonError
from warehouse.home import Home, create_home
from warehouse.migrations import migrate

PRESETS: Final[dict[str, tuple[Calendar, ...]]] = {"backpack": BACKPACK}


@dataclass(frozen=True)
class Initialised:
    """What `initialise` made.

    Attributes:
        home: The new home.
        season_file: The season file in it.
        key_folder: Where keys that no setting names are kept.
        keys_made: The key files that were made; others were there already.
    """

    home: Home
    season_file: Path
    key_folder: Path
    keys_made: Sequence[Path]


def preset_text(preset: str, season: int) -> str:
    """Return the season file of a preset.

    Raises:
        SeasonError: There is no such preset, or it has no such season.
    """
    calendar = preset_calendar(preset, season)
    return Template(_preset("season.toml")).substitute(
        season=season,
        opens=_toml_instant(calendar.opens),
        first_cutoff=_toml_instant(calendar.first_cutoff),
        weeks=calendar.weeks,
        issue_delay_hours=calendar.issue_delay // timedelta(hours=1),
    )


def preset_calendar(preset: str, season: int) -> Calendar:
    """Return the weeks of a preset's season.

    Raises:
        SeasonError: There is no such preset, or it has no such season.
    """
    if preset not in PRESETS:
        raise SeasonError(f"there is no preset {preset!r}; known are {', '.join(PRESETS)}")
    for calendar in PRESETS[preset]:
        if calendar.season == season:
            return calendar
    raise SeasonError(f"preset {preset!r} has no season {season}")


def initialise(
    root: Path, settings: Settings, season_text: str, *, rehearsal: bool, now: datetime
) -> Initialised:
    """Make a home in an empty or missing folder.

    Args:
        root: The folder.
        settings: Names key files that are kept elsewhere.
        season_text: A season file, from `preset_text` or one's own.
        rehearsal: Whether a stand-in clock may be used in this home.
        now: From the clock.

    Raises:
        HomeError: The folder is not empty, or a key cannot be used.
        SeasonError: The season file is wrong.
    """
    terms = parse_terms(season_text)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeError(f"{str(root)!r} is not an empty folder; choose another for the new home")
    keys_made = make_keys(root, settings)
    home = create_home(root, secrets.token_hex(8), rehearsal=rehearsal)
    season_file = home.seasons / f"S{terms.season}.toml"
    season_file.write_text(season_text, encoding="utf-8")
    home.schedule.write_text(_preset("schedule.toml"), encoding="utf-8")
    home.family.write_text(_preset("family.toml"), encoding="utf-8")
    home.policy.write_text(_preset("policy.toml"), encoding="utf-8")
    home.detection.write_text(DEFAULT_TEXT, encoding="utf-8")
    home.inbox.chmod(0o700)  # source files carry raw addresses and devices
    store_checks(home, settings)
    with warehouse(home) as connection:
        migrate(connection, now)
    return Initialised(home, season_file, key_folder(root), keys_made)


def _preset(name: str) -> str:
    return files("jobs").joinpath("presets", name).read_text(encoding="utf-8")


def _toml_instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
