"""Issues a week: closes its books, measures, splits, and writes the batch, once.

1. A batch that is there already is the answer; nothing is computed twice.
2. The books close in a transaction of their own, at the issue instant or later, and stay closed.
3. The week is decided from the closed books, the sealed formula and the cases, without holding the
   warehouse.
4. One transaction writes leaf, batch and exclusions. Where the log or a case has moved in the
   meantime, the week is decided anew from step 3; where another process was faster, its batch is
   the answer.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from jobs.batches import Draft, write_batch
from jobs.formula import load_formula, require_sealed
from jobs.keys import Keys
from jobs.season_files import load_seasons, season_terms
from seasons.activity import scope_of
from seasons.formulas import Formula
from seasons.issuance import Issue, decide_issue
from seasons.proofs import canonical_json, lines_sha256
from seasons.ranks import standings
from seasons.terms import Terms
from warehouse import ledger, log
from warehouse.activity import load_activity
from warehouse.cases import involved_owners, moves_count
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import SeasonError, WarehouseBusy
from warehouse.events import Close, check_unchanged, store_close
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.ledger import StoredBatch
from warehouse.records import Week
from warehouse.volumes import store_volumes

ATTEMPTS: Final = 5
VOLUMES: Final = "volumes_sha256"
"""What the log says of a week's volumes; nothing where it was issued before they were measured."""


@dataclass(frozen=True)
class Issued:
    """A week's issue as the ledger holds it.

    Attributes:
        week: Its label.
        batch: Id of its batch.
        issued_micropoints: The whole emission.
        owners: Number of owners who earned something, held or not.
        held_micropoints: What of it was held when it was issued.
        root: Root of the log with this batch, in hexadecimal.
        already: Whether it had been issued before.
    """

    week: str
    batch: str
    issued_micropoints: int
    owners: int
    held_micropoints: int
    root: str
    already: bool


@dataclass(frozen=True)
class Inputs:
    """Everything that decides a week, besides the event files of its close.

    Attributes:
        week: Which week.
        close: Its closed books.
        terms: The season's terms as of the close.
        formula: Opened for this job; never logged.
        tiers: owner_id, tier: from the points of the season's earlier weeks, as issued by then.
        involved: Whom cases concern, see `warehouse.cases.involved_owners`.
        moves: Number of moves of cases that this was as of.
        log_size: Leaves of the log when they were loaded: the place of the week's batch.
    """

    week: Week
    close: Close
    terms: Terms
    formula: Formula = field(repr=False)
    tiers: pl.DataFrame
    involved: pl.DataFrame
    moves: int
    log_size: int


def issue(
    home: Home, keys: Keys, week: Week, now: datetime, *, accept_missing: str | None = None
) -> Issued:
    """Issue a week, or return the issue that is there already.

    Args:
        home: The home.
        keys: Opens the formula and signs the batch.
        week: Which week.
        now: The clock.
        accept_missing: An operator's reason to close the books over a gap.

    Raises:
        SeasonError: It is not due yet.
        FormulaError: No formula is sealed for it.
        BooksIncomplete: Something is missing from its events.
        NobodyQualifies: No owner earns in any pool.
        WarehouseBusy: Log or cases kept moving while the week was decided.
    """
    with warehouse(home, read_only=True) as connection:
        done = find_issue(connection, week, already=True)
        if done is not None:
            return done
        _check_due(week, now)
        require_sealed(connection, week)
    close = _close_books(home, week, now, accept_missing)
    for _ in range(ATTEMPTS):
        with warehouse(home, read_only=True) as connection:
            inputs = load_inputs(connection, home, keys, close)
        decided = decide(home, inputs)
        written = _write(home, keys, inputs, decided, now)
        if written is not None:
            return written
    raise WarehouseBusy(
        f"log or cases moved {ATTEMPTS} times while {week.label!r} was decided; issue it again"
    )


def load_inputs(
    connection: Connection,
    home: Home,
    keys: Keys,
    close: Close,
    batch: StoredBatch | None = None,
) -> Inputs:
    """Load what decides a week: as of now, or, for a replay, as of the batch that was written."""
    terms = Terms.model_validate_json(close.season_terms)
    week = terms.calendar.week(close.number)
    if batch is None:
        log_size, moves = log.size(connection), moves_count(connection)
    else:
        log_size, moves = batch.leaf_index, batch.moves
    points = ledger.season_points(
        connection, week.season, before_week=week.number, before_leaf=log_size
    )
    return Inputs(
        week=week,
        close=close,
        terms=terms,
        formula=load_formula(home, keys, connection, week.season, week.number),
        tiers=standings(points, terms.tiers.thresholds()).select("owner_id", "tier"),
        involved=involved_owners(connection, moves=moves),
        moves=moves,
        log_size=log_size,
    )


def decide(home: Home, inputs: Inputs) -> Issue:
    """Measure and split a week; reads event files, holds nothing, stores nothing.

    Raises:
        HomeError: An event file is missing, or is not the one that was registered.
    """
    check_unchanged(home, inputs.close.files)
    terms = inputs.terms
    scope = scope_of(inputs.formula, terms.eligibility, terms.qualified_volume)
    linked = linked_owners(inputs.involved)
    activity = load_activity(home, inputs.week, inputs.close.files, linked, scope)
    return decide_issue(inputs.week, terms, inputs.formula, activity, inputs.tiers, inputs.involved)


