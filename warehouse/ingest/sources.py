"""Finds the source files: which kind, which format, and what is left alone, with the reason."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from warehouse.ingest.summary import MANIFEST, FileResult
from warehouse.schemas import KIND_BY_NAME

Format = Literal["parquet", "csv", "ndjson", "manifest"]

_FORMATS: Final[dict[str, Format]] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
}
_COMPRESSED: Final = (".gz", ".zst", ".zstd")
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".crdownload", "~")
_KIND_IN_NAME: Final = re.compile(rf"({'|'.join(KIND_BY_NAME)})(?![A-Za-z])")
_MANIFEST_NAME: Final = re.compile(r"complete-\d{4}-\d{2}-\d{2}\.json")


@dataclass(frozen=True)
class Source:
    """One file to be taken.

    Attributes:
        path: Where it lies.
        name: Path below the folder that was given, fit to be shown and stored.
        kind: Name of its event kind, or 'manifest'.
        format: How it is written.
        size: In bytes, when it was found.
    """

    path: Path
    name: str
    kind: str
    format: Format
    size: int


def find_sources(paths: Iterable[Path]) -> tuple[tuple[Source, ...], tuple[FileResult, ...]]:
    """Return the sources below the given files and folders, and what was left alone.

    The order is that of the names, manifests last, so that the same folder is always taken up the
    same way. A link inside of a folder is left alone: what it points to may lie outside of what
    the operator meant to give. A link that is itself given is followed.
    """
    sources: list[Source] = []
    others: list[FileResult] = []
    for given in paths:
        for path, name in _walk(given, others):
            found = _classify(given, path, name)
            (sources if isinstance(found, Source) else others).append(found)  # type: ignore[arg-type]
    sources.sort(key=lambda source: (source.kind == MANIFEST, source.name, str(source.path)))
    return tuple(sources), tuple(others)


def shown_name(path: Path | str) -> str:
    """Return a path as text that is safe to print and to store, whatever bytes its name has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _walk(given: Path, others: list[FileResult]) -> Iterator[tuple[Path, str]]:
    """Yield every file below a path with its name; a folder that cannot be listed is refused."""
    if not given.is_dir():
        yield given, shown_name(given.name)
        return

    def refuse(error: OSError) -> None:
        name = shown_name(os.path.relpath(error.filename, given))
        others.append(FileResult(name, "refused", reason=f"cannot be listed: {error.strerror}"))

    for folder, folders, names in os.walk(given, onerror=refuse):
        folders.sort()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted(names + links):
            path = Path(folder) / name
            yield path, shown_name(path.relative_to(given))


def _classify(given: Path, path: Path, name: str) -> Source | FileResult:
    if path != given and path.is_symlink():
        return FileResult(name, "skipped", reason="it is a link; give what it points to instead")
    try:
        found = path.stat()
    except OSError:
        return FileResult(name, "refused", reason="there is no such file")
    regular = stat.S_ISREG(found.st_mode)
    if regular and _MANIFEST_NAME.fullmatch(path.name):
        return Source(path, name, MANIFEST, "manifest", found.st_size)
    file_format, kind = _format_of(path), _kind_of(given, path)
    if not regular:
        reason = "it is not a regular file"
    elif path.name.startswith(".") or path.name.endswith(_UNFINISHED):
        reason = "it is hidden or unfinished by its name"
    elif file_format is None:
        reason = "its name does not end in an event format"
    elif kind is None:
        reason = "neither its name nor its folder names a kind"
    else:
        return Source(path, name, kind, file_format, found.st_size)
    return FileResult(name, "skipped", reason=reason)


def _format_of(path: Path) -> Format | None:
    stem = path.name.lower()
    for ending in _COMPRESSED:
        stem = stem.removesuffix(ending)
    return _FORMATS.get(Path(stem).suffix)


def _kind_of(given: Path, path: Path) -> str | None:
    """The kind that a file's name begins with, or else that of the nearest folder so named.

    Of a file that was itself given, two folders above it count (`fills/day=2025-03-21/a.csv`).
    """
    match = _KIND_IN_NAME.match(path.name)
    if match:
        return match[1]
    if given.is_dir():
        folders = (*path.parent.relative_to(given).parts[::-1], given.absolute().name)
    else:
        folders = tuple(folder.name for folder in path.absolute().parents[:2])
    return next((folder for folder in folders if folder in KIND_BY_NAME), None)
