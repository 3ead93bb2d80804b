"""The ledger: double entry, append-only, integers. A batch is stored whole or not at all.

Accounts: `emission:S1W05` (the source, negative by what it gave), `owner:<id>`, `held:<id>`,
`escrow:<case>/<owner>`, `reserve`, `budget:<name>`. Every batch adds up to zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from warehouse.connection import Connection, Row, frame, rows
from warehouse.errors import LedgerError
from warehouse.instants import from_stored, to_stored
from warehouse.records import Batch, Week
from warehouse.statements import statement

ENTRY_SCHEMA: Final = pl.Schema(
    {"account": pl.String, "micropoints": pl.Int64, "reason": pl.String, "subject": pl.String}
)
_MOST_PREFIXES: Final = 3  # of the query
_BATCH_COLUMNS: Final = (
    "season, week, kind, key, created_at, entries, entries_sha256, leaf_index, moves"
)


@dataclass(frozen=True)
class StoredBatch:
    """A batch as the ledger holds it.

    Attributes:
        batch: Its header.
        leaf_index: Its leaf in the log; the order in which batches were written.
        moves: Number of moves of cases that it was decided with.
    """

    batch: Batch
    leaf_index: int
    moves: int


def store_batch(connection: Connection, stored: StoredBatch, entries: pl.DataFrame) -> None:
    """Write a batch and its entries.

    Args:
        connection: An open transaction.
        stored: Header, leaf and moves.
        entries: `ENTRY_SCHEMA`, in the order of the batch.

    Raises:
        LedgerError: The entries do not add up to zero, or the batch exists already.
    """
    batch = stored.batch
    total = int(entries["micropoints"].cast(pl.Int128).sum())  # exact: 2^63 rows would fit
    if total != 0:
        raise LedgerError(f"batch {batch.batch_id!r} adds up to {total} micropoints, not to zero")
    if entries.height != batch.entries:
        raise LedgerError(
            f"batch {batch.batch_id!r} announces {batch.entries} entries and has {entries.height}"
        )
    if find_batch(connection, batch.season, batch.week, batch.kind, batch.key) is not None:
        raise LedgerError(f"batch {batch.batch_id!r} exists already; a batch is written once")
    connection.execute(
        "insert into batches values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
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
            stored.moves,
        ],
    )
    of_batch = pl.lit(batch.batch_id).alias("batch_id")
    _insert(connection, "entries", entries.with_row_index("line").select(of_batch, pl.all()))


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
    season, week, kind, key, created_at, entries, digest, leaf_index, moves = row
    batch = Batch(season, week, kind, key, from_stored(created_at), entries, digest)
    return StoredBatch(batch, leaf_index, moves)


def load_entries(connection: Connection, batch_id: str) -> pl.DataFrame:
    """Return the entries of a batch, `ENTRY_SCHEMA`, in its order."""
    return frame(
        connection,
        "select account, micropoints, reason, subject from entries "
        "where batch_id = $batch_id order by line",
        {"batch_id": batch_id},
    )


def entries_of_week(connection: Connection, season: int, week: int) -> pl.DataFrame:
    """Return the entries of all batches of one week of origin, batch by batch.

    Returns:
        leaf_index, account, micropoints, reason, subject; in the order in which they were written.
    """
    wanted = {"season": season, "week": week}
    return frame(connection, statement("ledger/entries_of_week"), wanted)


def balances(
    connection: Connection,
    *,
    before_leaf: int | None = None,
    week: tuple[int, int] | None = None,
    under: Sequence[str] = ("",),
    accounts: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Return what every account holds of every week, as of a point in the log.

    Args:
        connection: The warehouse.
        before_leaf: Count only batches with a smaller leaf index; None counts all.
        week: Only what comes from this (season, week).
        under: Only accounts that begin with one of these; at most three.
        accounts: Only these; None means all.

    Returns:
        season, week, account, subject, micropoints: no zero rows, sorted. `subject` tells apart
        what is held for whose sake.

    Raises:
        ValueError: More than three beginnings were given.
    """
    if len(under) > _MOST_PREFIXES:
        raise ValueError(f"balances under {len(under)} beginnings; ask for {_MOST_PREFIXES}")
    season, number = week or (None, None)
    wanted = {
        "before_leaf": before_leaf,
        "season": season,
        "week": number,
        "under": list(under),
        "accounts": None if accounts is None else list(accounts),
    }
    return frame(connection, statement("ledger/balances"), wanted)


