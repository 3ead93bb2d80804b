"""Chance that follows from a seed and a name alone: what else is drawn does not matter."""

from hashlib import sha256
from typing import Final

_BPS: Final = 10_000


def happens(seed: int, bps: int, *name: str) -> bool:
    """Return whether something of this name happens that does in `bps` of 10,000 cases."""
    said = "\0".join((str(seed), *name)).encode()
    return int.from_bytes(sha256(said).digest()[:8]) % _BPS < bps
