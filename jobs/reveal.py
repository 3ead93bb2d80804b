"""Reveals a sealed formula, once its time has come, so that any trader can check it.

1. The formula is opened and checked against its commitment in the log, as a trader would. The books
   of its week are closed by then: nothing that is stored later can be shaped to it.
2. The reveal file is written whole to `home/published/reveals/`.
3. One transaction appends the reveal to the log and records it. A crash before it leaves a file
   that the next run writes again, byte for byte.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jobs.formula import load_sealed, require_sealed
from jobs.keys import Keys
from jobs.signing import append_leaf
from seasons.sealing import check_reveal, reveal_document
from seasons.terms import Terms
from warehouse import log
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import FormulaError
from warehouse.events import load_close
from warehouse.formulas import Reveal, store_reveal, write_whole
from warehouse.home import Home
from warehouse.records import Week

SEASON_END: Final = -1


@dataclass(frozen=True)
class Revealed:
    """A revealed formula.

    Attributes:
        week: Label of the week.
        path: The reveal file.
        commitment: What it was checked against.
        revealed_at: When it was revealed first.
        leaf_index: Of the reveal's leaf in the log.
    """

    week: str
    path: Path
    commitment: str
    revealed_at: datetime
    leaf_index: int


def reveal_at(terms: Terms, week: Week) -> datetime:
    """Return when a week's formula may be revealed, by the season's terms.

    The season's end is the issue instant of its last week: revealed earlier, formulas of one family
    would help to guess the last.
    """
    if terms.reveal_after_weeks == SEASON_END:
        return terms.calendar.week(terms.weeks).issue_at
    return week.issue_at + timedelta(weeks=terms.reveal_after_weeks)


def reveal(home: Home, keys: Keys, terms: Terms, week: Week, now: datetime) -> Revealed:
    """Reveal a week's formula, or return the reveal that is there already.

    Raises:
        FormulaError: It is not to be revealed yet, nothing is sealed for the week, or its books are
            still open.
        VerificationFailed: What is sealed is not what the log has.
    """
    due = reveal_at(terms, week)
    if now < due:
        raise FormulaError(
            f"the formula of {week.label!r} is not to be revealed before "
            f"{due:%Y-%m-%d %H:%M} UTC; it is {now:%Y-%m-%d %H:%M} UTC"
        )
    with warehouse(home, read_only=True) as connection:
        _check_closed(connection, week)
        commitment, sealable = load_sealed(home, keys, connection, week.season, week.number)
        leaf = json.loads(log.leaves(connection)[commitment.leaf_index][1])
    document = reveal_document(week, sealable)
    check_reveal(document, leaf)
    content = (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
    write_whole(reveal_path(home, week.label), content)
    with transaction(home) as connection:
        known = require_sealed(connection, week).reveal
        if known is None:
            body = _reveal_leaf(document, content, now)
            known = Reveal(now, append_leaf(connection, home, keys, body, now))
            store_reveal(connection, week.season, week.number, known)
    path = reveal_path(home, week.label)
    return Revealed(week.label, path, commitment.commitment, known.revealed_at, known.leaf_index)


def _check_closed(connection: Connection, week: Week) -> None:
    require_sealed(connection, week)
    if load_close(connection, week.season, week.number) is None:
        raise FormulaError(
            f"the books of {week.label!r} are open, and events may still be stored that count; "
            f"issue the week first: winnow issue {week.label}"
        )


def reveal_path(home: Home, label: str) -> Path:
    """Return the path of a week's reveal file."""
    return home.reveals / f"{label}.json"


def _reveal_leaf(document: Mapping[str, Any], content: bytes, now: datetime) -> dict[str, Any]:
    return {
        "type": "reveal",
        "season": document["season"],
        "week": document["week"],
        "commitment": document["commitment"],
        "file_sha256": hashlib.sha256(content).hexdigest(),
        "revealed_at": now.isoformat(),
    }
