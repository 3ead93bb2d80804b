"""Checks what is stored by a second road: the log, every batch, every week's total, every replay.

Each check is a function from the warehouse to findings; `CHECKS` is their order. It only reads.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import polars as pl

from jobs.batches import blocked_sha256, leaf_body
from jobs.book_checks import check_books, check_cases
from jobs.decide import held_points
from jobs.formula_checks import check_formulas
from jobs.issue import decide, input_digests, load_inputs
from jobs.keys import Keys, load_public_key
from seasons.enforcement import decide_releases, release_entries
from seasons.proofs import (
    Frontier,
    check_checkpoint,
    entries_sha256,
    entry_lines,
    leaf_hash,
    origin,
)
from seasons.terms import Terms
from warehouse import ledger, log
from warehouse.connection import Connection, warehouse
from warehouse.errors import VerificationFailed, WinnowError
from warehouse.events import load_close
from warehouse.home import Home
from warehouse.ledger import StoredBatch


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        check: Which check found it.
        subject: What it is about: a batch, a checkpoint, a week, a file.
        detail: What was expected and what is there.
    """

    check: str
    subject: str
    detail: str


@dataclass(frozen=True)
class Verification:
    """What was verified, and what was found.

    Attributes:
        leaves: Number of log leaves checked.
        batches: Number of batches checked.
        weeks_replayed: Labels of the weeks that were recomputed from their events.
        findings: In the order in which they were found; empty means all is well.
    """

    leaves: int
    batches: int
    weeks_replayed: tuple[str, ...]
    findings: tuple[Finding, ...]


Progress = Callable[[int, int, str], None]


def verify(
    home: Home, keys: Keys | None = None, *, progress: Progress | None = None
) -> Verification:
    """Check everything that is stored; with keys, recompute every closed week as well.

    Args:
        home: The home.
        keys: Open the formulas for the replay; None means no replay.
        progress: Called with (done, total, what) before each week that is replayed.
    """
    with warehouse(home, read_only=True) as connection:
        leaves = len(log.leaf_hashes(connection))
        batches = ledger.batches(connection)
        findings = [
            Finding(name, subject, detail)
            for name, check in CHECKS
            for subject, detail in check(home, connection)
        ]
    replayed: list[str] = []
    if keys is not None:
        for number, stored in enumerate(batches):
            name = stored.batch.batch_id
            if progress is not None:
                progress(number, len(batches), name)
            difference = _replay(home, keys, stored)
            if difference is not None:
                findings.append(Finding("replay", name, difference))
            elif stored.batch.kind == "issue":
                replayed.append(f"S{stored.batch.season}W{stored.batch.week:02d}")
    return Verification(leaves, len(batches), tuple(replayed), tuple(findings))


Found = Iterator[tuple[str, str]]


def _check_log(home: Home, connection: Connection) -> Found:
    """Every leaf hashes to what is stored, and every checkpoint is the signed root of its tree."""
    public_key = load_public_key(home)
    log_origin = origin(home.home_id, rehearsal=home.rehearsal)
    frontier = Frontier()
    pairs = zip_longest(log.leaves(connection), log.checkpoints(connection))
    for number, (leaf, checkpoint) in enumerate(pairs):
        if leaf is None or checkpoint is None or leaf[0] != number:
            yield f"leaf {number}", "leaves and checkpoints do not run from 0 side by side"
            return
        _, body, stored_hash = leaf
        if leaf_hash(body) != stored_hash:
            yield f"leaf {number}", "its body does not hash to the stored hash"
        frontier = frontier.append(leaf_hash(body))
        if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            yield f"checkpoint {number + 1}", "its size and root are not those of the leaves"
        try:
            check_checkpoint(checkpoint, log_origin, public_key)
        except VerificationFailed as error:
            yield f"checkpoint {number + 1}", str(error)


