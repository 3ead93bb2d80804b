"""One small synthetic season, played once for all tests."""

from pathlib import Path

import pytest

from rehearsal.play import Script, play, season_plan
from rehearsal.records import Played
from warehouse.home import Home, open_home

ACCOUNTS, WEEKS, BUDGET, ERROR_BPS = 400, 2, 5, 4_000


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rehearsal")


@pytest.fixture(scope="session")
def season(stage: Path) -> Played:
    script = Script(season_plan(7, ACCOUNTS, WEEKS), BUDGET, ERROR_BPS, replay=True)
    return play(script, stage, lambda _: None)


@pytest.fixture(scope="session")
def played_home(stage: Path, season: Played) -> Home:
    """The home in which the season was played, to be read only."""
    assert season.weeks == WEEKS
    return open_home(stage / "home")
