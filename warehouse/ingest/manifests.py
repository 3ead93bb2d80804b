"""Manifests: the feed's word that a day is complete.

A file `complete-2025-07-03.json` holds, for each kind that is complete for that UTC day, how many
files the feed wrote and how many events they hold, an event that it sent twice counted once:

    {"kinds": {"fills": {"files": 3, "rows": 12345}, "logins": {"files": 1, "rows": 0}}}

The books of a week close only over days whose registered rows reach the declared number. The
number of files is kept for people; it is not tested, since a file may hold several days.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NoReturn

from warehouse.errors import SourceRefused
from warehouse.schemas import KIND_BY_NAME

_BYTES_MAX: Final = 1 << 20
_FILES_MAX: Final = 2**31 - 1
_ROWS_MAX: Final = 2**63 - 1


@dataclass(frozen=True)
class Declared:
    """What a manifest declares of one kind.

    Attributes:
        kind: Name of the kind.
        files: Number of files of the feed.
        rows: Number of events.
    """

    kind: str
    files: int
    rows: int


@dataclass(frozen=True)
class Manifest:
    """A day that the feed declared complete, with its kinds in the order of their names."""

    day: date
    kinds: tuple[Declared, ...]


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        SourceRefused: Its name holds no day, or its content is not as described above.
    """
    try:
        day = date.fromisoformat(path.name.removeprefix("complete-").removesuffix(".json"))
    except ValueError as error:
        raise SourceRefused("the name holds no day; write it like complete-2025-07-03.json") from (
            error
        )
    if path.stat().st_size > _BYTES_MAX:
        raise SourceRefused(f"a manifest has at most {_BYTES_MAX} bytes")
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=_Pairs, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise SourceRefused("the manifest is not JSON") from error
    kinds = _table(content, ("kinds",))["kinds"]
    if not isinstance(kinds, _Pairs) or not kinds:
        raise SourceRefused("'kinds' has to be an object that names at least one kind")
    table = _table(kinds, tuple(KIND_BY_NAME), all_needed=False)
    return Manifest(day, tuple(_declared(kind, table[kind]) for kind in sorted(table)))


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a key that is there twice is seen."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _table(value: object, names: tuple[str, ...], *, all_needed: bool = True) -> dict[str, object]:
    if not isinstance(value, _Pairs):
        raise SourceRefused(f"the manifest needs an object with {', '.join(names)}")
    keys = [key for key, _ in value]
    if len(set(keys)) < len(keys):
        raise SourceRefused("the manifest names a key twice")
    unknown = sorted(set(keys) - set(names))
    if unknown:
        raise SourceRefused(f"the manifest has an unknown key {unknown[0][:80]!r}")
    if all_needed and len(keys) < len(names):
        raise SourceRefused(f"the manifest needs {', '.join(names)}")
    return dict(value)


def _declared(kind: str, value: object) -> Declared:
    counts = _table(value, ("files", "rows"))
    bounds = {"files": _FILES_MAX, "rows": _ROWS_MAX}
    for name, most in bounds.items():
        count = counts[name]
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= most:
            raise SourceRefused(f"{name!r} of {kind} has to be a whole number from 0 to {most}")
    return Declared(kind, int(str(counts["files"])), int(str(counts["rows"])))