def linked_owners(involved: pl.DataFrame) -> pl.DataFrame:
    """Return owner_id, case_id of confirmed owners, by the first case of each chain.

    One chain of cases is one group of people: their trades with each other never count.
    """
    confirmed = involved.filter(pl.col("state") != "open")
    chains = confirmed.select("owner_id", pl.col("root").alias("case_id"))
    return chains.unique().sort("owner_id", "case_id")


def input_digests(inputs: Inputs, issue_: Issue) -> dict[str, str]:
    """Return the digests that the log fixes of what a week was decided from."""
    close, week = inputs.close, inputs.week
    digests = {
        "close_sha256": close_sha256(close, to_stored(week.start), to_stored(week.end)),
        "files_sha256": files_sha256((file.path, file.sha256) for file in close.files),
        "terms_sha256": hashlib.sha256(close.season_terms.encode()).hexdigest(),
        "exclusions_sha256": exclusions_sha256(issue_.exclusions),
    }
    if issue_.volumes is not None:
        digests[VOLUMES] = volumes_sha256(issue_.volumes.markets, issue_.volumes.owners)
    return digests


def close_sha256(close: Close, window_start: datetime, window_end: datetime) -> str:
    """Return the digest of how books closed; the window's instants as they are stored."""
    said = {
        "window_start": window_start.isoformat(),
        "window_end": window_end.isoformat(),
        "closed_at": close.closed_at.isoformat(),
        "accepted_missing": close.accepted_missing,
        "missing": list(close.missing),
    }
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def files_sha256(files: Iterable[tuple[str, str]]) -> str:
    """Return the digest of (path, SHA-256) of files, one line each."""
    return lines_sha256(f"{path}\t{digest}" for path, digest in files)


def exclusions_sha256(exclusions: pl.DataFrame) -> str:
    """Return the digest of owner_id, reason, sorted by owner, one line each."""
    lines = exclusions.select(pl.concat_str("owner_id", "reason", separator="\t"))
    return lines_sha256(lines.to_series())


def volumes_sha256(markets: pl.DataFrame, owners: pl.DataFrame) -> str:
    """Return the digest of a week's volumes (`seasons.volumes.Volumes`), one line a row.

    The lines of markets come first and have five fields, those of owners have four.
    """
    lines = (
        content.select(pl.concat_str(pl.all(), separator="\t")) for content in (markets, owners)
    )
    return lines_sha256(pl.concat(line.to_series().alias("line") for line in lines))


def find_issue(connection: Connection, week: Week, *, already: bool) -> Issued | None:
    """Return a week's issue as the ledger holds it, or None."""
    stored = ledger.find_batch(connection, week.season, week.number, "issue")
    if stored is None:
        return None
    entries = ledger.load_entries(connection, stored.batch.batch_id)
    credited = entries.filter(pl.col("micropoints") > 0)
    held = pl.col("account").str.starts_with("held:")
    owner = pl.col("account").str.replace("^(owner|held):", "")
    return Issued(
        week=week.label,
        batch=stored.batch.batch_id,
        issued_micropoints=int(credited["micropoints"].sum()),
        owners=credited.select(owner.n_unique()).item(),
        held_micropoints=int(credited.filter(held)["micropoints"].sum()),
        root=log.checkpoint_of(connection, stored.leaf_index + 1).root.hex(),
        already=already,
    )


def _check_due(week: Week, now: datetime) -> None:
    if now < week.issue_at:
        raise SeasonError(
            f"{week.label!r} is due at {week.issue_at:%Y-%m-%d %H:%M} UTC, not before; "
            f"it is {now:%Y-%m-%d %H:%M} UTC"
        )


def _close_books(home: Home, week: Week, now: datetime, accept_missing: str | None) -> Close:
    terms = season_terms(load_seasons(home), week.season)
    with transaction(home) as connection:
        return store_close(
            connection,
            week,
            now=now,
            season_terms=terms.model_dump_json(),
            required=terms.declared_complete,
            accept_missing=accept_missing,
        )


def _write(home: Home, keys: Keys, inputs: Inputs, decided: Issue, now: datetime) -> Issued | None:
    """Write the batch; None where log or cases have moved since the inputs were loaded."""
    week = inputs.week
    with transaction(home) as connection:
        done = find_issue(connection, week, already=True)
        if done is not None:
            return done
        moved = log.size(connection) != inputs.log_size
        if moved or not involved_owners(connection).equals(inputs.involved):
            return None
        draft = Draft(
            season=week.season,
            week=week.number,
            kind="issue",
            key="",
            entries=decided.entries,
            moves=moves_count(connection),
            inputs=input_digests(inputs, decided),
        )
        write_batch(connection, home, keys, draft, now)
        ledger.store_exclusions(connection, week, decided.exclusions)
        if decided.volumes is not None:
            store_volumes(connection, week, decided.volumes.markets, decided.volumes.owners)
        return find_issue(connection, week, already=False)
