"""The inbox: where the feed drops source files and `winnow run` picks them up.

A feed writes a file under a name that begins with '.' or ends in '.part' and renames it when it is
complete. For feeds that can't, a file is taken only once it has not changed for a while. Links are
left alone. A file that was ingested moves to `inbox/done/`; one of which no row could be
taken to `inbox/refused/`. Nothing is deleted, and a file that changed meanwhile stays for the next
look: what it had already is then a duplicate.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

DONE: Final = "done"
REFUSED: Final = "refused"
_UNFINISHED: Final = (".part", ".partial", ".tmp", ".crdownload", "~")


@dataclass(frozen=True, order=True)
class Arrival:
    """A settled file in the inbox, as it was when we looked.

    Attributes:
        path: Where it lies.
        size: Its bytes.
        changed_ns: When it was changed last, in nanoseconds.
    """

    path: Path
    size: int
    changed_ns: int


def settled_files(inbox: Path, *, real_now: datetime, settle: timedelta) -> tuple[Arrival, ...]:
    """Return the files that have stood still for `settle`, in order of their paths.

    Args:
        inbox: The folder, with or without a folder a kind in it.
        real_now: From the real clock, since files are stamped by it.
        settle: How long a file must not have changed.
    """
    arrivals = []
    for path in sorted(inbox.rglob("*")):
        inside = path.relative_to(inbox)
        if inside.parts[0] in (DONE, REFUSED) or _unfinished(inside) or not _regular(path):
            continue
        arrival = _look(path)
        if arrival is None:
            continue
        if real_now - datetime.fromtimestamp(arrival.changed_ns / 1e9, UTC) >= settle:
            arrivals.append(arrival)
    return tuple(arrivals)


def name_of(arrivals: Sequence[Arrival]) -> str | None:
    """Name a set of arrivals, so that a run for it can be claimed; None for no file."""
    if not arrivals:
        return None
    listing = "\n".join(f"{a.path.name}\t{a.size}\t{a.changed_ns}" for a in arrivals)
    return f"{len(arrivals)} files {hashlib.sha256(listing.encode()).hexdigest()[:16]}"


def put_away(
    inbox: Path, arrivals: Sequence[Arrival], refused: Sequence[Path], stamp: str
) -> tuple[Path, ...]:
    """Move ingested files out of the way and return those that changed meanwhile and stay.

    Args:
        inbox: The folder.
        arrivals: The files, as they were before they were ingested.
        refused: Those among them of which no row could be taken.
        stamp: Name of the folder they move to, within `done` or `refused`.
    """
    changed = []
    for arrival in arrivals:
        if _look(arrival.path) != arrival:
            changed.append(arrival.path)
            continue
        shelf = REFUSED if arrival.path in refused else DONE
        target = inbox / shelf / stamp / arrival.path.relative_to(inbox)
        target.parent.mkdir(parents=True, exist_ok=True)
        arrival.path.rename(target)
    return tuple(changed)


def _regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _unfinished(inside: Path) -> bool:
    return any(part.startswith(".") for part in inside.parts) or inside.name.endswith(_UNFINISHED)


def _look(path: Path) -> Arrival | None:
    """Look at a file; None where the feed has taken it away again."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return Arrival(path, state.st_size, state.st_mtime_ns)
