"""Recomputes a batch from what was known when it was written: same inputs, same bytes.

What was known is the ledger before the batch's leaf, the cases as of its number of moves, and, for
an issue, the event files of its close. Everything is loaded first, so that the warehouse is free
while a batch is recomputed.
"""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Final

import polars as pl

from jobs.carrying_out import verdicts_after, verdicts_of
from jobs.issue import VOLUMES, decide, input_digests, load_inputs
from jobs.keys import Keys
from jobs.proposals import replay_hand_batch
from jobs.settle import weights_of
from seasons.accounts import escrow_lines
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
        before_volumes = name == VOLUMES and name not in said
        if said.get(name) != digest and not before_volumes:
            return f"its {name} is {digest}, the log says {said.get(name)!r}"
    return first_difference(entries, decided.entries)


def _release(connection: Connection, stored: StoredBatch) -> Recompute:
    lines = _lines(connection, stored)
    involved = involved_owners(connection, moves=stored.moves)
    verdicts = standing_verdicts(connection, moves=stored.moves)
    return lambda: release_entries(releases_due(lines, involved, verdicts))


def _seize(connection: Connection, stored: StoredBatch) -> Recompute:
    lines = _lines(connection, stored)
    cases = settled_cases(connection, stored.batch.key)
    if "/" in stored.batch.key:
        cases = (_move(connection, stored).case_id,)
    verdicts = standing_verdicts(connection, moves=stored.moves)
    of_cases = verdicts.filter(pl.col("case_id").is_in(list(cases)))
    return lambda: seize_entries(seizures_due(lines, of_cases))


def _reach_back(connection: Connection, stored: StoredBatch) -> Recompute:
    move = _move(connection, stored)
    reach = load_decision(connection, move.case_id, move.seq).reach
    if reach is None:
        raise CaseError(f"the decision {stored.batch.key!r} does not reach back")
    verdicts = verdicts_of(connection, move.case_id, stored.moves)
    own = _own_lines(connection, stored, verdicts["owner_id"].to_list())
    return lambda: reach_back_entries(reach_back_due(own, verdicts, {move.case_id: reach}))


def _restore(connection: Connection, stored: StoredBatch) -> Recompute:
    move = _move(connection, stored)
    after = verdicts_after(connection, move)
    escrow = escrow_lines(_balances(connection, stored, (f"escrow:{move.case_id}/",)))
    own = _own_lines(connection, stored, escrow["owner_id"].unique().to_list())
    lines = pl.concat([_lines(connection, stored), own])
    return lambda: restore_entries(restorations_due(escrow, lines, after))


def _redistribute(connection: Connection, stored: StoredBatch) -> Recompute:
    cases = settled_cases(connection, stored.batch.key)
    escrow = escrow_lines(_balances(connection, stored, ("escrow:",)))
    of_cases = escrow.filter(pl.col("case_id").is_in(list(cases)))
    own = weights_of(connection, _week(stored), before_leaf=stored.leaf_index)
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


def _week(stored: StoredBatch) -> tuple[int, int]:
    return stored.batch.season, stored.batch.week


def _balances(connection: Connection, stored: StoredBatch, under: tuple[str, ...]) -> pl.DataFrame:
    """Return what stood in accounts of the batch's week before it was written."""
    return ledger.balances(
        connection, before_leaf=stored.leaf_index, week=_week(stored), under=under
    )


def _lines(connection: Connection, stored: StoredBatch) -> pl.DataFrame:
    return ledger.lines(connection, before_leaf=stored.leaf_index, week=_week(stored))


def _own_lines(connection: Connection, stored: StoredBatch, owners: list[str]) -> pl.DataFrame:
    return ledger.own_lines(connection, owners, before_leaf=stored.leaf_index, week=_week(stored))


def _move(connection: Connection, stored: StoredBatch) -> Move:
    """Return the move of a case that a batch carries out."""
    case_id, _, seq = stored.batch.key.partition("/")
    for move in load_moves(connection, case_id):
        if str(move.seq) == seq:
            return move
    raise CaseError(f"there is no move {stored.batch.key!r} of a case")
