"""Stores which formula was committed to for a week, where its ciphertext lies, and its reveal."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from warehouse.connection import Connection, Row, rows
from warehouse.errors import FormulaError
from warehouse.home import Home
from warehouse.instants import from_stored, to_stored

_COLUMNS: Final = """
    c.season, c.week, c.commitment, c.sealed_at, c.late, c.drawn, c.path, c.leaf_index,
    r.revealed_at, r.leaf_index
"""
_SOURCE: Final = "commitments as c left join reveals as r using (season, week)"


@dataclass(frozen=True)
class Reveal:
    """That a formula was revealed.

    Attributes:
        revealed_at: When, first.
        leaf_index: Of its leaf in the log.
    """

    revealed_at: datetime
    leaf_index: int


@dataclass(frozen=True)
class Commitment:
    """What is known in public of a week's formula.

    Attributes:
        season: Number of the season.
        week: Number of the week.
        commitment: SHA-256 in hexadecimal; see `seasons.sealing`.
        sealed_at: By the real clock.
        late: Whether the window had opened by then.
        drawn: Whether it was drawn from a declared family.
        path: Of the ciphertext, relative to the home.
        leaf_index: Of its leaf in the log.
        reveal: None before the formula was revealed.
    """

    season: int
    week: int
    commitment: str
    sealed_at: datetime
    late: bool
    drawn: bool
    path: str
    leaf_index: int
    reveal: Reveal | None = None

    @property
    def label(self) -> str:
        """Label of the week, as in 'S1W05'."""
        return f"S{self.season}W{self.week:02d}"


def store_commitment(connection: Connection, commitment: Commitment) -> None:
    """Register a sealed formula inside the caller's transaction.

    Raises:
        FormulaError: The week has one already.
    """
    refuse_second(connection, commitment.season, commitment.week)
    connection.execute(
        "insert into commitments values ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            commitment.season,
            commitment.week,
            commitment.commitment,
            to_stored(commitment.sealed_at),
            commitment.late,
            commitment.drawn,
            commitment.path,
            commitment.leaf_index,
        ],
    )


def refuse_second(connection: Connection, season: int, week: int) -> None:
    """Check that a week has no commitment yet.

    Raises:
        FormulaError: It has one, and it stands.
    """
    found = find_commitment(connection, season, week)
    if found is not None:
        raise FormulaError(
            f"{found.label!r} has been sealed already, at {found.sealed_at:%Y-%m-%d %H:%M} UTC; "
            "a week has one commitment, and it stands"
        )


def find_commitment(connection: Connection, season: int, week: int) -> Commitment | None:
    """Return a week's commitment, or None."""
    found = rows(
        connection,
        f"select {_COLUMNS} from {_SOURCE} where c.season = $1 and c.week = $2",  # noqa: S608
        [season, week],
    )
    return _to_commitment(found[0]) if found else None


def commitments(connection: Connection) -> tuple[Commitment, ...]:
    """Return every commitment in the order of weeks."""
    found = rows(connection, f"select {_COLUMNS} from {_SOURCE} order by c.season, c.week")  # noqa: S608
    return tuple(map(_to_commitment, found))


def store_reveal(connection: Connection, season: int, week: int, reveal: Reveal) -> None:
    """Record inside the caller's transaction that a formula was revealed."""
    connection.execute(
        "insert into reveals values ($1, $2, $3, $4)",
        [season, week, to_stored(reveal.revealed_at), reveal.leaf_index],
    )


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that no crash leaves half of one under its name, durable on return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_sealed(home: Home, commitment: Commitment) -> bytes:
    """Return the ciphertext of a sealed formula.

    Raises:
        FormulaError: The file is not there.
    """
    try:
        return (home.root / commitment.path).read_bytes()
    except OSError as error:
        raise FormulaError(
            f"the sealed formula of {commitment.label!r} cannot be read ({error.strerror}); "
            f"restore {commitment.path!r} from a backup of the home"
        ) from error


def _to_commitment(row: Row) -> Commitment:
    season, week, commitment, sealed_at, late, drawn, path, leaf, revealed_at, reveal_leaf = row
    return Commitment(
        season=season,
        week=week,
        commitment=commitment,
        sealed_at=from_stored(sealed_at),
        late=late,
        drawn=drawn,
        path=path,
        leaf_index=leaf,
        reveal=revealed_at and Reveal(from_stored(revealed_at), reveal_leaf),
    )
