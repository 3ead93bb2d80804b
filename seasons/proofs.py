"""What makes history checkable: the RFC 6962 log, its signed checkpoints, and digests of entries.

A reader needs SHA-256 and Ed25519 and this page, nothing of ours:

- A leaf is the RFC 8785 JSON of a batch, a commitment, a reveal, or of moves of cases; its hash is
  SHA-256(0x00 ‖ leaf). All leaf hashes are published. The leaf of a batch or of moves holds a
  random salt, so that its hash tells nothing of what was decided.
- A node is SHA-256(0x01 ‖ left ‖ right); the tree over n leaves splits at the largest power of two
  below n (RFC 6962, section 2.1).
- A checkpoint is a C2SP signed note: origin, size and base64 root on three lines, a blank line, and
  one signature line `— <name> <base64(key id ‖ signature)>` over the text with its line feeds.
- The entries of a batch are lines `account TAB micropoints TAB reason TAB subject LF` in the order
  of the batch; `entries_sha256` is SHA-256 of all of them. No id holds a control character.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from warehouse.errors import VerificationFailed
from warehouse.records import Checkpoint

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_ED25519: Final = b"\x01"  # signature type byte of the C2SP signed-note specification
_LINES_AT_ONCE: Final = 2**16
_SIGNATURE_MARK: Final = "\u2014 "


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return the one JSON text of a value (RFC 8785). Amounts must be strings or below 2⁵³."""
    return rfc8785.dumps(dict(value)).decode()


def leaf_hash(body: str) -> bytes:
    """Return the RFC 6962 hash of a leaf."""
    return hashlib.sha256(b"\x00" + body.encode()).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """Enough of a Merkle tree to append to it: its size and the roots of its full subtrees.

    Attributes:
        size: Number of leaves.
        peaks: Roots of the full subtrees, widest first, one for each bit of `size` that is set.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf hash."""
        peaks, carry, size = list(self.peaks), leaf, self.size
        while size & 1:
            carry = _node_hash(peaks.pop(), carry)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, carry))

    def root(self) -> bytes:
        """Return the Merkle tree hash over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = _node_hash(peak, root)
        return root


def frontier_of(leaves: Iterable[bytes]) -> Frontier:
    """Return the frontier over leaf hashes, first to last."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.append(leaf)
    return frontier


def origin(home_id: str, *, rehearsal: bool) -> str:
    """Return the name of a home's log; a rehearsal says so in every checkpoint."""
    return f"{'winnow-rehearsal' if rehearsal else 'winnow'}/{home_id}"


def sign_checkpoint(frontier: Frontier, log_origin: str, key: Ed25519PrivateKey) -> Checkpoint:
    """Return the signed checkpoint of a tree. Ed25519 is deterministic: same tree, same bytes."""
    root = frontier.root()
    text = f"{log_origin}\n{frontier.size}\n{base64.b64encode(root).decode()}\n"
    blob = _key_id(log_origin, key.public_key()) + key.sign(text.encode())
    note = f"{text}\n{_SIGNATURE_MARK}{log_origin} {base64.b64encode(blob).decode()}\n"
    return Checkpoint(frontier.size, root, note)


def check_checkpoint(checkpoint: Checkpoint, log_origin: str, key: Ed25519PublicKey) -> None:
    """Check that a checkpoint's note says its size and root and is signed by the key.

    Raises:
        VerificationFailed: It does not; the message says which part.
    """
    root = base64.b64encode(checkpoint.root).decode()
    text = f"{log_origin}\n{checkpoint.size}\n{root}\n"
    head, blank, signature_line = checkpoint.note.rpartition(f"\n{_SIGNATURE_MARK}")
    if not blank or head != text:
        raise VerificationFailed(
            f"the checkpoint of size {checkpoint.size} does not state its own size and root"
        )
    name, _, encoded = signature_line.removesuffix("\n").rpartition(" ")
    blob = _decoded(encoded)
    if name != log_origin or blob[:4] != _key_id(log_origin, key):
        raise VerificationFailed(
            f"the checkpoint of size {checkpoint.size} is signed by another key than the home's"
        )
    try:
        key.verify(blob[4:], text.encode())
    except InvalidSignature as error:
        raise VerificationFailed(
            f"the signature of the checkpoint of size {checkpoint.size} is not valid"
        ) from error


def _decoded(encoded: str) -> bytes:
    """Return what a base64 text says, or nothing where it is not the one text that says so."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""
    return blob if base64.b64encode(blob).decode() == encoded else b""


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]


def entry_lines(entries: pl.DataFrame) -> pl.Series:
    """Return the canonical line of each entry.

    Args:
        entries: account, micropoints, reason, subject (nullable), in the order of the batch.
    """
    return entries.select(
        pl.concat_str(
            "account",
            pl.col("micropoints").cast(pl.String),
            "reason",
            pl.col("subject").fill_null(""),
            separator="\t",
        )
    ).to_series()


def entries_sha256(entries: pl.DataFrame) -> str:
    """Return the digest of a batch's entries, in hexadecimal."""
    return lines_sha256(entry_lines(entries))


def lines_sha256(lines: Iterable[str]) -> str:
    """Return SHA-256 of lines, each ended by a line feed, in hexadecimal."""
    digest = hashlib.sha256()
    listed = lines.to_list() if isinstance(lines, pl.Series) else list(lines)
    for first in range(0, len(listed), _LINES_AT_ONCE):  # one by one, millions take seconds
        digest.update("\n".join([*listed[first : first + _LINES_AT_ONCE], ""]).encode())
    return digest.hexdigest()
