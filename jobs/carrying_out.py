"""Carries out what a move of a case makes due, in the caller's transaction.

Every batch is recomputed by `jobs.replay` from the same functions, as of its leaf and its moves.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from jobs.batches import by_week, write_batches
from jobs.keys import Keys
from seasons.accounts import escrow_lines, held_lines, own_lines, owner_account
from seasons.enforcement import (
    COVERED,
    reach_back_due,
    reach_back_entries,
    release_entries,
    releases_due,
    restorations_due,
    restore_entries,
    seize_entries,
    seizures_due,
)
from warehouse import ledger
from warehouse.cases import involved_owners, moves_count, standing_verdicts
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.moves import Move

HELD: Final = ("held:",)
OWN: Final = ("owner:",)
NOTHING_TAKEN: Final = COVERED.to_frame()  # a decision is new, so it has taken nothing yet


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
    verdicts = _verdicts_of(connection, move.case_id, moves)
    held = held_lines(ledger.balances(connection, under=HELD))
    seized = seizures_due(held, verdicts, NOTHING_TAKEN)
    drafts = [*by_week(key, "seize", seized, seize_entries, moves)]
    reached = 0
    if reach is not None:
        decided = [owner_account(owner_id) for owner_id in verdicts["owner_id"].to_list()]
        own = own_lines(ledger.balances(connection, under=OWN, accounts=decided))
        back = reach_back_due(own, verdicts, {move.case_id: reach}, NOTHING_TAKEN)
        reached = _sum(back)
        drafts += by_week(key, "reach_back", back, reach_back_entries, moves)
    stored = write_batches(connection, place.home, place.keys, drafts, place.now)
    released = carry_out_releases(place, key)
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
    before, after = verdicts_around(connection, move)
    escrow = escrow_lines(ledger.balances(connection, under=(f"escrow:{move.case_id}/",)))
    restored = restorations_due(escrow, before, after)
    drafts = by_week(key, "restore", restored, restore_entries, moves)
    stored = write_batches(connection, place.home, place.keys, drafts, place.now)
    released = carry_out_releases(place, key)
    return CarriedOut(
        restored_micropoints=_sum(restored),
        released_micropoints=released.released_micropoints,
        owners_released=released.owners_released,
        batches=(*(batch.batch.batch_id for batch in stored), *released.batches),
    )


def carry_out_releases(place: Place, key: str) -> CarriedOut:
    """Release everything that is held and that nothing keeps any longer."""
    connection, moves = place.connection, moves_count(place.connection)
    held = held_lines(ledger.balances(connection, under=HELD))
    due = releases_due(held, involved_owners(connection), ledger.taken_weeks(connection))
    drafts = by_week(key, "release", due, release_entries, moves)
    stored = write_batches(connection, place.home, place.keys, drafts, place.now)
    return CarriedOut(
        released_micropoints=_sum(due),
        owners_released=due["owner_id"].n_unique(),
        batches=tuple(batch.batch.batch_id for batch in stored),
    )


def verdicts_around(connection: Connection, move: Move) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the verdicts of a case before and after a move; a withdrawal keeps all for everyone.

    Returns:
        case_id, owner_id, keep_bps, twice; the same owners in both.
    """
    before = _verdicts_of(connection, move.case_id, move.number - 1)
    if move.move == "withdraw":
        return before, before.with_columns(pl.lit(10_000, pl.Int32).alias("keep_bps"))
    return before, _verdicts_of(connection, move.case_id, move.number)


def _verdicts_of(connection: Connection, case_id: str, moves: int) -> pl.DataFrame:
    standing = standing_verdicts(connection, moves=moves).filter(case_id=case_id)
    return standing.select("case_id", "owner_id", "keep_bps")


def _sum(due: pl.DataFrame) -> int:
    return sum(due["micropoints"].to_list())
