"""Records a moderator's decision on a case, and releases what nothing keeps any longer.

A dismissal releases the held points of its owners, unless another open or confirmed case keeps
them. A confirmation keeps them held. Move and releases are one transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from jobs.batches import Draft, move_sha256, write_batch
from jobs.keys import Keys
from seasons.enforcement import decide_releases, release_entries
from warehouse import ledger
from warehouse.cases import blocked_owners, record_move
from warehouse.connection import Connection, transaction
from warehouse.home import Home


class Verdict(StrEnum):
    """What a moderator decides on a case."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class Decision:
    """What a moderator decides.

    Attributes:
        case_id: On which case.
        verdict: What.
        by: Who; not empty.
        reason: Why; not empty.
    """

    case_id: str
    verdict: Verdict
    by: str
    reason: str


@dataclass(frozen=True)
class Decided:
    """A decision as recorded.

    Attributes:
        case: Its id.
        state: The case's state after the decision.
        released_micropoints: What the decision released.
        owners: Number of owners to whom something was released.
        batches: Ids of the release batches, one per origin week.
    """

    case: str
    state: str
    released_micropoints: int
    owners: int
    batches: tuple[str, ...]


def decide(home: Home, keys: Keys, decision: Decision, now: datetime) -> Decided:
    """Record a decision on a case and release what is due.

    Args:
        home: The home.
        keys: Sign the release batches.
        decision: What was decided, by whom and why.
        now: The clock.

    Raises:
        CaseError: The case is unknown, or may not be decided in its state, or `by` or `reason` is
            empty.
    """
    with transaction(home) as connection:
        move = record_move(
            connection,
            decision.case_id,
            decision.verdict.value,
            by=decision.by,
            reason=decision.reason,
            now=now,
        )
        blocked = blocked_owners(connection)
        released = decide_releases(
            held_points(connection), frozenset(blocked["owner_id"].to_list())
        )
        batch_ids = []
        for (season, week), part in released.group_by("season", "week", maintain_order=True):
            draft = Draft(
                season=int(str(season)),
                week=int(str(week)),
                kind="release",
                key=f"{decision.case_id}/{move.seq}",
                entries=release_entries(part),
                blocked=blocked,
                inputs={"move_sha256": move_sha256(move)},
            )
            batch_ids.append(write_batch(connection, home, keys, draft, now).batch.batch_id)
    return Decided(
        case=decision.case_id,
        state=move.state,
        released_micropoints=int(released["micropoints"].sum()),
        owners=released["owner_id"].n_unique(),
        batches=tuple(batch_ids),
    )


def held_points(connection: Connection, *, before_leaf: int | None = None) -> pl.DataFrame:
    """Return what is held: season, week, owner_id, subject, micropoints, sorted."""
    return (
        ledger.balances(connection, before_leaf=before_leaf)
        .filter(pl.col("account").str.starts_with("held:"))
        .select(
            "season",
            "week",
            pl.col("account").str.strip_prefix("held:").alias("owner_id"),
            "subject",
            "micropoints",
        )
    )
