"""The settings: one frozen object, read once from the environment.

Every setting is a variable `WINNOW_…`. One that we don't know is refused: a misspelt key file would
otherwise be made anew in silence, and the formulas sealed under it could never be opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from warehouse.errors import HomeError

DEFAULT_HOME: Final = Path("winnow-home")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
VARIABLES: Final = (
    "WINNOW_HOME",
    "WINNOW_FORMULA_KEY_FILE",
    "WINNOW_SEASON_KEY_FILE",
    "WINNOW_SIGNING_KEY_FILE",
    "WINNOW_IDENTIFIER_KEY_FILE",
    "WINNOW_LOG_LEVEL",
)


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        home: Folder of the home.
        formula_key_file: Key that encrypts formulas; None means the one beside the home.
        season_key_file: Key of the formula draw; None means the one beside the home.
        signing_key_file: Ed25519 key of the log; None means the one beside the home.
        identifier_key_file: Key of the HMACs of addresses and devices; None as above.
        log_level: One of `LOG_LEVELS`.
    """

    home: Path = DEFAULT_HOME
    formula_key_file: Path | None = None
    season_key_file: Path | None = None
    signing_key_file: Path | None = None
    identifier_key_file: Path | None = None
    log_level: str = "info"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from a mapping such as `os.environ`; empty values count as unset.

    Raises:
        HomeError: A variable `WINNOW_…` is unknown, or a value is not allowed.
    """
    _refuse_unknown(environ)
    level = environ.get("WINNOW_LOG_LEVEL") or "info"
    if level not in LOG_LEVELS:
        raise HomeError(
            f"WINNOW_LOG_LEVEL is {level!r}; it may be {', '.join(map(repr, LOG_LEVELS))}"
        )
    return Settings(
        home=_path(environ, "WINNOW_HOME") or DEFAULT_HOME,
        formula_key_file=_path(environ, "WINNOW_FORMULA_KEY_FILE"),
        season_key_file=_path(environ, "WINNOW_SEASON_KEY_FILE"),
        signing_key_file=_path(environ, "WINNOW_SIGNING_KEY_FILE"),
        identifier_key_file=_path(environ, "WINNOW_IDENTIFIER_KEY_FILE"),
        log_level=level,
    )


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(value) if value else None


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if name.startswith("WINNOW_") and name not in VARIABLES:
            near = get_close_matches(name, VARIABLES, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(VARIABLES)}"
            raise HomeError(f"there is no setting {name!r}; {advice}")
