"""Recomputes a batch from what was known when it was written: same inputs, same bytes.

What was known is the ledger before the batch's leaf, the cases as of its number of moves, and, for
an issue, the event files of its close. Everything is loaded first, so that the warehouse is free
while a batch is recomputed.
"""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Final

import polars as pl

from jobs.carrying_out import HELD, NOTHING_TAKEN, OWN, verdicts_around
from jobs.issue import decide, input_digests, load_inputs
from jobs.keys import Keys
from jobs.proposals import replay_hand_batch
from jobs.settle import seizures_left
from seasons.accounts import escrow_lines, held_lines, own_lines
from seasons.enforcement import (
    decide_redistribution,
    reach_back_due,
    reach_back_entries,
    release_entries,
    releases_due,
    restorations_due,
    restore_entries,
    seize_entries,
    seizures_due,
)
from seasons.proofs import entry_lines
from warehouse import ledger, log
from warehouse.cases import (
    involved_owners,
    load_decision,
    load_moves,
    settled_cases,
    standing_verdicts,
)
from warehouse.connection import Connection, warehouse
from warehouse.errors import CaseError, WinnowError
from warehouse.events import load_close
from warehouse.home import Home
from warehouse.ledger import StoredBatch
from warehouse.moves import Move

Recompute = Callable[[], pl.DataFrame]


def replay(home: Home, keys: Keys, stored: StoredBatch) -> str | None:
    """Recompute one batch and return the first thing that differs, or None."""
    try:
        if stored.batch.kind == "issue":
            return _replay_issue(home, keys, stored)
        with warehouse(home, read_only=True) as connection:
            entries = ledger.load_entries(connection, stored.batch.batch_id)
            recompute = _LOADERS[stored.batch.kind](connection, stored)
        return first_difference(entries, recompute())
    except KeyError:
        return f"there is no batch of kind {stored.batch.kind!r}"
    except (WinnowError, OSError) as error:
        return f"it cannot be recomputed: {error}"
    except ValueError:
        return "it cannot be recomputed: what it was decided from cannot be read"


def first_difference(stored: pl.DataFrame, recomputed: pl.DataFrame) -> str | None:
    """Return a sentence on the first entry that differs between two batches, or None."""
    pairs = zip_longest(entry_lines(stored), entry_lines(recomputed))
    for line, (was, is_now) in enumerate(pairs):
        if was != is_now:
            return f"entry {line} is stored as {was!r} and recomputed as {is_now!r}"
    return None


def _replay_issue(home: Home, keys: Keys, stored: StoredBatch) -> str | None:
    with warehouse(home, read_only=True) as connection:
        close = load_close(connection, stored.batch.season, stored.batch.week)
        if close is None:
            return "its books were never closed"
        entries = ledger.load_entries(connection, stored.batch.batch_id)
        inputs = load_inputs(connection, home, keys, close, stored)
        said = log.bodies(connection).get(stored.leaf_index, {}).get("inputs", {})
    decided = decide(home, inputs)
    for name, digest in input_digests(inputs, decided).items():
        if said.get(name) != digest:
            return f"its {name} is {digest}, the log says {said.get(name)!r}"
    return first_difference(entries, decided.entries)


def _release(connection: Connection, stored: StoredBatch) -> Recompute:
    held = _held(connection, stored)
    involved = involved_owners(connection, moves=stored.moves)
    taken = ledger.taken_weeks(connection, before_leaf=stored.leaf_index)
    return lambda: release_entries(releases_due(held, involved, taken))


def _seize(connection: Connection, stored: StoredBatch) -> Recompute:
    held = _held(connection, stored)
    verdicts = standing_verdicts(connection, moves=stored.moves)
    if "/" in stored.batch.key:
        move = _move(connection, stored)
        of_case = _keeps(verdicts.filter(case_id=move.case_id))
        return lambda: seize_entries(seizures_due(held, of_case, NOTHING_TAKEN))
    cases = settled_cases(connection, stored.batch.key)
    of_cases = verdicts.filter(pl.col("case_id").is_in(list(cases)))
    taken = ledger.taken_weeks(connection, before_leaf=stored.leaf_index)
    return lambda: seize_entries(seizures_left(held, of_cases, taken))


def _reach_back(connection: Connection, stored: StoredBatch) -> Recompute:
    move = _move(connection, stored)
    reach = load_decision(connection, move.case_id, move.seq).reach
    if reach is None:
        raise CaseError(f"the decision {stored.batch.key!r} does not reach back")
    verdicts = _keeps(
        standing_verdicts(connection, moves=stored.moves).filter(case_id=move.case_id)
    )
    own = own_lines(_balances(connection, stored, OWN))
    return lambda: reach_back_entries(
        reach_back_due(own, verdicts, {move.case_id: reach}, NOTHING_TAKEN)
    )


def _restore(connection: Connection, stored: StoredBatch) -> Recompute:
    move = _move(connection, stored)
    before, after = verdicts_around(connection, move)
    escrow = escrow_lines(_balances(connection, stored, (f"escrow:{move.case_id}/",)))
    return lambda: restore_entries(restorations_due(escrow, before, after))


def _redistribute(connection: Connection, stored: StoredBatch) -> Recompute:
    cases = settled_cases(connection, stored.batch.key)
    escrow = escrow_lines(_balances(connection, stored, ("escrow:",)))
    of_cases = escrow.filter(pl.col("case_id").is_in(list(cases)))
    own = own_lines(_balances(connection, stored, OWN))
    involved = involved_owners(connection, moves=stored.moves)
    return lambda: decide_redistribution(of_cases, own, involved).entries


def _by_hand(connection: Connection, stored: StoredBatch) -> Recompute:
    entries = replay_hand_batch(connection, stored, involved_owners(connection, moves=stored.moves))
    return lambda: entries


_LOADERS: Final[Mapping[str, Callable[[Connection, StoredBatch], Recompute]]] = {
    "release": _release,
    "seize": _seize,
    "reach_back": _reach_back,
    "restore": _restore,
    "redistribute": _redistribute,
    "adjust": _by_hand,
    "drop": _by_hand,
}


def _balances(connection: Connection, stored: StoredBatch, under: tuple[str, ...]) -> pl.DataFrame:
    """Return what stood in accounts of the batch's week before it was written."""
    week = stored.batch.season, stored.batch.week
    return ledger.balances(connection, before_leaf=stored.leaf_index, week=week, under=under)


def _held(connection: Connection, stored: StoredBatch) -> pl.DataFrame:
    return held_lines(_balances(connection, stored, HELD))


def _keeps(verdicts: pl.DataFrame) -> pl.DataFrame:
    return verdicts.select("case_id", "owner_id", "keep_bps")


def _move(connection: Connection, stored: StoredBatch) -> Move:
    """Return the move of a case that a batch carries out."""
    case_id, _, seq = stored.batch.key.partition("/")
    for move in load_moves(connection, case_id):
        if str(move.seq) == seq:
            return move
    raise CaseError(f"there is no move {stored.batch.key!r} of a case")
