"""Settings come from the environment, once, and a misspelling is refused."""

from pathlib import Path

import pytest

from jobs.settings import Settings, read_settings
from warehouse.errors import HomeError


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"PATH": "/bin", "WINNOW_HOME": ""}) == Settings()


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "WINNOW_HOME": "h",
            "WINNOW_FORMULA_KEY_FILE": "f",
            "WINNOW_SEASON_KEY_FILE": "s",
            "WINNOW_SIGNING_KEY_FILE": "g",
            "WINNOW_IDENTIFIER_KEY_FILE": "i",
            "WINNOW_LOG_LEVEL": "debug",
        }
    )
    assert settings == Settings(Path("h"), Path("f"), Path("s"), Path("g"), Path("i"), "debug")


def test_a_misspelt_variable_is_refused_with_the_right_one() -> None:
    with pytest.raises(HomeError, match="did you mean 'WINNOW_FORMULA_KEY_FILE'"):
        read_settings({"WINNOW_FORMULAR_KEY_FILE": "x"})


def test_an_unknown_log_level_is_refused() -> None:
    with pytest.raises(HomeError, match="'loud'"):
        read_settings({"WINNOW_LOG_LEVEL": "loud"})
