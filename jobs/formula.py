"""Seals formulas, by hand or drawn, and opens them for the jobs that may.

1. The formula is read, checked and encrypted; the ciphertext is written whole to `home/sealed/`.
2. One transaction registers it and appends the commitment to the log. A ciphertext that is not
   registered does not exist, so a crash between the two leaves nothing that counts.

Seal times come from the real clock, always, a rehearsal's included: whoever could choose the clock
could commit to the past.
"""

import secrets
from datetime import datetime
from typing import Final

from jobs.keys import Keys
from jobs.signing import append_leaf
from seasons.drawing import draw, parse_family, week_seed
from seasons.formula_files import parse_formula
from seasons.formulas import Formula
from seasons.sealing import (
    NONCE_BYTES,
    SALT_BYTES,
    Draw,
    Sealable,
    canonical_formula,
    commitment_leaf,
    decrypt,
    encrypt,
)
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import FormulaError
from warehouse.formulas import (
    Commitment,
    commitments,
    find_commitment,
    read_sealed,
    refuse_second,
    store_commitment,
    write_whole,
)
from warehouse.home import Home
from warehouse.records import Week

_OWNER_ALONE: Final = 0o600


def seal(home: Home, keys: Keys, text: str, week: Week, *, real_now: datetime) -> Commitment:
    """Seal a formula for a week and return its commitment.

    Args:
        home: The home.
        keys: Encrypt the formula and sign the log.
        text: The formula file, TOML.
        week: Which week.
        real_now: The real clock, never a stand-in.

    Raises:
        FormulaError: The formula is wrong, or the week has been sealed already.
    """
    canonical = canonical_formula(parse_formula(text), week.season, week.number)
    return _seal(home, keys, week, Sealable(canonical, secrets.token_bytes(SALT_BYTES)), real_now)


def draw_and_seal(home: Home, keys: Keys, week: Week, *, real_now: datetime) -> Commitment:
    """Draw a week's formula from the home's family and seal it, without showing it to anyone.

    Raises:
        FormulaError: There is no family, it is wrong, or the week has been sealed already.
    """
    text = read_family(home)
    drawn = Draw(week_seed(keys.season, week.label), text)
    formula = draw(parse_family(text), drawn.seed)
    canonical = canonical_formula(formula, week.season, week.number)
    sealable = Sealable(canonical, secrets.token_bytes(SALT_BYTES), drawn)
    return _seal(home, keys, week, sealable, real_now)


def read_family(home: Home) -> str:
    """Return the text of the home's family file.

    Raises:
        FormulaError: It is missing or no UTF-8 text.
    """
    try:
        return home.family.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormulaError(
            f"the family file {str(home.family)!r} cannot be read; "
            "declare ranges there before you draw, or seal a formula written by hand"
        ) from error


def list_commitments(home: Home) -> tuple[Commitment, ...]:
    """Return every commitment of a home, in the order of weeks."""
    with warehouse(home, read_only=True) as connection:
        return commitments(connection)


def require_sealed(connection: Connection, week: Week) -> Commitment:
    """Return a week's commitment.

    Raises:
        FormulaError: No formula is sealed for the week.
    """
    return _require(connection, week.season, week.number)


def load_sealed(
    home: Home, keys: Keys, connection: Connection, season: int, week: int
) -> tuple[Commitment, Sealable]:
    """Return a week's commitment and what is sealed behind it, checked against each other.

    Raises:
        FormulaError: Nothing is sealed, or it cannot be opened with this key.
    """
    commitment = _require(connection, season, week)
    blob = read_sealed(home, commitment)
    return commitment, decrypt(blob, keys.formula, commitment.label, commitment.commitment)


def load_formula(home: Home, keys: Keys, connection: Connection, season: int, week: int) -> Formula:
    """Return the formula that was sealed for a week, checked against its commitment.

    Raises:
        FormulaError: Nothing is sealed, or it cannot be opened with this key.
    """
    return load_sealed(home, keys, connection, season, week)[1].formula


def _require(connection: Connection, season: int, week: int) -> Commitment:
    commitment = find_commitment(connection, season, week)
    if commitment is None:
        label = f"S{season}W{week:02d}"
        raise FormulaError(
            f"no formula is sealed for {label!r}; "
            f"seal one with: winnow formula seal FILE --week {label}"
        )
    return commitment


def _seal(home: Home, keys: Keys, week: Week, sealable: Sealable, real_now: datetime) -> Commitment:
    # Asked before anything is written, for the message; the transaction below asks again.
    with warehouse(home, read_only=True) as connection:
        refuse_second(connection, week.season, week.number)
    late = real_now >= week.start
    path = home.sealed / f"{week.label}-{sealable.commitment[:16]}.sealed"
    nonce = secrets.token_bytes(NONCE_BYTES)
    write_whole(path, encrypt(sealable, keys.formula, nonce, week.label), mode=_OWNER_ALONE)
    try:
        with transaction(home) as connection:
            leaf = commitment_leaf(week, sealable, real_now.isoformat(), late=late)
            commitment = Commitment(
                season=week.season,
                week=week.number,
                commitment=sealable.commitment,
                sealed_at=real_now,
                late=late,
                drawn=sealable.draw is not None,
                path=path.relative_to(home.root).as_posix(),
                leaf_index=append_leaf(connection, home, keys, leaf, real_now),
            )
            store_commitment(connection, commitment)
    except FormulaError:
        path.unlink(missing_ok=True)  # another process was faster; ours was never registered
        raise
    return commitment
