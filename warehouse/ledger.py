"""The ledger: double entry, append-only, integers. A batch is stored whole or not at all.

Accounts: `emission:S1W05` (the source, negative by what it gave), `owner:<id>`, `held:<id>`,
`escrow`, `reserve`, `budget:<drop>`. Every batch adds up to zero.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from warehouse.connection import Connection, Row, frame, rows
from warehouse.errors import LedgerError
from warehouse.instants import from_stored, to_stored
from warehouse.records import Batch, Week

ENTRY_SCHEMA: Final = pl.Schema(
    {"account": pl.String, "micropoints": pl.Int64, "reason": pl.String, "subject": pl.String}
)
BLOCKED_SCHEMA: Final = pl.Schema({"owner_id": pl.String, "case_id": pl.String, "state": pl.String})
_BATCH_COLUMNS: Final = "season, week, kind, key, created_at, entries, entries_sha256, leaf_index"


@dataclass(frozen=True)
class StoredBatch:
    """A batch as the ledger holds it.

    Attributes:
        batch: Its header.
        leaf_index: Its leaf in the log; the order in which batches were written.
    """

    batch: Batch
    leaf_index: int


def store_batch(
    connection: Connection,
    stored: StoredBatch,
    entries: pl.DataFrame,
    blocked: pl.DataFrame,
) -> None:
    """Write a batch, its entries, and the blocked owners that it was decided with.

    Args:
        connection: An open transaction.
        stored: Header and leaf.
        entries: `ENTRY_SCHEMA`, in the order of the batch.
        blocked: `BLOCKED_SCHEMA`, owners in open or confirmed cases.

    Raises:
        LedgerError: The entries do not add up to zero, or the batch exists already.
    """
    batch = stored.batch
    total = sum(entries["micropoints"].to_list())
    if total != 0:
        raise LedgerError(f"batch {batch.batch_id!r} adds up to {total} micropoints, not to zero")
    if entries.height != batch.entries:
        raise LedgerError(
            f"batch {batch.batch_id!r} announces {batch.entries} entries and has {entries.height}"
        )
    if find_batch(connection, batch.season, batch.week, batch.kind, batch.key) is not None:
        raise LedgerError(f"batch {batch.batch_id!r} exists already; a batch is written once")
    connection.execute(
        "insert into batches values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            batch.batch_id,
            batch.season,
            batch.week,
            batch.kind,
            batch.key,
            to_stored(batch.created_at),
            batch.entries,
            batch.entries_sha256,
            stored.leaf_index,
        ],
    )
    of_batch = pl.lit(batch.batch_id).alias("batch_id")
    _insert(connection, "entries", entries.with_row_index("line").select(of_batch, pl.all()))
    _insert(connection, "batch_blocked_owners", blocked.select(of_batch, pl.all()))


def _insert(connection: Connection, table: str, content: pl.DataFrame) -> None:
    connection.register("new_rows", content)
    try:
        connection.execute(f"insert into {table} by name select * from new_rows")  # noqa: S608
    finally:
        connection.unregister("new_rows")


def store_exclusions(connection: Connection, week: Week, exclusions: pl.DataFrame) -> None:
    """Store the owners who had activity in a week and earn nothing: owner_id, reason."""
    named = exclusions.select(
        pl.lit(week.season).alias("season"), pl.lit(week.number).alias("week"), pl.all()
    )
    _insert(connection, "exclusions", named)


def find_batch(
    connection: Connection, season: int, week: int, kind: str, key: str = ""
) -> StoredBatch | None:
    """Return a batch by what makes it unique, or None."""
    found = rows(
        connection,
        f"select {_BATCH_COLUMNS} from batches "  # noqa: S608
        "where season = $1 and week = $2 and kind = $3 and key = $4",
        [season, week, kind, key],
    )
    return _to_batch(found[0]) if found else None


def batches(connection: Connection) -> tuple[StoredBatch, ...]:
    """Return every batch in the order in which they were written."""
    found = rows(connection, f"select {_BATCH_COLUMNS} from batches order by leaf_index")  # noqa: S608
    return tuple(map(_to_batch, found))


def _to_batch(row: Row) -> StoredBatch:
    season, week, kind, key, created_at, entries, digest, leaf_index = row
    batch = Batch(season, week, kind, key, from_stored(created_at), entries, digest)
    return StoredBatch(batch, leaf_index)


def load_entries(connection: Connection, batch_id: str) -> pl.DataFrame:
    """Return the entries of a batch, `ENTRY_SCHEMA`, in its order."""
    return frame(
        connection,
        "select account, micropoints, reason, subject from entries "
        "where batch_id = $batch_id order by line",
        {"batch_id": batch_id},
    )


def load_blocked(connection: Connection, batch_id: str) -> pl.DataFrame:
    """Return the blocked owners that a batch was decided with, `BLOCKED_SCHEMA`, sorted."""
    return frame(
        connection,
        "select owner_id, case_id, state from batch_blocked_owners "
        "where batch_id = $batch_id order by owner_id, case_id",
        {"batch_id": batch_id},
    )


def balances(connection: Connection, *, before_leaf: int | None = None) -> pl.DataFrame:
    """Return what every account holds of every week, as of a point in the log.

    Args:
        connection: The warehouse.
        before_leaf: Count only batches with a smaller leaf index; None counts all.

    Returns:
        season, week, account, subject, micropoints: no zero rows, sorted. `subject` tells apart
        what is held for whose sake.
    """
    return frame(
        connection,
        """
        select season, week, account, subject, sum(micropoints)::bigint as micropoints
        from entries
        join batches using (batch_id)
        where leaf_index < coalesce($before_leaf, 9223372036854775807)
        group by season, week, account, subject
        having sum(micropoints) <> 0
        order by season, week, account, subject
        """,
        {"before_leaf": before_leaf},
    )


def season_points(
    connection: Connection,
    season: int,
    *,
    before_week: int | None = None,
    before_leaf: int | None = None,
) -> pl.DataFrame:
    """Return each owner's points of a season, own and held, as of a point in the log.

    Args:
        connection: The warehouse.
        season: Its number.
        before_week: Count only what comes from earlier weeks, so that a week that is issued after
            its successors does not look ahead; None counts all.
        before_leaf: Count only batches with a smaller leaf index; None counts all.

    Returns:
        owner_id, micropoints: sorted by owner; no zero rows.
    """
    held_or_own = pl.col("account").str.contains("^(owner|held):")
    earlier = pl.lit(value=True) if before_week is None else pl.col("week") < before_week
    return (
        balances(connection, before_leaf=before_leaf)
        .filter(pl.col("season") == season, earlier, held_or_own)
        .group_by(pl.col("account").str.replace("^(owner|held):", "").alias("owner_id"))
        .agg(pl.col("micropoints").sum())
        .filter(pl.col("micropoints") != 0)
        .sort("owner_id")
    )


def owner_entries(connection: Connection, owner_id: str) -> pl.DataFrame:
    """Return every entry of an owner's two accounts, in the order in which they were written.

    Returns:
        season, week, created_at, batch_id, account, micropoints, reason.
    """
    return frame(
        connection,
        """
        select season, week, created_at, batch_id, account, micropoints, reason
        from entries
        join batches using (batch_id)
        where account in ('owner:' || $owner_id, 'held:' || $owner_id)
        order by leaf_index, line
        """,
        {"owner_id": owner_id},
    )
