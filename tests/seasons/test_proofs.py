"""The log's tree, its checkpoints, and the digest of entries."""

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from seasons.proofs import (
    EMPTY_ROOT,
    check_checkpoint,
    entries_sha256,
    frontier_of,
    leaf_hash,
    origin,
    sign_checkpoint,
)
from warehouse.errors import VerificationFailed
from warehouse.records import Checkpoint

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "points-vectors.json"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = origin("a1b2", rehearsal=False)


def plain_root(leaves: list[bytes]) -> bytes:
    """Return the tree hash by the recursion of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    both = plain_root(leaves[:split]) + plain_root(leaves[split:])
    return hashlib.sha256(b"\x01" + both).digest()


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70))
def test_the_root_is_that_of_the_rfc(leaves: list[bytes]):
    assert frontier_of(leaves).root() == plain_root(leaves)


def test_the_empty_tree_has_the_hash_of_nothing():
    assert frontier_of([]).root() == EMPTY_ROOT


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside the project")
def test_the_root_agrees_with_the_published_vector():
    vector = json.loads(VECTORS.read_text())["rfc6962"]
    assert frontier_of(map(leaf_hash, vector["entries"])).root().hex() == vector["root"]


def test_a_checkpoint_that_we_sign_is_one_that_we_accept():
    checkpoint = sign_checkpoint(frontier_of([leaf_hash("a")]), ORIGIN, KEY)
    check_checkpoint(checkpoint, ORIGIN, KEY.public_key())


def test_a_rehearsal_says_so_in_its_checkpoint():
    rehearsal = origin("a1b2", rehearsal=True)
    assert "rehearsal" in sign_checkpoint(frontier_of([]), rehearsal, KEY).note.splitlines()[0]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda c: Checkpoint(c.size + 1, c.root, c.note),
        lambda c: Checkpoint(c.size, bytes(32), c.note),
        lambda c: Checkpoint(c.size, c.root, c.note.replace("a1b2\n1\n", "a1b2\n2\n")),
        lambda c: Checkpoint(c.size, c.root, "nothing of the kind"),
    ],
)
def test_a_checkpoint_that_was_changed_is_refused(tamper):
    checkpoint = sign_checkpoint(frontier_of([leaf_hash("a")]), ORIGIN, KEY)
    with pytest.raises(VerificationFailed):
        check_checkpoint(tamper(checkpoint), ORIGIN, KEY.public_key())


def test_a_checkpoint_signed_by_another_key_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    checkpoint = sign_checkpoint(frontier_of([]), ORIGIN, other)
    with pytest.raises(VerificationFailed, match="another key"):
        check_checkpoint(checkpoint, ORIGIN, KEY.public_key())


def test_the_digest_of_entries_is_that_of_their_lines():
    entries = pl.DataFrame(
        {
            "account": ["emission:S1W01", "owner:a"],
            "micropoints": [-5, 5],
            "reason": ["issued", "issued"],
            "subject": [None, "a"],
        },
        schema_overrides={"subject": pl.String},
    )
    text = "emission:S1W01\t-5\tissued\t\nowner:a\t5\tissued\ta\n"
    assert entries_sha256(entries) == hashlib.sha256(text.encode()).hexdigest()
