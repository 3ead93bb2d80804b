"""Carries out what a move of a case makes due, in the caller's transaction.

Every batch is recomputed by `jobs.replay` from the same functions, as of its leaf and its moves.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from jobs.batches import by_week, write_batches
from jobs.keys import Keys
from seasons.accounts import escrow_lines, typed
from seasons.enforcement import (
    reach_back_due,
    reach_back_entries,
    release_entries,
    releases_due,
    restorations_due,
    restore_entries,
    seize_entries,
    seizures_due,
)
from seasons.formulas import BPS
from seasons.verdicts import VERDICTS
from warehouse import ledger
from warehouse.cases import involved_owners, moves_count, standing_verdicts
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.moves import Move

HELD: Final = ("held:",)
OWN: Final = ("owner:",)


@dataclass(frozen=True)
class CarriedOut:
    """What a move made due, and was done.

    Attributes:
        seized_micropoints: From held to escrow.
        reached_back_micropoints: From owners' earlier weeks to escrow.
        restored_micropoints: From escrow back.
        released_micropoints: From held to their owners.
        owners_released: Number of owners to whom something was released.
        batches: Ids of the batches, in the order in which they were written.
    """

    seized_micropoints: int = 0
    reached_back_micropoints: int = 0
    restored_micropoints: int = 0
    released_micropoints: int = 0
    owners_released: int = 0
    batches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where batches are written.

    Attributes:
        connection: An open transaction.
        home: The home.
        keys: Sign the log.
        now: The clock.
    """

    connection: Connection
    home: Home
    keys: Keys
    now: datetime


def carry_out_decision(place: Place, move: Move, reach: tuple[int, int] | None) -> CarriedOut:
    """Seize by a decision's verdicts, reach back where it says so, release what nothing keeps."""
    connection, moves = place.connection, moves_count(place.connection)
    key = f"{move.case_id}/{move.seq}"
    standing = standing_verdicts(connection)
    verdicts = typed(standing.filter(case_id=move.case_id), VERDICTS)
    lines = ledger.lines(connection)
    seized = seizures_due(lines, verdicts)
    drafts = [*by_week(key, "seize", seized, seize_entries, moves)]
    reached = 0
    if reach is not None:
        own = ledger.own_lines(connection, verdicts["owner_id"].to_list())
        back = reach_back_due(own, verdicts, {move.case_id: reach})
        reached = _sum(back)
        drafts += by_week(key, "reach_back", back, reach_back_entries, moves)
    involved = involved_owners(connection)
    stored = write_batches(connection, place.home, place.keys, drafts, place.now, involved)
    kept = _Kept(without(lines, seized), involved, standing)
    released = _carry_out_releases(place, key, kept)
    return CarriedOut(
        seized_micropoints=_sum(seized),
        reached_back_micropoints=reached,
        released_micropoints=released.released_micropoints,
        owners_released=released.owners_released,
        batches=(*(batch.batch.batch_id for batch in stored), *released.batches),
    )


def carry_out_restoration(place: Place, move: Move) -> CarriedOut:
    """Restore from escrow what an upheld appeal or a withdrawal gives back, and release."""
    connection, moves = place.connection, moves_count(place.connection)
    key = f"{move.case_id}/{move.seq}"
    escrow = escrow_lines(ledger.balances(connection, under=(f"escrow:{move.case_id}/",)))
    own = ledger.own_lines(connection, escrow["owner_id"].unique().to_list())
    lines = pl.concat([ledger.lines(connection), own])
    restored = restorations_due(escrow, lines, verdicts_after(connection, move))
    drafts = by_week(key, "restore", restored, restore_entries, moves)
    involved = involved_owners(connection)
    stored = write_batches(connection, place.home, place.keys, drafts, place.now, involved)
    kept = _Kept(ledger.lines(connection), involved, standing_verdicts(connection))
    released = _carry_out_releases(place, key, kept)
    return CarriedOut(
        restored_micropoints=_sum(restored),
        released_micropoints=released.released_micropoints,
        owners_released=released.owners_released,
        batches=(*(batch.batch.batch_id for batch in stored), *released.batches),
    )


@dataclass(frozen=True)
class _Kept:
    """What is held, and what keeps it: lines, involved owners and verdicts, as they are now."""

    lines: pl.DataFrame
    involved: pl.DataFrame
    standing: pl.DataFrame


def _carry_out_releases(place: Place, key: str, kept: _Kept) -> CarriedOut:
    """Release everything that is held and that nothing keeps any longer."""
    connection, moves = place.connection, moves_count(place.connection)
    due = releases_due(kept.lines, kept.involved, kept.standing)
    drafts = by_week(key, "release", due, release_entries, moves)
    stored = write_batches(connection, place.home, place.keys, drafts, place.now, kept.involved)
    return CarriedOut(
        released_micropoints=_sum(due),
        owners_released=due["owner_id"].n_unique(),
        batches=tuple(batch.batch.batch_id for batch in stored),
    )


def without(lines: pl.DataFrame, seized: pl.DataFrame) -> pl.DataFrame:
    """Return the lines as they are once something is seized."""
    line = ["season", "week", "owner_id", "subject"]
    gone = seized.group_by(line).agg(pl.col("micropoints").sum().alias("gone"))
    now = lines.join(gone, on=line, how="left", maintain_order="left").with_columns(
        pl.col("gone").fill_null(0)
    )
    return now.with_columns(
        pl.col("micropoints") - pl.col("gone"), pl.col("taken") + pl.col("gone")
    ).drop("gone")


def verdicts_after(connection: Connection, move: Move) -> pl.DataFrame:
    """Return the verdicts of a case after a move; a withdrawal lets everyone keep everything.

    Returns:
        `seasons.verdicts.VERDICTS`.
    """
    if move.move == "withdraw":
        before = verdicts_of(connection, move.case_id, move.number - 1)
        return before.with_columns(pl.lit(BPS, pl.Int32).alias("keep_bps"))
    return verdicts_of(connection, move.case_id, move.number)


def verdicts_of(connection: Connection, case_id: str, moves: int) -> pl.DataFrame:
    """Return the verdicts of a case as of a number of moves: `seasons.verdicts.VERDICTS`."""
    standing = standing_verdicts(connection, moves=moves).filter(case_id=case_id)
    return typed(standing, VERDICTS)


def _sum(due: pl.DataFrame) -> int:
    return sum(due["micropoints"].to_list())
