"""What is committed to before a window opens, and how any trader checks it after the reveal.

The exact bytes. Checking needs SHA-256, RFC 8785 and this page, nothing of ours:

1. The formula of a week is a JSON object {"pool": [...], "season": 1, "week": 5}. Each pool has all
   of the keys name, share_bps, measure, curve, minimum, cap_bps (null: no cap) and boosts
   (maker_bps, market, tier); amounts are decimal strings. curve is {"kind": "linear"},
   {"kind": "log"}, {"kind": "power", "tenths": n} or
   {"kind": "tiers", "tiers": [[from, rate], ...]}.
2. Its canonical text is the RFC 8785 serialisation of that object, in UTF-8.
3. commitment = SHA-256("winnow-formula/v1" ‖ 0x00 ‖ salt ‖ canonical text), in lower case
   hexadecimal; the salt is 32 random bytes. Without it the few likely formulas could be tried out.
4. The commitment stands in the log before the window opens: a leaf {"type": "commitment", "season",
   "week", "commitment", "sealed_at", "late", "drawn", "family_sha256"}; "late" is true where the
   window had opened before, and "family_sha256" is null unless the formula was drawn.
5. A reveal is a JSON file {"season", "week", "commitment", "salt" (hexadecimal), "formula" (the
   object of 1.), "draw"}. "draw" is null, or {"seed" (hexadecimal), "family" (the text of the
   family file)}: SHA-256 of that text in UTF-8 is the leaf's "family_sha256", and drawing from it
   by `seasons.drawing` gives the formula again.

At rest a sealed formula is nonce (12 bytes) ‖ AES-256-GCM ciphertext and tag, under the home's
formula key; the associated data are "winnow-sealed/v1" ‖ 0x00 ‖ label ‖ 0x00 ‖ commitment.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seasons.drawing import draw, parse_family
from seasons.formula_files import read_document, write_document
from seasons.formulas import Formula
from seasons.proofs import canonical_json
from warehouse.errors import FormulaError, VerificationFailed
from warehouse.records import Week

SALT_BYTES: Final = 32
NONCE_BYTES: Final = 12
_COMMITMENT_TAG: Final = b"winnow-formula/v1\0"
_SEALED_TAG: Final = b"winnow-sealed/v1\0"


@dataclass(frozen=True)
class Draw:
    """From what a formula was drawn.

    Attributes:
        seed: The week's seed, 32 bytes.
        family: Text of the family file.
    """

    seed: bytes = field(repr=False)
    family: str = field(repr=False)

    @property
    def family_sha256(self) -> str:
        """SHA-256 of the family's text, in hexadecimal."""
        return hashlib.sha256(self.family.encode()).hexdigest()


@dataclass(frozen=True)
class Sealable:
    """Everything that is sealed of a week's formula. Its values never appear in a repr.

    Attributes:
        canonical: Canonical text of the formula with season and week; this is committed to.
        salt: 32 random bytes.
        draw: From what it was drawn; None where it was written by hand.
    """

    canonical: str = field(repr=False)
    salt: bytes = field(repr=False)
    draw: Draw | None = field(default=None, repr=False)

    @property
    def commitment(self) -> str:
        """What goes into the log, in hexadecimal."""
        return commitment_of(self.canonical, self.salt)

    @property
    def formula(self) -> Formula:
        """The formula itself."""
        document = json.loads(self.canonical)
        return read_document({"pool": document["pool"]})


def canonical_formula(formula: Formula, season: int, week: int) -> str:
    """Return the canonical text of a week's formula; step 1 and 2 above."""
    return canonical_json({**write_document(formula), "season": season, "week": week})


def commitment_of(canonical: str, salt: bytes) -> str:
    """Return the commitment to a canonical text, in hexadecimal; step 3 above."""
    if len(salt) != SALT_BYTES:
        raise FormulaError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(_COMMITMENT_TAG + salt + canonical.encode()).hexdigest()


def encrypt(sealable: Sealable, key: bytes, nonce: bytes, label: str) -> bytes:
    """Return what lies in `home/sealed/`.

    Args:
        sealable: What to encrypt.
        key: 32 bytes.
        nonce: 12 bytes, never used before with this key.
        label: Of the week, as in 'S1W05'.
    """
    drawn = sealable.draw
    plain = canonical_json(
        {
            "canonical": sealable.canonical,
            "salt": sealable.salt.hex(),
            "draw": drawn and {"seed": drawn.seed.hex(), "family": drawn.family},
        }
    )
    bound = _bound_to(label, sealable.commitment)
    return nonce + AESGCM(key).encrypt(nonce, plain.encode(), bound)