def lines(
    connection: Connection,
    *,
    before_leaf: int | None = None,
    week: tuple[int, int] | None = None,
) -> pl.DataFrame:
    """Return what is held, line by line, and what decisions have taken of it.

    Args:
        connection: The warehouse.
        before_leaf: Count only batches with a smaller leaf index; None counts all.
        week: Only what comes from this (season, week).

    Returns:
        season, week, owner_id, subject, micropoints (held now, perhaps none), gross (all that was
        put there since the line was last empty), taken (of that, by decisions, less what was
        restored); sorted by the first four.
    """
    season, number = week or (None, None)
    wanted = {"before_leaf": before_leaf, "season": season, "week": number}
    return frame(connection, statement("ledger/lines"), wanted)


def own_lines(
    connection: Connection,
    owners: Sequence[str],
    *,
    before_leaf: int | None = None,
    week: tuple[int, int] | None = None,
) -> pl.DataFrame:
    """Return what is some owners' own, and what decisions have reached back for.

    Returns:
        As `lines`: the subject is null, and gross is what would be theirs had nothing been taken.
    """
    season, number = week or (None, None)
    wanted = {
        "before_leaf": before_leaf,
        "season": season,
        "week": number,
        "owners": list(owners),
    }
    return frame(connection, statement("ledger/own_lines"), wanted)


def season_points(
    connection: Connection,
    season: int,
    *,
    before_week: int | None = None,
    before_leaf: int | None = None,
) -> pl.DataFrame:
    """Return each owner's points of a season as they count in public, as of a point in the log.

    Held points count, and so do seized ones until their case is final: that an owner is under
    review is told to that owner alone.

    Args:
        connection: The warehouse.
        season: Its number.
        before_week: Count only what comes from earlier weeks, so that a week that is issued after
            its successors does not look ahead; None counts all.
        before_leaf: Count only batches with a smaller leaf index; None counts all.

    Returns:
        owner_id, micropoints: sorted by owner; no zero rows.
    """
    wanted = {"season": season, "before_week": before_week, "before_leaf": before_leaf}
    return frame(connection, statement("ledger/season_points"), wanted)


def owner_entries(connection: Connection, owner_id: str) -> pl.DataFrame:
    """Return every entry of an owner's accounts, escrow too, in the order they were written.

    Returns:
        season, week, created_at, batch_id, kind, account, micropoints, reason.
    """
    return frame(connection, statement("ledger/owner_entries"), {"owner_id": owner_id})


def owner_owed(connection: Connection, owner_id: str) -> pl.DataFrame:
    """Return what is written down as owed by or to an owner, oldest first.

    Returns:
        direction ('by_owner' or 'to_owner'), season, week, micropoints, cause, reason, recorded_at.
    """
    return frame(
        connection,
        "select * exclude (owner_id) from owed where owner_id = $owner_id "
        "order by recorded_at, season, week, cause",
        {"owner_id": owner_id},
    )


def spread_from(connection: Connection, case_id: str, owner_id: str) -> pl.DataFrame:
    """Return what settling a case spread over others of the lines that an owner had a part in.

    Returns:
        owner_id (who lost it), subject, season, week, micropoints; sorted. What of it is owed is
        for `seasons.moderation.owed_for` to say.
    """
    wanted = {"case_id": case_id, "owner_id": owner_id}
    return frame(connection, statement("ledger/spread_from"), wanted)


def seized_weeks(connection: Connection) -> pl.DataFrame:
    """Return what decisions took of each origin week, and where it is now.

    Returns:
        season, week, taken, restored, to_owners, to_reserve, in_escrow: micropoints; what was taken
        is the sum of the others; sorted.
    """
    return frame(connection, statement("ledger/seized_weeks"))
