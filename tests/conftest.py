"""What tests of several packages share: an empty home with its keys, and a fixed clock."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from jobs.initialise import initialise, preset_text
from jobs.keys import Keys, load_keys
from jobs.settings import read_settings
from warehouse.home import Home, open_home

NOW = datetime(2025, 4, 1, tzinfo=UTC)
# Several processes share the machine, so a slow example says nothing about the code.
settings.register_profile("winnow", deadline=None)
settings.load_profile("winnow")
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty home and its keys, to be copied: a copy is cheaper than a new one."""
    root = tmp_path_factory.mktemp("pristine")
    text = preset_text("backpack", 1)
    initialise(root / "home", read_settings({}), text, rehearsal=False, now=NOW)
    return root


def copy_home(root: Path, place: Path) -> Home:
    """Copy the home and the keys in `root` to another folder, and open the copy."""
    for name in ("home", "home.keys"):
        shutil.copytree(root / name, place / name, symlinks=True)
    return open_home(place / "home")


@pytest.fixture
def empty_home(pristine: Path, tmp_path: Path) -> Home:
    """An empty home with the terms of season 1 of the preset."""
    return copy_home(pristine, tmp_path)


@pytest.fixture
def home(empty_home: Home) -> Home:
    """The empty home, unless a file's own tests need it otherwise."""
    return empty_home


@pytest.fixture
def keys(home: Home) -> Keys:
    """The home's secret keys."""
    return load_keys(home, read_settings({}))
