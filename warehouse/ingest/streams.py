"""Reads a source as plain bytes, block by block, whatever it is compressed with.

Nothing is trusted: a file may be cut off, damaged, or made to unpack into far more than fits in
memory, so every step is bounded.
"""

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

import zstandard

from warehouse.errors import SourceRefused

Compression = Literal["plain", "gzip", "zstd"]

BLOCK_BYTES: Final = 8 << 20
# A zstd block of 4 bytes may unpack into 128 KiB, so little is fed at a time: 32 MiB at most.
_ZSTD_FEED_BYTES: Final = 1 << 10
_READ_BYTES: Final = 1 << 20
_MAGIC: Final[dict[bytes, Compression]] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


DAMAGED: Final = "the compressed data is damaged, so no row of it can be trusted"
CUT_OFF: Final = "the file is cut off here"


class StreamCutOff(Exception):
    """A source ends before its compressed data does; what came before it is whole."""


@dataclass(frozen=True)
class Fingerprint:
    """What tells whether a file is the same as before.

    Attributes:
        sha256: Of the file's bytes, in hexadecimal.
        size: In bytes.
        modified_ns: When it was last written, by the file system.
    """

    sha256: str
    size: int
    modified_ns: int


def fingerprint(path: Path) -> Fingerprint:
    """Hash a file.

    Raises:
        SourceRefused: Somebody wrote to it meanwhile.
        OSError: It cannot be read.
    """
    stat = path.stat()  # before the hash, so that whoever writes from now on is noticed
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    seen = Fingerprint(digest, stat.st_size, stat.st_mtime_ns)
    check_unchanged(path, seen)
    return seen


def check_unchanged(path: Path, seen: Fingerprint) -> None:
    """Check that nobody wrote to a source while it was read.

    Raises:
        SourceRefused: Somebody did; the next ingest takes it up.
    """
    stat = path.stat()
    if (stat.st_size, stat.st_mtime_ns) != (seen.size, seen.modified_ns):
        raise SourceRefused("the file changed while it was read; ingest it again when it is done")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn the trouble of a source that goes away while it is read into a refusal.

    Raises:
        SourceRefused: It is gone, or may no longer be read.
    """
    try:
        yield
    except (FileNotFoundError, PermissionError) as error:
        if str(error.filename) != str(path):
            raise
        raise SourceRefused("the file went away while it was read") from error


def compression_of(path: Path) -> Compression:
    """Return how a file is compressed, by its first bytes and not by its name."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "plain")


def read_blocks(path: Path, compression: Compression) -> Iterator[tuple[bytes, int]]:
    """Yield (plain bytes, bytes of the source read so far), about `BLOCK_BYTES` at a time.

    Raises:
        StreamCutOff: The source is cut off; what came before has been yielded.
        SourceRefused: The compressed data is damaged. What was yielded may be wrong, since a
            checksum stands at the end.
    """
    reader = {"plain": _plain, "gzip": _gzip, "zstd": _zstd}[compression]
    pieces: list[bytes] = []
    gathered = 0
    with path.open("rb") as file:
        try:
            for piece in reader(file):
                pieces.append(piece)
                gathered += len(piece)
                if gathered >= BLOCK_BYTES:
                    yield b"".join(pieces), file.tell()
                    pieces, gathered = [], 0
        except StreamCutOff:
            yield b"".join(pieces), file.tell()
            raise
        yield b"".join(pieces), file.tell()


def _plain(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_READ_BYTES):
        yield block


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    """Unpack every member of a gzip file, one after the other."""
    unpacker = zlib.decompressobj(wbits=31)
    rest = b""
    while True:
        rest = rest or file.read(_READ_BYTES)
        if not rest:
            break
        if unpacker.eof:
            unpacker = zlib.decompressobj(wbits=31)
        try:
            yield unpacker.decompress(rest, BLOCK_BYTES)
        except zlib.error as error:
            raise SourceRefused(DAMAGED) from error
        rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        yield unpacker.flush()
        raise StreamCutOff


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    """Unpack every frame of a zstd file, one after the other."""
    decompressor = zstandard.ZstdDecompressor()
    unpacker = decompressor.decompressobj()
    while block := file.read(_READ_BYTES):
        for start in range(0, len(block), _ZSTD_FEED_BYTES):
            rest = block[start : start + _ZSTD_FEED_BYTES]
            while rest:
                if unpacker.eof:
                    unpacker = decompressor.decompressobj()
                try:
                    yield unpacker.decompress(rest)
                except zstandard.ZstdError as error:
                    raise SourceRefused(DAMAGED) from error
                rest = unpacker.unused_data if unpacker.eof else b""
    if not unpacker.eof:
        raise StreamCutOff