def decrypt(blob: bytes, key: bytes, label: str, commitment: str) -> Sealable:
    """Return what was encrypted, checked against the commitment.

    Raises:
        FormulaError: The key is another one, or the bytes are not those that were sealed.
    """
    nonce, cipher = blob[:NONCE_BYTES], blob[NONCE_BYTES:]
    try:
        plain = json.loads(AESGCM(key).decrypt(nonce, cipher, _bound_to(label, commitment)))
    except (InvalidTag, ValueError) as error:
        raise FormulaError(
            f"the sealed formula of {label!r} cannot be opened: the formula key is another one, "
            "or the file was changed; restore key or file from a backup"
        ) from error
    drawn = plain["draw"] and Draw(bytes.fromhex(plain["draw"]["seed"]), plain["draw"]["family"])
    sealable = Sealable(plain["canonical"], bytes.fromhex(plain["salt"]), drawn)
    if sealable.commitment != commitment:
        raise FormulaError(f"the sealed formula of {label!r} is not the one committed to")
    return sealable


def commitment_leaf(
    week: Week, sealable: Sealable, sealed_at: str, *, late: bool
) -> dict[str, Any]:
    """Return the body of the log leaf; step 4 above."""
    return {
        "type": "commitment",
        "season": week.season,
        "week": week.number,
        "commitment": sealable.commitment,
        "sealed_at": sealed_at,
        "late": late,
        "drawn": sealable.draw is not None,
        "family_sha256": sealable.draw and sealable.draw.family_sha256,
    }


def reveal_document(week: Week, sealable: Sealable) -> dict[str, Any]:
    """Return what is published of a week's formula; step 5 above."""
    drawn = sealable.draw
    return {
        "season": week.season,
        "week": week.number,
        "commitment": sealable.commitment,
        "salt": sealable.salt.hex(),
        "formula": json.loads(sealable.canonical),
        "draw": drawn and {"seed": drawn.seed.hex(), "family": drawn.family},
    }


def check_reveal(document: Mapping[str, Any], leaf: Mapping[str, Any]) -> Formula:
    """Check a published reveal against the commitment's leaf, as any trader can, and return it.

    Args:
        document: The reveal file, parsed from JSON.
        leaf: The body of the log leaf of type 'commitment', parsed from JSON.

    Returns:
        The formula that was fixed when the leaf was written.

    Raises:
        VerificationFailed: Something differs from what was committed to.
    """
    try:
        return _check_reveal(document, leaf)
    except (KeyError, TypeError, ValueError, FormulaError) as error:
        raise VerificationFailed(f"the reveal cannot be read: {error}") from error


def _check_reveal(document: Mapping[str, Any], leaf: Mapping[str, Any]) -> Formula:
    revealed = document["formula"]
    places = [(part["season"], part["week"]) for part in (document, revealed, leaf)]
    if len(set(places)) > 1:
        raise VerificationFailed(f"reveal, formula and leaf are of different weeks: {places!r}")
    found = commitment_of(canonical_json(revealed), bytes.fromhex(document["salt"]))
    if not found == document["commitment"] == leaf["commitment"]:
        raise VerificationFailed(
            f"the revealed formula gives commitment {found!r}; the log has {leaf['commitment']!r}"
        )
    formula = read_document({"pool": revealed["pool"]})
    if (document["draw"] is not None) != leaf["drawn"]:
        raise VerificationFailed("reveal and leaf disagree on whether the formula was drawn")
    if document["draw"] is not None:
        drawn = Draw(bytes.fromhex(document["draw"]["seed"]), document["draw"]["family"])
        if drawn.family_sha256 != leaf["family_sha256"]:
            raise VerificationFailed("the revealed family is not the one in the log")
        if draw(parse_family(drawn.family), drawn.seed) != formula:
            raise VerificationFailed("drawing from family and seed gives another formula")
    return formula


def _bound_to(label: str, commitment: str) -> bytes:
    return _SEALED_TAG + label.encode() + b"\0" + commitment.encode()
