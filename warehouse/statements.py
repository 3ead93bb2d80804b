"""Loads the SQL files that lie in `warehouse/sql/`, each one thought, with its story on top."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """Return the text of `warehouse/sql/<name>.sql`.

    Args:
        name: Path below `warehouse/sql/` without its ending, as in "activity/fills".

    Raises:
        FileNotFoundError: There is no such file.
    """
    return files("warehouse").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def names(folder: str) -> tuple[str, ...]:
    """Return the names of all statements in a folder, sorted, fit for `statement`."""
    entries = files("warehouse").joinpath("sql", folder).iterdir()
    stems = (entry.name.removesuffix(".sql") for entry in entries if entry.name.endswith(".sql"))
    return tuple(f"{folder}/{stem}" for stem in sorted(stems))
