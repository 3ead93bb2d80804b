"""Checks what is stored by a second road: the log, every batch, every week's total, every replay.

Each check is a function from the warehouse to findings; `CHECKS` is their order. It only reads.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import polars as pl

from jobs.batch_checks import check_batches
from jobs.book_checks import check_books
from jobs.case_checks import check_cases
from jobs.decision_checks import check_decisions
from jobs.file_checks import check_files
from jobs.fixing_checks import check_fixed_moves
from jobs.formula_checks import check_formulas
from jobs.keys import Keys, load_public_key
from jobs.proposal_checks import check_proposals
from jobs.replay import replay
from seasons.proofs import Frontier, check_checkpoint, leaf_hash, origin
from seasons.terms import Terms
from warehouse import ledger, log
from warehouse.connection import Connection, warehouse
from warehouse.errors import VerificationFailed
from warehouse.events import load_close
from warehouse.home import Home


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
            difference = replay(home, keys, stored)
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
    frontier, kept = Frontier(), log.kept_peaks(connection)
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
        if kept.get(frontier.size, frontier.peaks) != frontier.peaks:
            yield f"checkpoint {number + 1}", "the peaks kept beside it are not those of its tree"
        try:
            check_checkpoint(checkpoint, log_origin, public_key)
        except VerificationFailed as error:
            yield f"checkpoint {number + 1}", str(error)


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
        is_emission = pl.col("account") == f"emission:{label}"
        source = of_week.filter(is_emission)["micropoints"].to_list()
        spread = sum(of_week.filter(~is_emission)["micropoints"].to_list())
        if sum(source) != -emission or spread != emission:
            yield label, f"{spread} micropoints of it exist and {sum(source)} left its emission"


CHECKS: Final = (
    ("log", _check_log),
    ("batches", check_batches),
    ("conservation", _check_conservation),
    ("books", check_books),
    ("cases", check_cases),
    ("decisions", check_decisions),
    ("models and leads", check_fixed_moves),
    ("points by hand", check_proposals),
    ("formulas", check_formulas),
    ("files", check_files),
)
