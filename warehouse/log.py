"""Stores the append-only log: its leaves and the signed checkpoint after each."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.connection import Connection, rows
from warehouse.errors import LedgerError
from warehouse.instants import to_stored
from warehouse.records import Checkpoint


def leaf_hashes(connection: Connection) -> tuple[bytes, ...]:
    """Return the hashes of all leaves, first to last."""
    found = rows(connection, "select leaf_hash from log_leaves order by leaf_index")
    return tuple(bytes(leaf) for (leaf,) in found)


def size(connection: Connection) -> int:
    """Return the number of leaves."""
    ((count,),) = rows(connection, "select count(*) from log_leaves")
    return int(count)


def leaves(connection: Connection) -> tuple[tuple[int, str, bytes], ...]:
    """Return (index, body, hash) of all leaves, first to last."""
    sql = "select leaf_index, body, leaf_hash from log_leaves order by leaf_index"
    return tuple((index, body, bytes(leaf)) for index, body, leaf in rows(connection, sql))


def bodies(connection: Connection) -> dict[int, dict[str, Any]]:
    """Return what every leaf says, by index; nothing where a leaf is no JSON object any more."""
    return {index: _parsed(body) for index, body, _ in leaves(connection)}


def _parsed(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@dataclass(frozen=True)
class NewLeaf:
    """A leaf that is about to be appended.

    Attributes:
        body: Canonical JSON.
        leaf: Its RFC 6962 hash.
        checkpoint: Of the tree that it completes.
        peaks: Roots of that tree's full subtrees, widest first: enough to append the next leaf.
    """

    body: str
    leaf: bytes
    checkpoint: Checkpoint
    peaks: tuple[bytes, ...]


def last_peaks(connection: Connection) -> tuple[int, tuple[bytes, ...]] | None:
    """Return size and peaks of the tree, or None where they were not kept."""
    found = rows(
        connection, "select tree_size, peaks from checkpoints order by tree_size desc limit 1"
    )
    if not found:
        return 0, ()
    ((tree_size, peaks),) = found
    return None if peaks is None else (tree_size, tuple(map(bytes, peaks)))


def store_leaf(connection: Connection, new: NewLeaf, now: datetime) -> int:
    """Append one leaf with the checkpoint of the tree that it completes; return its index.

    Raises:
        LedgerError: The checkpoint is not of the tree with this leaf as its last.
    """
    checkpoint = new.checkpoint
    index = size(connection)
    if checkpoint.size != index + 1:
        raise LedgerError(
            f"the log has {index} leaves; a checkpoint of {checkpoint.size} cannot follow"
        )
    at = to_stored(now)
    connection.execute(
        "insert into log_leaves values ($1, $2, $3, $4)", [index, new.body, new.leaf, at]
    )
    connection.execute(
        "insert into checkpoints values ($1, $2, $3, $4, $5)",
        [checkpoint.size, checkpoint.root, checkpoint.note, at, list(new.peaks)],
    )
    return index


def kept_peaks(connection: Connection) -> dict[int, tuple[bytes, ...]]:
    """Return the peaks that are kept beside checkpoints, by size of the tree."""
    found = rows(connection, "select tree_size, peaks from checkpoints where peaks is not null")
    return {tree_size: tuple(map(bytes, peaks)) for tree_size, peaks in found}


def checkpoints(connection: Connection) -> tuple[Checkpoint, ...]:
    """Return all checkpoints, smallest tree first."""
    found = rows(connection, "select tree_size, root, note from checkpoints order by tree_size")
    return tuple(Checkpoint(size, bytes(root), note) for size, root, note in found)


def checkpoint_of(connection: Connection, size: int) -> Checkpoint:
    """Return the checkpoint of the tree of a size.

    Raises:
        LedgerError: There is none.
    """
    found = rows(
        connection, "select tree_size, root, note from checkpoints where tree_size = $1", [size]
    )
    if not found:
        raise LedgerError(f"the log has no checkpoint of size {size}; run: winnow verify")
    tree_size, root, note = found[0]
    return Checkpoint(tree_size, bytes(root), note)
