"""Writes a batch: its leaf in the log, its header and its entries, in the caller's transaction."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import polars as pl

from jobs.keys import Keys
from jobs.signing import append_leaf
from seasons.proofs import canonical_json, entries_sha256, lines_sha256
from seasons.sealing import SALT_BYTES
from warehouse.cases import Move
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.ledger import StoredBatch, store_batch
from warehouse.records import Batch


@dataclass(frozen=True)
class Draft:
    """A batch as decided, before it is written.

    Attributes:
        season: Season number.
        week: Number of the week whose emission it moves.
        kind: issue, release, ...
        key: What makes it unique within its kind.
        entries: account, micropoints, reason, subject, in order.
        blocked: owner_id, case_id, state: the blocked owners that it was decided with, sorted.
        inputs: Digests of what else it was decided from.
    """

    season: int
    week: int
    kind: str
    key: str
    entries: pl.DataFrame
    blocked: pl.DataFrame
    inputs: Mapping[str, str]


def leaf_body(batch: Batch, inputs: Mapping[str, str]) -> dict[str, Any]:
    """Return what the log fixes of a batch."""
    return {
        "type": "batch",
        "season": batch.season,
        "week": batch.week,
        "kind": batch.kind,
        "key": batch.key,
        "created_at": batch.created_at.isoformat(),
        "entries": batch.entries,
        "entries_sha256": batch.entries_sha256,
        "inputs": dict(inputs),
    }


def write_batch(
    connection: Connection, home: Home, keys: Keys, draft: Draft, now: datetime
) -> StoredBatch:
    """Sign and store a batch.

    Its leaf is salted: leaf hashes are public, and who is in a case, or what a small batch moved,
    could be found by trying.

    Raises:
        LedgerError: It does not balance, or is there already; the caller's transaction rolls back.
    """
    batch = Batch(
        season=draft.season,
        week=draft.week,
        kind=draft.kind,
        key=draft.key,
        created_at=now,
        entries=draft.entries.height,
        entries_sha256=entries_sha256(draft.entries),
    )
    inputs = {
        **draft.inputs,
        "blocked_sha256": blocked_sha256(draft.blocked),
        "salt": secrets.token_hex(SALT_BYTES),
    }
    leaf_index = append_leaf(connection, home, keys, leaf_body(batch, inputs), now)
    stored = StoredBatch(batch, leaf_index)
    store_batch(connection, stored, draft.entries, draft.blocked)
    return stored


def move_sha256(move: Move) -> str:
    """Return the digest of a case's move: who decided what, when, why, and on which evidence."""
    said = {**asdict(move), "moved_at": move.moved_at.isoformat()}
    return sha256(canonical_json(said).encode()).hexdigest()


def blocked_sha256(blocked: pl.DataFrame) -> str:
    """Return the digest of the blocked owners, one line each: owner TAB case TAB state."""
    lines = blocked.select(pl.concat_str("owner_id", "case_id", "state", separator="\t"))
    return lines_sha256(lines.to_series())
