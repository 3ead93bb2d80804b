"""Sealing: the documented bytes, made a second way, and every kind of tampering."""

import copy
import hashlib
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seasons.drawing import draw, parse_family
from seasons.formula_files import parse_formula
from seasons.sealing import (
    Draw,
    Sealable,
    canonical_formula,
    check_reveal,
    commitment_leaf,
    decrypt,
    encrypt,
    reveal_document,
)
from warehouse.errors import FormulaError, VerificationFailed
from warehouse.records import Week

AT = datetime(2025, 3, 21, tzinfo=UTC)
WEEK = Week(1, 5, AT, AT, AT)
KEY, NONCE, SALT = b"k" * 32, b"n" * 12, bytes(range(32))
FILE = """
[[pool]]
name = "fees"
share_bps = 10000
measure = "net_fees_usd"
curve = { kind = "power", tenths = 9 }
minimum = "0.50"
"""
FAMILY = FILE.replace("share_bps = 10000", "share_bps = [1, 10000]").replace('"0.50"', '["1", "2"]')
CANONICAL = (
    '{"pool":[{"boosts":{"maker_bps":10000,"market":{},"tier":{}},"cap_bps":null,'
    '"curve":{"kind":"power","tenths":9},"measure":"net_fees_usd","minimum":"0.5",'
    '"name":"fees","share_bps":10000}],"season":1,"week":5}'
)


def by_hand() -> Sealable:
    return Sealable(canonical_formula(parse_formula(FILE), 1, 5), SALT)


def drawn() -> Sealable:
    formula = draw(parse_family(FAMILY), b"s" * 32)
    return Sealable(canonical_formula(formula, 1, 5), SALT, Draw(b"s" * 32, FAMILY))


def test_the_canonical_text_is_the_documented_one() -> None:
    assert by_hand().canonical == CANONICAL


def test_the_commitment_is_the_hash_of_the_documented_bytes() -> None:
    content = b"winnow-formula/v1\x00" + SALT + CANONICAL.encode()
    assert by_hand().commitment == hashlib.sha256(content).hexdigest()


def test_the_same_formula_with_another_salt_or_week_is_another_commitment() -> None:
    other_week = Sealable(canonical_formula(parse_formula(FILE), 1, 6), SALT)
    other_salt = Sealable(CANONICAL, bytes(32))
    assert len({by_hand().commitment, other_week.commitment, other_salt.commitment}) == 3


def test_a_salt_has_32_bytes() -> None:
    with pytest.raises(FormulaError, match="32 bytes"):
        _ = Sealable(CANONICAL, b"short").commitment


@pytest.mark.parametrize("sealable", [by_hand(), drawn()])
def test_what_was_encrypted_is_decrypted(sealable: Sealable) -> None:
    blob = encrypt(sealable, KEY, NONCE, "S1W05")
    assert decrypt(blob, KEY, "S1W05", sealable.commitment) == sealable
    assert sealable.formula.pools[0].measure == "net_fees_usd"


def test_the_ciphertext_has_the_documented_form() -> None:
    sealable = by_hand()
    blob = encrypt(sealable, KEY, NONCE, "S1W05")
    bound = b"winnow-sealed/v1\x00S1W05\x00" + sealable.commitment.encode()
    plain = json.loads(AESGCM(KEY).decrypt(blob[:12], blob[12:], bound))
    assert plain == {"canonical": CANONICAL, "salt": SALT.hex(), "draw": None}


def test_a_changed_file_another_key_week_or_commitment_opens_nothing() -> None:
    sealable = by_hand()
    blob = encrypt(sealable, KEY, NONCE, "S1W05")
    flipped = blob[:20] + bytes([blob[20] ^ 1]) + blob[21:]
    for attempt in (
        (flipped, KEY, "S1W05", sealable.commitment),
        (blob[:5], KEY, "S1W05", sealable.commitment),
        (blob, b"x" * 32, "S1W05", sealable.commitment),
        (blob, KEY, "S1W06", sealable.commitment),
        (blob, KEY, "S1W05", "0" * 64),
    ):
        with pytest.raises(FormulaError, match="cannot be opened"):
            decrypt(*attempt)


def test_nothing_secret_shows_in_a_repr() -> None:
    assert repr(drawn()) == "Sealable()"
    assert repr(drawn().draw) == "Draw()"


@pytest.mark.parametrize("sealable", [by_hand(), drawn()])
def test_a_trader_can_check_a_reveal(sealable: Sealable) -> None:
    document, leaf = published(sealable)
    assert check_reveal(document, leaf) == sealable.formula


def test_whatever_is_changed_in_a_reveal_is_noticed() -> None:
    document, leaf = published(drawn())
    for change in (
        lambda d: d["formula"]["pool"][0].update(minimum="3"),
        lambda d: d["formula"].update(week=6),
        lambda d: d.update(week=6),
        lambda d: d.update(salt="00" * 32),
        lambda d: d.update(salt="no hex"),
        lambda d: d.update(commitment="0" * 64),
        lambda d: d.update(draw=None),
        lambda d: d["draw"].update(seed="01" * 32),
        lambda d: d["draw"].update(family=FAMILY + "\n"),
        lambda d: d.pop("formula"),
    ):
        changed = copy.deepcopy(document)
        change(changed)
        with pytest.raises(VerificationFailed):
            check_reveal(changed, leaf)


def test_a_reveal_fits_its_own_leaf_alone() -> None:
    document, leaf = published(drawn())
    for change in (
        {"commitment": "0" * 64},
        {"week": 6},
        {"family_sha256": None},
        {"drawn": False},
    ):
        with pytest.raises(VerificationFailed):
            check_reveal(document, leaf | change)


def published(sealable: Sealable) -> tuple[dict, dict]:
    leaf = commitment_leaf(WEEK, sealable, "2025-03-01T00:00:00+00:00", late=False)
    return json.loads(json.dumps(reveal_document(WEEK, sealable))), json.loads(json.dumps(leaf))
