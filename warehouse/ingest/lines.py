"""Cuts plain bytes into numbered lines and screens out what no text query should see.

The fast road looks at a whole chunk at once; single lines are only looked at in chunks that hold
a NUL byte, bytes that are not UTF-8, or a line that is too long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from warehouse.ingest.streams import CUT_OFF, StreamCutOff

LINE_BYTES_MAX: Final = 1 << 20
TEXT_KEPT: Final = 1_000  # characters of a line that is too long

NUL: Final = "the line holds a NUL byte"
NOT_UTF8: Final = "the line is not UTF-8 text"
TOO_LONG: Final = f"the line is longer than {LINE_BYTES_MAX} bytes"
UNENDED: Final = "the last line has no line break, so it may be cut off; end the file with one"


@dataclass(frozen=True)
class Reject:
    """One line that cannot be taken: its number from 1, the reason, and its text."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Chunk:
    """Some lines of a source.

    Attributes:
        lines: Arrow table of line (int64, from 1) and text (with its line break).
        rejects: The lines among them that were screened out.
        source_bytes: How much of the source has been read.
    """

    lines: pa.Table
    rejects: tuple[Reject, ...]
    source_bytes: int


def read_chunks(blocks: Iterator[tuple[bytes, int]], *, may_end_open: bool) -> Iterator[Chunk]:
    """Yield the lines of a source in order.

    Args:
        blocks: Plain bytes and how much of the source they took.
        may_end_open: Whether a last line without a line break is whole: true where the format or
            the compression shows that nothing is missing.
    """
    cutter = _Cutter()
    read = 0
    try:
        for block, read in blocks:
            yield from cutter.cut(block, read)
    except StreamCutOff:
        yield cutter.end(read, CUT_OFF, cut_off=True)
        return
    yield cutter.end(read, None if may_end_open else UNENDED, cut_off=False)


class _Cutter:
    """Holds the unfinished line between two blocks; never more than the longest line allowed."""

    def __init__(self) -> None:
        self._open = b""  # the line that has begun, as far as it is kept
        self._dropping = False  # the line is too long already; wait for its end
        self._next = 1  # number of the next line

    def cut(self, block: bytes, read: int) -> Iterator[Chunk]:
        if self._dropping:
            end = block.find(b"\n")
            if end < 0:
                return
            yield _only_reject(self._take_dropped(), read)
            block = block[end + 1 :]
        data = self._open + block if self._open else block
        whole = data.rfind(b"\n") + 1
        self._open = data[whole:]
        if whole:
            chunk = _chunk(data[:whole], self._next, read)
            self._next += chunk[1]
            yield chunk[0]
        if len(self._open) > LINE_BYTES_MAX:
            self._dropping = True
            self._open = self._open[: 4 * TEXT_KEPT]

    def end(self, read: int, reason: str | None, *, cut_off: bool) -> Chunk:
        if self._dropping:
            return _only_reject(self._take_dropped(), read)
        if reason is None and self._open:
            return _chunk(self._open + b"\n", self._next, read)[0]
        if self._open or cut_off:
            return _only_reject(Reject(self._next, reason or UNENDED, _shown(self._open)), read)
        return Chunk(_table([], pa.array([], pa.string())), (), read)

    def _take_dropped(self) -> Reject:
        reject = Reject(self._next, TOO_LONG, _shown(self._open)[:TEXT_KEPT])
        self._next += 1
        self._open, self._dropping = b"", False
        return reject


def _chunk(data: bytes, first: int, read: int) -> tuple[Chunk, int]:
    """The lines of `data`, which ends in a line break, and how many there are."""
    breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    offsets = np.concatenate(([0], breaks + 1)).astype(np.int32)
    if _is_clean(data, offsets):
        texts = pa.StringArray.from_buffers(len(breaks), pa.py_buffer(offsets), pa.py_buffer(data))
        numbers = np.arange(first, first + len(breaks))
        return Chunk(_table(numbers, texts), (), read), len(breaks)
    kept, rejects = _screen(data, offsets, first)
    numbers = np.array([number for number, _ in kept], dtype=np.int64)
    texts = pa.array([text for _, text in kept], pa.string())
    return Chunk(_table(numbers, texts), tuple(rejects), read), len(breaks)


def _is_clean(data: bytes, offsets: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> bool:
    if b"\0" in data or np.diff(offsets).max() > LINE_BYTES_MAX:
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _screen(
    data: bytes, offsets: "np.ndarray[tuple[int], np.dtype[np.int32]]", first: int
) -> tuple[list[tuple[int, str]], list[Reject]]:
    kept: list[tuple[int, str]] = []
    rejects: list[Reject] = []
    bounds = offsets.tolist()
    for index, (start, end) in enumerate(pairwise(bounds)):
        raw, number = data[start:end], first + index
        reason = _fault(raw)
        if reason is None:
            kept.append((number, raw.decode()))
        else:
            text = _shown(raw[: 4 * TEXT_KEPT])[:TEXT_KEPT] if reason == TOO_LONG else _shown(raw)
            rejects.append(Reject(number, reason, text))
    return kept, rejects


def _fault(raw: bytes) -> str | None:
    if len(raw) > LINE_BYTES_MAX:
        return TOO_LONG
    if b"\0" in raw:
        return NUL
    try:
        raw.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return None


def _shown(raw: bytes) -> str:
    return raw.rstrip(b"\r\n").decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _table(numbers: object, texts: pa.Array) -> pa.Table:
    return pa.table({"line": pa.array(numbers, pa.int64()), "text": texts})


def _only_reject(reject: Reject, read: int) -> Chunk:
    return Chunk(_table([], pa.array([], pa.string())), (reject,), read)
