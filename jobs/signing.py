"""Appends to the log: one leaf, and the signed checkpoint of the tree with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobs.keys import Keys
from seasons.proofs import (
    Frontier,
    canonical_json,
    frontier_of,
    leaf_hash,
    origin,
    sign_checkpoint,
)
from warehouse import log
from warehouse.connection import Connection
from warehouse.home import Home


def append_leaf(
    connection: Connection, home: Home, keys: Keys, body: Mapping[str, Any], now: datetime
) -> int:
    """Append a leaf inside the caller's transaction and return its index.

    Args:
        connection: An open transaction on the warehouse.
        home: Names the log in its checkpoint.
        keys: Holds the Ed25519 key that signs.
        body: What is to be fixed, JSON-able; amounts as strings.
        now: When.
    """
    text = canonical_json(body)
    leaf = leaf_hash(text)
    frontier = _frontier(connection).append(leaf)
    log_origin = origin(home.home_id, rehearsal=home.rehearsal)
    checkpoint = sign_checkpoint(frontier, log_origin, keys.signing)
    return log.store_leaf(connection, log.NewLeaf(text, leaf, checkpoint, frontier.peaks), now)


def _frontier(connection: Connection) -> Frontier:
    kept = log.last_peaks(connection)
    return frontier_of(log.leaf_hashes(connection)) if kept is None else Frontier(*kept)
