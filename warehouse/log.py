"""Stores the append-only log: its leaves and the signed checkpoint after each."""

import json
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


def store_leaf(
    connection: Connection, body: str, leaf: bytes, checkpoint: Checkpoint, now: datetime
) -> int:
    """Append one leaf with the checkpoint of the tree that it completes; return its index.

    Raises:
        LedgerError: The checkpoint is not of the tree with this leaf as its last.
    """
    index = size(connection)
    if checkpoint.size != index + 1:
        raise LedgerError(
            f"the log has {index} leaves; a checkpoint of {checkpoint.size} cannot follow"
        )
    at = to_stored(now)
    connection.execute("insert into log_leaves values ($1, $2, $3, $4)", [index, body, leaf, at])
    connection.execute(
        "insert into checkpoints values ($1, $2, $3, $4)",
        [checkpoint.size, checkpoint.root, checkpoint.note, at],
    )
    return index


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
