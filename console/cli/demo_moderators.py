"""The moderators of the demonstration: played by a rule that is stated, and blind to who is who.

Anna and Ben confirm what two families of evidence show of at least four owners, dismiss what a
household could be, and leave the rest open. Of each confirmed case one owner appeals; Eve upholds
the first of these appeals and rejects the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from console.cli.rendering import count, points, print_facts, print_table
from jobs import appeal as appeals
from jobs.appeal import Answer, Moved
from jobs.decide import Outcome, Verdict
from jobs.keys import Keys
from jobs.notice import Noticed, give_notice
from jobs.settle import Settled, settle
from rehearsal.moderators import View, decide_together
from warehouse import ledger
from warehouse.cases import involved_owners, list_cases
from warehouse.connection import warehouse
from warehouse.home import Home
from warehouse.moves import DECIDED, UNDECIDED
from warehouse.recording import NewMove

LEAST_OWNERS: Final = 4  # of a case that is confirmed
LEAST_FAMILIES: Final = 2
HOUSEHOLD: Final = 3  # owners at most
_FIRST, _SECOND, _THIRD = "anna", "ben", "eve"
_COLUMNS: Final = {
    "taken": "seized",
    "restored": "given back",
    "to_owners": "to the others",
    "to_reserve": "to the reserve",
    "in_escrow": "in escrow",
}
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Moderated:
    """What the moderators of the demonstration did.

    Attributes:
        outcomes: Decisions that took effect, in the order in which they were made.
        noticed: Notices of the confirmed cases.
        upheld: The answer to the first appeal; None where nothing was confirmed.
        rejected: The answers to the others.
        appeals_end: After the last day for appeals, with everything answered.
    """

    outcomes: tuple[Outcome, ...]
    noticed: tuple[Noticed, ...]
    upheld: Moved | None
    rejected: tuple[Moved, ...]
    appeals_end: datetime

    @property
    def confirmed(self) -> int:
        """Number of confirmed cases."""
        return sum(outcome.state in DECIDED for outcome in self.outcomes)


def moderate(home: Home, keys: Keys, now: datetime) -> Moderated:
    """Decide, give notice, and answer appeals, as the module says."""
    outcomes = tuple(_decide_all(home, keys, now))
    confirmed = [outcome for outcome in outcomes if outcome.state in DECIDED]
    noticed = tuple(
        give_notice(home, keys, outcome.case, by=_FIRST, now=now) for outcome in confirmed
    )
    answers = tuple(_appeals(home, keys, confirmed, now + _HOUR))
    ends = [given.until for given in noticed if given.until is not None]
    return Moderated(
        outcomes, noticed, answers[0] if answers else None, answers[1:], max(ends, default=now)
    )


def settle_after(home: Home, keys: Keys, moderated: Moderated, now: datetime) -> Settled:
    """Settle once appeals are over, or now if that is later."""
    then = max(moderated.appeals_end, now)
    return settle(home, keys, as_of=then, now=then)


def show_enforcement(home: Home, moderated: Moderated, settled: Settled) -> None:
    """Show what was decided, and where the seized points went; the sums are over the ledger."""
    dismissed = len(moderated.outcomes) - moderated.confirmed
    upheld = moderated.upheld
    print_facts(
        "Decided by played moderators, two of them where the policy wants two",
        (
            ("confirmed", f"{count(moderated.confirmed)} cases: at least two families of evidence"),
            ("dismissed", f"{count(dismissed)} cases: a household could be meant"),
            ("notices", f"{count(sum(len(n.notices) for n in moderated.noticed))} files"),
            (
                "appeals",
                "none"
                if upheld is None
                else f"1 upheld, which gave {points(upheld.done.restored_micropoints)} back; "
                f"{count(len(moderated.rejected))} rejected",
            ),
            ("settled", f"{count(len(settled.cases))} cases are final"),
        ),
    )
    with warehouse(home, read_only=True) as connection:
        _show_seized(ledger.seized_weeks(connection))


def _show_seized(weeks: pl.DataFrame) -> None:
    """Show by origin week what was taken and where it is; columns without anything are left out."""
    amounts = weeks.drop("season", "week")
    shown = [name for name in amounts.columns if name == "taken" or amounts[name].sum()]
    columns = [_COLUMNS[name] for name in shown]
    labels = [
        f"S{season}W{week:02d}" for season, week in weeks.select("season", "week").iter_rows()
    ]
    lines = [*amounts.select(shown).iter_rows(), amounts.select(shown).sum().row(0)]
    print_table(
        f"Where the seized points went: {_proof(weeks)}",
        ("week", *columns),
        [(label, *map(points, line)) for label, line in zip((*labels, "all"), lines, strict=True)],
        numbers=columns,
    )


def _decide_all(home: Home, keys: Keys, now: datetime) -> Iterator[Outcome]:
    with warehouse(home, read_only=True) as connection:
        queue = list_cases(connection).filter(pl.col("state").is_in(UNDECIDED))
    for case_id, owners, families in queue.select("case_id", "owners", "families").iter_rows():
        view = _view(owners, families)
        if view is not None:
            yield decide_together(home, keys, case_id, [(_FIRST, view), (_SECOND, view)], now)


def _view(owners: int, families: list[str]) -> View | None:
    if owners >= LEAST_OWNERS and len(families) >= LEAST_FAMILIES:
        return View(Verdict.CONFIRM, f"{owners} owners and evidence of {' and '.join(families)}")
    if owners <= HOUSEHOLD and "funding" not in families:
        return View(Verdict.DISMISS, "a household could be meant")
    return None


def _appeals(home: Home, keys: Keys, confirmed: list[Outcome], now: datetime) -> Iterator[Moved]:
    """Let one owner of each confirmed case appeal, and answer."""
    for place, outcome in enumerate(confirmed):
        owner = _appellant(home, outcome.case)
        said = NewMove(outcome.case, "appeal", "support", "I bought this account in March", owner)
        appeals.appeal(home, keys, said, now)
        keep = 10_000 if place == 0 else None
        reason = "the purchase is proven" if keep else "nothing was shown"
        given = Answer(outcome.case, owner, keep, _THIRD, reason)
        yield appeals.answer(home, keys, given, now + _HOUR)


def _appellant(home: Home, case_id: str) -> str:
    """Return the first owner whom no other case concerns: what is given back is theirs at once."""
    with warehouse(home, read_only=True) as connection:
        involved = involved_owners(connection)
    alone = involved.filter(pl.len().over("owner_id") == 1, case_id=case_id)["owner_id"]
    of_case = involved.filter(case_id=case_id)["owner_id"]
    return str((of_case if alone.is_empty() else alone).min())


def _proof(weeks: pl.DataFrame) -> str:
    """Say whether the sums meet, by adding up once more in Python's integers."""
    taken, *parts = (sum(weeks[name].to_list()) for name in weeks.columns[2:])
    if taken != sum(parts):
        return f"{points(taken - sum(parts))} are missing"
    return "every row adds up" if weeks.height else "none were"
