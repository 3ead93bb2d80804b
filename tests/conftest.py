"""What tests of several packages share: an empty home with its keys, and a fixed clock."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from jobs.initialise import initialise, preset_text
from jobs.keys import Keys, load_keys
from jobs.settings import read_settings
from warehouse.home import Home

NOW = datetime(2025, 4, 1, tzinfo=UTC)
# Several processes share the machine, so a slow example says nothing about the code.
settings.register_profile("winnow", deadline=None)
settings.load_profile("winnow")
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home with the terms of season 1 of the preset."""
    text = preset_text("backpack", 1)
    return initialise(tmp_path / "home", read_settings({}), text, rehearsal=False, now=NOW).home


@pytest.fixture
def keys(home: Home) -> Keys:
    """The home's secret keys."""
    return load_keys(home, read_settings({}))
