"""The home: one folder that holds everything a programme knows, save its secret keys."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import HomeError

_WILDCARDS: Final = "*?["


@dataclass(frozen=True)
class Home:
    """The paths of one home. It only names; it touches nothing.

    Attributes:
        root: Absolute path of the folder.
        home_id: Random name that the log's checkpoints carry.
        rehearsal: Whether a stand-in clock is allowed; every checkpoint and page says so.
    """

    root: Path
    home_id: str
    rehearsal: bool

    @property
    def warehouse(self) -> Path:
        """The small DuckDB file: registry, ledger, cases, runs."""
        return self.root / "warehouse.duckdb"

    @property
    def events(self) -> Path:
        """Registered event files, `<kind>/day=YYYY-MM-DD/*.parquet`."""
        return self.root / "events"

    @property
    def inbox(self) -> Path:
        """Where the feed drops source files for `winnow run`."""
        return self.root / "inbox"

    @property
    def private(self) -> Path:
        """Raw addresses, devices and the text of quarantined rows; for its owner alone."""
        return self.root / "private"

    @property
    def staging(self) -> Path:
        """Unfinished work; whatever lies here when a job starts is swept."""
        return self.root / "staging"

    @property
    def notices(self) -> Path:
        """What owners are told, `<case>/<move>/<reference>.json` and `.txt`; made on demand."""
        return self.root / "notices"

    @property
    def published(self) -> Path:
        """Read-only copies for analysts; `current.duckdb` points at the newest."""
        return self.root / "published"

    @property
    def sealed(self) -> Path:
        """Encrypted formulas."""
        return self.root / "sealed"

    @property
    def family(self) -> Path:
        """The declared family that formulas are drawn from."""
        return self.root / "family.toml"

    @property
    def reveals(self) -> Path:
        """One JSON file a revealed formula, `S1W05.json`."""
        return self.published / "reveals"

    @property
    def keys(self) -> Path:
        """The log's public key and check values of the secret keys; no secret."""
        return self.root / "keys"

    @property
    def seasons(self) -> Path:
        """One season file a season, `S1.toml`."""
        return self.root / "seasons"

    @property
    def policy(self) -> Path:
        """The enforcement policy."""
        return self.root / "policy.toml"

    @property
    def detection(self) -> Path:
        """Costs, caps and thresholds of the detection."""
        return self.root / "detection.toml"

    @property
    def schedule(self) -> Path:
        """What `winnow run` does and when."""
        return self.root / "schedule.toml"

    @property
    def card(self) -> Path:
        """The file that makes a folder a home: its id and whether it is a rehearsal."""
        return self.root / "home.toml"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that a home has, in the order in which they are made."""
        return (
            self.root,
            self.events,
            self.inbox,
            self.private,
            self.staging,
            self.published,
            self.sealed,
            self.keys,
            self.seasons,
        )


def create_home(root: Path, home_id: str, *, rehearsal: bool) -> Home:
    """Make the folders of a new home and its card.

    Raises:
        HomeError: There is something in the folder already, or its path holds a wildcard.
    """
    root = _plain(root)
    if root.exists() and any(root.iterdir()):
        raise HomeError(f"{str(root)!r} is not empty; choose another folder for the new home")
    home = Home(root, home_id, rehearsal)
    for folder in home.folders:
        folder.mkdir(parents=True, exist_ok=True)
    home.private.chmod(0o700)
    home.staging.chmod(0o700)  # holds raw source text while it is checked
    home.card.write_text(
        f'home_id = "{home_id}"\nrehearsal = {str(rehearsal).lower()}\n', encoding="utf-8"
    )
    return home


def open_home(root: Path) -> Home:
    """Return the home in a folder.

    Raises:
        HomeError: The folder is no home, its card cannot be read, its warehouse is gone, or its
            path holds a wildcard.
    """
    root = _plain(root)
    try:
        card = tomllib.loads((root / "home.toml").read_text(encoding="utf-8"))
        home = Home(root, str(card["home_id"]), bool(card["rehearsal"]))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HomeError(
            f"{str(root)!r} is not a home; make one with: winnow --home {root} init"
        ) from error
    except (ValueError, KeyError, RecursionError) as error:
        raise HomeError(f"{str(root / 'home.toml')!r} cannot be read: {error}") from error
    if not home.warehouse.exists():  # DuckDB would make an empty one in its place
        raise HomeError(f"{str(home.warehouse)!r} is missing; restore it from a backup")
    return home


def _plain(root: Path) -> Path:
    """Return the absolute path, which must not be a pattern.

    DuckDB reads `home*` as every home whose name begins so, and would add their events up.
    """
    root = root.absolute()
    if any(sign in str(root) for sign in _WILDCARDS):
        raise HomeError(
            f"the path {str(root)!r} holds one of {_WILDCARDS!r}, which DuckDB reads as a pattern; "
            "choose another folder for the home"
        )
    return root