def _check_batches(_: Home, connection: Connection) -> Found:
    """Every batch balances, is what its leaf says, and every leaf of a batch has its batch."""
    bodies = log.bodies(connection)
    for stored in ledger.batches(connection):
        name = stored.batch.batch_id
        entries = ledger.load_entries(connection, name)
        body = bodies.pop(stored.leaf_index, None)
        total = sum(entries["micropoints"].to_list())
        if total != 0:
            yield name, f"its entries add up to {total} micropoints, not to zero"
        if entries.height != stored.batch.entries:
            yield name, f"it has {entries.height} entries, its header says {stored.batch.entries}"
        if entries_sha256(entries) != stored.batch.entries_sha256:
            yield name, "its entries do not hash to the digest in its header"
        if body is None or body != leaf_body(stored.batch, body.get("inputs", {})):
            yield name, f"its header is not what leaf {stored.leaf_index} of the log says"
            continue
        blocked = ledger.load_blocked(connection, name)
        if body["inputs"].get("blocked_sha256") != blocked_sha256(blocked):
            yield name, "the blocked owners stored with it are not those it was decided with"
    for index, body in bodies.items():
        if body.get("type") == "batch":
            yield f"leaf {index}", "the log has a batch that the ledger has not"


def _check_conservation(_: Home, connection: Connection) -> Found:
    """Every issued week is whole, wherever its points lie now, and no account is below zero."""
    balances = ledger.balances(connection)
    is_source = pl.col("account").str.contains("^(emission|budget):")
    below = balances.filter(~is_source, pl.col("micropoints") < 0)
    for season, week, account, micropoints in below.select(
        "season", "week", "account", "micropoints"
    ).iter_rows():
        yield f"S{season}W{week:02d}", f"{account!r} holds {micropoints} micropoints of it"
    for stored in ledger.batches(connection):
        if stored.batch.kind != "issue":
            continue
        week = stored.batch
        label = f"S{week.season}W{week.week:02d}"
        close = load_close(connection, week.season, week.week)
        if close is None:
            yield label, "it is issued, but its books were never closed"
            continue
        try:
            emission = Terms.model_validate_json(close.season_terms).emission
        except ValueError:
            yield label, "the terms that its books closed with cannot be read"
            continue
        of_week = balances.filter(season=week.season, week=week.week)
        source = of_week.filter(account=f"emission:{label}")["micropoints"].to_list()
        spread = sum(of_week.filter(~is_source)["micropoints"].to_list())
        if sum(source) != -emission or spread != emission:
            yield label, f"{spread} micropoints of it exist and {sum(source)} left its emission"


CHECKS: Final = (
    ("log", _check_log),
    ("batches", _check_batches),
    ("conservation", _check_conservation),
    ("books", check_books),
    ("cases", check_cases),
    ("formulas", check_formulas),
)


def _replay(home: Home, keys: Keys, stored: StoredBatch) -> str | None:
    """Recompute one batch and return the first thing that differs, or None."""
    try:
        if stored.batch.kind == "issue":
            return _replay_issue(home, keys, stored)
        if stored.batch.kind == "release":
            return _replay_release(home, stored)
    except (WinnowError, OSError) as error:
        return f"it cannot be recomputed: {error}"
    except ValueError:
        return "it cannot be recomputed: what its books closed with cannot be read"
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


def _replay_release(home: Home, stored: StoredBatch) -> str | None:
    batch = stored.batch
    with warehouse(home, read_only=True) as connection:
        entries = ledger.load_entries(connection, batch.batch_id)
        blocked = ledger.load_blocked(connection, batch.batch_id)
        held = held_points(connection, before_leaf=stored.leaf_index)
    due = decide_releases(held, frozenset(blocked["owner_id"].to_list()))
    of_week = due.filter(season=batch.season, week=batch.week)
    return first_difference(entries, release_entries(of_week))


def first_difference(stored: pl.DataFrame, recomputed: pl.DataFrame) -> str | None:
    """Return a sentence on the first entry that differs between two batches, or None."""
    pairs = zip_longest(entry_lines(stored), entry_lines(recomputed))
    for line, (was, is_now) in enumerate(pairs):
        if was != is_now:
            return f"entry {line} is stored as {was!r} and recomputed as {is_now!r}"
    return None
