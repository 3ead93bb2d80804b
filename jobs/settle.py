"""Settles: makes cases final whose appeals are over, and spreads what they took.

1. What is due is planned without holding the warehouse: the part of later weeks that the verdicts
   still take, what nothing keeps any longer, and one split per origin week of everything that lies
   in escrow for these cases; and the entries of all that, with their digests.
2. One transaction makes the cases final and writes the batches. Where the log or a case has moved
   in the meantime, it is planned anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Final

import polars as pl

from jobs.batches import Draft, by_week, write_batches
from jobs.carrying_out import OWN, Place, without
from jobs.keys import Keys
from jobs.moving import fix_moves
from seasons.accounts import escrow_lines, own_lines
from seasons.enforcement import (
    Redistribution,
    decide_redistribution,
    release_entries,
    releases_due,
    seize_entries,
    seizures_due,
)
from seasons.moderation import waits_for_second
from seasons.policy import parse_policy
from warehouse import ledger, log
from warehouse.cases import (
    due_for_settlement,
    involved_owners,
    load_moves,
    moves_count,
    standing_verdicts,
)
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import CaseError, WarehouseBusy
from warehouse.home import Home
from warehouse.moves import DECISIONS, Move
from warehouse.policies import load_policy_text
from warehouse.recording import record_settlement
from warehouse.records import MICROPOINTS_PER_POINT

ATTEMPTS: Final = 5


@dataclass(frozen=True)
class WeekSettled:
    """What became of one origin week's escrow.

    Attributes:
        season: Of the week.
        week: Its number.
        to_owners_micropoints: Spread over the owners of that week whom no case involves.
        to_reserve_micropoints: Where there was no such owner.
        owners: Number of owners who got something.
    """

    season: int
    week: int
    to_owners_micropoints: int
    to_reserve_micropoints: int
    owners: int


@dataclass(frozen=True)
class Settled:
    """What a settle run did, or would do.

    Attributes:
        key: Of its batches; None where nothing was due.
        cases: Made final.
        seized_micropoints: Of weeks that were issued after the decisions.
        released_micropoints: To their owners.
        weeks: By origin week.
        batches: Ids, in the order in which they were written; empty in a preview.
        waiting: Cases that are not made final before a second person agrees: one decided alone, and
            by now they take more than one alone may.
    """

    key: str | None
    cases: tuple[str, ...]
    seized_micropoints: int = 0
    released_micropoints: int = 0
    weeks: tuple[WeekSettled, ...] = ()
    batches: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def redistributed_micropoints(self) -> int:
        """Micropoints that left escrow, to owners and to the reserve."""
        return sum(week.to_owners_micropoints + week.to_reserve_micropoints for week in self.weeks)


@dataclass(frozen=True)
class _Standing:
    """What a plan is made from.

    Attributes:
        mark: Differs after anything was written.
        cases: Due to be final.
        waiting: Due as well, but for a second person.
        lines: `seasons.accounts.LINES`, held ones.
        escrow: `seasons.accounts.ESCROW_LINES` of these cases.
        verdicts: case_id, owner_id, keep_bps, ...: of all cases.
        involved: As it will be once they are final.
    """

    mark: tuple[int, int]
    cases: tuple[str, ...]
    waiting: tuple[str, ...]
    lines: pl.DataFrame
    escrow: pl.DataFrame
    verdicts: pl.DataFrame
    involved: pl.DataFrame


@dataclass(frozen=True)
class _Plan:
    standing: _Standing
    seized: pl.DataFrame
    released: pl.DataFrame
    spread: tuple[tuple[int, int, Redistribution], ...]


def settle(home: Home, keys: Keys, *, as_of: datetime, now: datetime) -> Settled:
    """Settle every case that is due; once each, and nothing where none is.

    Args:
        home: The home.
        keys: Sign the log.
        as_of: Appeals that end by then are over; not after the clock.
        now: The clock.

    Raises:
        CaseError: `as_of` lies after the clock.
        WarehouseBusy: Log or cases kept moving while it was planned.
    """
    if as_of > now:
        raise CaseError(
            f"as of {as_of.isoformat()!r} is after the clock, {now.isoformat()}; appeals that "
            "could still come are waited for"
        )
    for _ in range(ATTEMPTS):
        plan = _plan(home, as_of)
        if not plan.standing.cases:
            return Settled(None, (), waiting=plan.standing.waiting)
        drafts = _drafts(plan)
        with transaction(home) as connection:
            if _mark(connection) == plan.standing.mark:
                return _write(Place(connection, home, keys, now), plan, drafts)
    raise WarehouseBusy(f"log or cases moved {ATTEMPTS} times while settling; settle again")


def preview_settlement(home: Home, *, as_of: datetime) -> Settled:
    """Return what a settle run would do."""
    plan = _plan(home, as_of)
    if not plan.standing.cases:
        return Settled(None, (), waiting=plan.standing.waiting)
    return _told(plan, ())


def settle_key(case_ids: Sequence[str]) -> str:
    """Return the key of the run that makes cases final: a case is settled once, so it is unique."""
    return "settle-" + sha256("\n".join(sorted(case_ids)).encode()).hexdigest()[:12]


def _plan(home: Home, as_of: datetime) -> _Plan:
    with warehouse(home, read_only=True) as connection:
        standing = _load(connection, as_of)
    of_cases = standing.verdicts.filter(pl.col("case_id").is_in(list(standing.cases)))
    seized = seizures_due(standing.lines, of_cases)
    left = without(standing.lines, seized)
    released = releases_due(left, standing.involved, standing.verdicts)
    escrow = pl.concat([standing.escrow, seized]).sort("season", "week")
    return _Plan(standing, seized, released, tuple(_spread(home, standing, escrow, released)))


def _load(connection: Connection, as_of: datetime) -> _Standing:
    lines, verdicts = ledger.lines(connection), standing_verdicts(connection)
    escrow = escrow_lines(ledger.balances(connection, under=("escrow:",)))
    due = due_for_settlement(connection, as_of)
    of_due = pl.col("case_id").is_in(list(due))
    taken = pl.concat([escrow.filter(of_due), seizures_due(lines, verdicts.filter(of_due))])
    waiting = _waiting_for_second(connection, due, taken)
    cases = tuple(case_id for case_id in due if case_id not in waiting)
    of_cases = pl.col("case_id").is_in(list(cases))
    involved = involved_owners(connection)
    final = of_cases & (pl.col("state") == "confirmed")
    state = pl.when(final).then(pl.lit("final")).otherwise("state").alias("state")
    return _Standing(
        mark=_mark(connection),
        cases=cases,
        waiting=waiting,
        lines=lines,
        escrow=escrow.filter(of_cases),
        verdicts=verdicts,
        involved=involved.with_columns(state),
    )


def _waiting_for_second(
    connection: Connection, due: Sequence[str], taken: pl.DataFrame
) -> tuple[str, ...]:
    """Return the cases that one person decided alone and that take more than one alone may."""

    @cache
    def alone(policy_sha256: str) -> int:
        policy = parse_policy(load_policy_text(connection, policy_sha256))
        return policy.deciding.alone_points * MICROPOINTS_PER_POINT

    if not due:
        return ()
    of_case: dict[str, list[Move]] = defaultdict(list)
    for move in load_moves(connection):
        of_case[move.case_id].append(move)
    sums = dict(taken.group_by("case_id").agg(pl.col("micropoints").sum()).iter_rows())
    waiting = []
    for case_id in due:
        moves = of_case[case_id]
        policies = [move.policy_sha256 for move in moves if move.move in DECISIONS]
        limit = alone(policies[-1]) if policies and policies[-1] else 0
        if waits_for_second(moves, sums.get(case_id, 0), limit):
            waiting.append(case_id)
    return tuple(waiting)


def _mark(connection: Connection) -> tuple[int, int]:
    return log.size(connection), moves_count(connection)


def _spread(
    home: Home, standing: _Standing, escrow: pl.DataFrame, released: pl.DataFrame
) -> Iterator[tuple[int, int, Redistribution]]:
    """Split each origin week's escrow over its owners, released points included."""
    for (season, number), of_week in escrow.group_by("season", "week", maintain_order=True):
        week = int(str(season)), int(str(number))
        with warehouse(home, read_only=True) as connection:
            own = weights_of(connection, week)
        back = released.filter(season=week[0], week=week[1])
        points = (
            pl.concat([part.select("owner_id", "micropoints") for part in (own, back)])
            .group_by("owner_id", maintain_order=True)  # sorted, which what follows is quicker on
            .agg(pl.col("micropoints").sum())
        )
        yield *week, decide_redistribution(of_week, points, standing.involved)


