"""Writes a batch: its leaf in the log, its header and its entries, in the caller's transaction."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from jobs.keys import Keys
from jobs.signing import append_leaf
from seasons.proofs import entries_sha256, lines_sha256
from seasons.sealing import SALT_BYTES
from warehouse.cases import involved_owners
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.ledger import StoredBatch, store_batch
from warehouse.records import Batch

Entries = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Draft:
    """A batch as decided, before it is written.

    To digest half a million entries takes a while, so make large drafts before you open the
    warehouse for writing.

    Attributes:
        season: Season number.
        week: Number of the week whose emission it moves.
        kind: issue, release, ...
        key: What makes it unique within its kind.
        entries: account, micropoints, reason, subject, in order.
        moves: Number of moves of cases that it was decided with.
        inputs: Digests of what it was decided from.
        entries_sha256: Of the entries; known as soon as there is a draft.
    """

    season: int
    week: int
    kind: str
    key: str
    entries: pl.DataFrame
    moves: int
    inputs: Mapping[str, str]
    entries_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries_sha256", entries_sha256(self.entries))


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
    (stored,) = _write(connection, home, keys, [draft], now)
    return stored


def write_batches(
    connection: Connection,
    home: Home,
    keys: Keys,
    drafts: Iterable[Draft],
    now: datetime,
    involved: pl.DataFrame | None = None,
) -> tuple[StoredBatch, ...]:
    """Sign and store batches, one after the other; those without entries are left out.

    Args:
        connection: An open transaction.
        home: The home.
        keys: Sign the log.
        drafts: The batches.
        now: When.
        involved: Whom cases concern now, where the caller has it at hand.
    """
    due = [draft for draft in drafts if not draft.entries.is_empty()]
    return tuple(_write(connection, home, keys, due, now, involved)) if due else ()


def _write(
    connection: Connection,
    home: Home,
    keys: Keys,
    drafts: Iterable[Draft],
    now: datetime,
    involved: pl.DataFrame | None = None,
) -> Iterator[StoredBatch]:
    concerned = involved_sha256(involved_owners(connection) if involved is None else involved)
    for draft in drafts:
        batch = Batch(
            season=draft.season,
            week=draft.week,
            kind=draft.kind,
            key=draft.key,
            created_at=now,
            entries=draft.entries.height,
            entries_sha256=draft.entries_sha256,
        )
        inputs = {
            **draft.inputs,
            "moves": str(draft.moves),
            "involved_sha256": concerned,
            "salt": secrets.token_hex(SALT_BYTES),
        }
        leaf_index = append_leaf(connection, home, keys, leaf_body(batch, inputs), now)
        stored = StoredBatch(batch, leaf_index, draft.moves)
        store_batch(connection, stored, draft.entries)
        yield stored


def involved_sha256(involved: pl.DataFrame) -> str:
    """Return the digest of whom cases concern: of `involved_lines`."""
    return lines_sha256(involved_lines(involved))


def involved_lines(involved: pl.DataFrame) -> pl.Series:
    """Return whom cases concern, one line each, cells divided by tabs."""
    cells = ("owner_id", "case_id", "root", "state", pl.col("decision").cast(pl.String))
    return (
        involved.with_columns(pl.col("decision").fill_null(0))
        .select(pl.concat_str(*cells, separator="\t"))
        .to_series()
    )


def by_week(
    key: str, kind: str, rows: pl.DataFrame, entries: Entries, moves: int
) -> Iterator[Draft]:
    """Yield one draft for each week of origin that rows are of.

    Args:
        key: Of the batches.
        kind: Of the batches.
        rows: season, week, ...: what is due; sorted by them.
        entries: Turns the rows of one week into entries.
        moves: Number of moves of cases that it was decided with.
    """
    for (season, week), part in rows.group_by("season", "week", maintain_order=True):
        yield Draft(int(str(season)), int(str(week)), kind, key, entries(part), moves, inputs={})
