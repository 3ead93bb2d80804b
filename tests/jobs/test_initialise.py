"""A new home has its folders, season file, schedule, keys and an empty warehouse."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.initialise import PRESETS, initialise, preset_text
from jobs.season_files import load_seasons, season_terms
from jobs.settings import Settings
from seasons.calendar import BACKPACK
from seasons.terms import QualifiedVolume, Terms, parse_terms
from warehouse.connection import rows, warehouse
from warehouse.errors import HomeError, SeasonError
from warehouse.home import open_home
from warehouse.migrations import pending

NOW = datetime(2025, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize("calendar", BACKPACK, ids=lambda calendar: f"S{calendar.season}")
def test_a_preset_is_its_calendar_and_default_terms_with_a_budget_and_no_round_trips(
    calendar: object,
) -> None:
    """Terms that are silent on round trips count them, as old closes did; a new season does not."""
    season = calendar.season  # type: ignore[attr-defined]
    terms = parse_terms(preset_text("backpack", season))
    assert terms.calendar == calendar
    assert [budget.name for budget in terms.budgets] == ["corrections"]
    assert terms == Terms(
        season=season,
        opens=terms.opens,
        first_cutoff=terms.first_cutoff,
        weeks=terms.weeks,
        budget=terms.budgets,
        qualified_volume=QualifiedVolume(round_trips="excluded"),
    )


def test_a_new_home_opens_with_its_season_and_nothing_pending(tmp_path: Path) -> None:
    root = tmp_path / "home"
    initialise(root, Settings(), preset_text("backpack", 2), rehearsal=True, now=NOW)
    home = open_home(root)
    assert home.rehearsal
    assert season_terms(load_seasons(home), 2).season == 2
    with warehouse(home, read_only=True) as connection:
        assert pending(connection) == ()
        assert rows(connection, "select count(*) from batches") == [(0,)]


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "home"
    root.mkdir()
    (root / "precious").write_text("x")
    with pytest.raises(HomeError, match="not an empty folder"):
        initialise(root, Settings(), preset_text("backpack", 1), rehearsal=False, now=NOW)
    assert [path.name for path in root.iterdir()] == ["precious"]
    assert not (tmp_path / "home.keys").exists()


def test_a_wrong_season_file_makes_neither_home_nor_keys(tmp_path: Path) -> None:
    with pytest.raises(SeasonError):
        initialise(tmp_path / "home", Settings(), "season = 0", rehearsal=False, now=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("preset", "season"), [("rucksack", 1), ("backpack", 5)])
def test_an_unknown_preset_or_season_is_refused(preset: str, season: int) -> None:
    with pytest.raises(SeasonError, match="preset"):
        preset_text(preset, season)


def test_seasons_are_read_in_order_and_checked_against_each_other(tmp_path: Path) -> None:
    made = initialise(
        tmp_path / "home", Settings(), preset_text("backpack", 2), rehearsal=False, now=NOW
    )
    for season in (1, 3, 4):
        (made.home.seasons / f"S{season}.toml").write_text(preset_text("backpack", season))
    assert [terms.season for terms in load_seasons(made.home)] == [1, 2, 3, 4]

    overlapping = preset_text("backpack", 1).replace("weeks = 10", "weeks = 30")
    (made.home.seasons / "S1.toml").write_text(overlapping)
    with pytest.raises(SeasonError, match="before season 1 ends"):
        load_seasons(made.home)


def test_a_season_file_under_the_wrong_name_is_refused(tmp_path: Path) -> None:
    made = initialise(
        tmp_path / "home", Settings(), preset_text("backpack", 1), rehearsal=False, now=NOW
    )
    (made.home.seasons / "S1.toml").rename(made.home.seasons / "S7.toml")
    with pytest.raises(SeasonError, match=r"name it S1\.toml"):
        load_seasons(made.home)


def test_presets_are_those_of_the_public_page() -> None:
    assert PRESETS == {"backpack": BACKPACK}