def weights_of(
    connection: Connection, week: tuple[int, int], *, before_leaf: int | None = None
) -> pl.DataFrame:
    """Return what a week's escrow is split by: owner_id, micropoints of that week, their own.

    Week 0 has no activity, only points that were given by hand, so nobody has a claim to what is
    taken of them: it goes to the reserve.
    """
    balances = ledger.balances(connection, week=week, under=OWN, before_leaf=before_leaf)
    return own_lines(balances if week[1] else balances.clear())


def _drafts(plan: _Plan) -> tuple[Draft, ...]:
    """Return the batches of a plan, as decided once its cases are final."""
    _, moves = plan.standing.mark
    key, number = settle_key(plan.standing.cases), moves + len(plan.standing.cases)
    return (
        *by_week(key, "seize", plan.seized, seize_entries, number),
        *by_week(key, "release", plan.released, release_entries, number),
        *(
            Draft(season, week, "redistribute", key, spread.entries, number, inputs={})
            for season, week, spread in plan.spread
        ),
    )


def _write(place: Place, plan: _Plan, drafts: Sequence[Draft]) -> Settled:
    connection, home, keys, now = place.connection, place.home, place.keys, place.now
    key, cases = settle_key(plan.standing.cases), plan.standing.cases
    moves = record_settlement(connection, key, cases, now)
    fix_moves(connection, home, keys, [(move, None) for move in moves], now)
    stored = write_batches(connection, home, keys, drafts, now)
    return _told(plan, tuple(batch.batch.batch_id for batch in stored))


def _told(plan: _Plan, batches: tuple[str, ...]) -> Settled:
    cases = plan.standing.cases
    return Settled(
        key=settle_key(cases),
        cases=cases,
        seized_micropoints=sum(plan.seized["micropoints"].to_list()),
        released_micropoints=sum(plan.released["micropoints"].to_list()),
        weeks=tuple(
            WeekSettled(season, week, spread.to_owners, spread.to_reserve, _owners(spread.entries))
            for season, week, spread in plan.spread
        ),
        batches=batches,
        waiting=plan.standing.waiting,
    )


def _owners(entries: pl.DataFrame) -> int:
    return entries.filter(pl.col("account").str.starts_with("owner:")).height
