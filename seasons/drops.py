"""Points by hand beside the weekly emission: what gives them, to whom, and what is held."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from seasons.accounts import held_account, owner_account
from seasons.enforcement import blocking, releases_due
from seasons.proposals import Proposal
from warehouse.errors import AllocationError, ProposalError

_LINE: Final = ("season", "week", "owner_id", "subject")
ENTRY_TYPES: Final = pl.Schema(
    {
        "account": pl.String(),
        "micropoints": pl.Int64(),
        "reason": pl.String(),
        "subject": pl.String(),
    }
)


@dataclass(frozen=True)
class ByHand:
    """What a proposal does to the ledger.

    Attributes:
        entries: account, micropoints, reason, subject, in the order of the batch; adds up to zero.
        owed: owner_id, micropoints, reason: what is not there any more and cannot be taken back,
            sorted by owner.
    """

    entries: pl.DataFrame
    owed: pl.DataFrame

    @property
    def given(self) -> int:
        """Micropoints that owners get, held or not."""
        return sum(amount for amount in self._of("owner:", "held:") if amount > 0)

    @property
    def taken(self) -> int:
        """Micropoints that are taken back from owners."""
        return -sum(amount for amount in self._of("owner:", "held:") if amount < 0)

    @property
    def held(self) -> int:
        """Micropoints of what is given that are held."""
        return sum(amount for amount in self._of("held:") if amount > 0)

    @property
    def owed_total(self) -> int:
        """Micropoints that cannot be taken back."""
        return sum(self.owed["micropoints"].to_list())

    def _of(self, *prefixes: str) -> Iterable[int]:
        starts = pl.any_horizontal(pl.col("account").str.starts_with(name) for name in prefixes)
        amounts: list[int] = self.entries.filter(starts)["micropoints"].to_list()
        return amounts


@dataclass(frozen=True)
class BudgetUse:
    """A budget before and after a proposal.

    Attributes:
        name: Which budget.
        limit: Micropoints that the season file declares for it.
        before: Micropoints that had left it in the season, less what came back.
        given: Micropoints that leave it now.
        taken: Micropoints that come back now.
    """

    name: str
    limit: int
    before: int
    given: int
    taken: int

    @property
    def after(self) -> int:
        """Micropoints that have left it in the season then."""
        return self.before + self.given - self.taken

    @property
    def is_kept(self) -> bool:
        """Whether the limit is kept; whoever takes back more than is given never breaks it."""
        return self.after <= self.limit or self.given <= self.taken


def require_within(use: BudgetUse) -> None:
    """Check that a budget allows what is proposed.

    Raises:
        ProposalError: More would have left it than is declared.
    """
    if not use.is_kept:
        raise ProposalError(
            f"the budget {use.name!r} has {_points(use.limit)} points in the season file; "
            f"{_points(use.before)} have left it and {_points(use.after)} would have then; "
            "propose less, or declare more"
        )


def _points(micropoints: int) -> str:
    sign = "-" if micropoints < 0 else ""
    return f"{sign}{abs(micropoints) // 10**6}.{abs(micropoints) % 10**6:06d}"


def waiting_owners(
    proposal: Proposal, involved: pl.DataFrame, lines: pl.DataFrame, verdicts: pl.DataFrame
) -> frozenset[str]:
    """Return the owners whose part is held: whatever would not be released at once if it were.

    Args:
        proposal: What is to be given.
        involved: As `seasons.enforcement.blocking` takes it.
        lines: `seasons.accounts.LINES` of the week, as held before.
        verdicts: As `seasons.enforcement.releases_due` takes them.
    """
    blocked = pl.col("owner_id").is_in(sorted(blocking(involved)))
    as_held = proposal.lines.filter(blocked, pl.col("micropoints") > 0).select(
        pl.lit(proposal.season, pl.Int32).alias("season"),
        pl.lit(proposal.week, pl.Int32).alias("week"),
        "owner_id",
        pl.col("owner_id").alias("subject"),
        "micropoints",
    )
    before = lines.select(*_LINE, pl.col("gross").alias("before"), "taken")
    gross = pl.col("micropoints") + pl.col("before").fill_null(0)
    then = as_held.join(before, on=_LINE, how="left").with_columns(
        gross.alias("gross"), pl.col("taken").fill_null(0)
    )
    free = releases_due(then, involved, verdicts)
    return frozenset(as_held["owner_id"].to_list()) - frozenset(free["owner_id"].to_list())


def decide_drop(drop: Proposal, waiting: Iterable[str]) -> ByHand:
    """Return what a drop does: `budget:<b>` gives, everyone gets; who waits has it held.

    Args:
        drop: Positive lines alone.
        waiting: See `waiting_owners`.
    """
    reason = f"drop_{drop.sort}"
    lines = drop.lines.filter(pl.col("micropoints") > 0)
    entries = pl.concat(
        [
            given_to_owners(lines, reason, waiting),
            of_budget(drop.budget, -sum(lines["micropoints"].to_list()), reason),
        ]
    )
    return checked(drop, ByHand(in_order(entries), owed=drop.lines.clear()))


def given_to_owners(lines: pl.DataFrame, reason: str, waiting: Iterable[str]) -> pl.DataFrame:
    """Return the entries that credit owners; those of owners who wait are held for their own sake.

    Args:
        lines: owner_id, micropoints.
        reason: The entries' code.
        waiting: Owners whose points are held.
    """
    is_held = pl.col("owner_id").is_in(sorted(waiting))
    owner = pl.col("owner_id")
    account = pl.when(is_held).then(held_account(owner)).otherwise(owner_account(owner))
    return lines.select(
        account.alias("account"),
        "micropoints",
        pl.lit(reason).alias("reason"),
        pl.when(is_held).then("owner_id").alias("subject"),
    )


def of_budget(name: str, micropoints: int, reason: str) -> pl.DataFrame:
    """Return the entry of a budget, or none where nothing moves.

    Raises:
        AllocationError: It is more than a ledger entry holds.
    """
    if abs(micropoints) >= 2**63:
        raise AllocationError(f"{_points(micropoints)} points are more than a ledger entry holds")
    rows = [(f"budget:{name}", micropoints, reason, None)] if micropoints else []
    return pl.DataFrame(rows, ENTRY_TYPES, orient="row")


def in_order(entries: pl.DataFrame) -> pl.DataFrame:
    """Return entries in the order of their batch."""
    return entries.sort("account", "reason", "subject", nulls_last=True)


def checked(proposal: Proposal, by_hand: ByHand) -> ByHand:
    """Check by a second road, in Python's integers: what is asked is done or owed, no more.

    Raises:
        AllocationError: The entries do not add up to zero, or not to what is proposed.
    """
    asked = proposal.lines["micropoints"].to_list()
    to_give = sum(amount for amount in asked if amount > 0)
    to_take = -sum(amount for amount in asked if amount < 0)
    if sum(by_hand.entries["micropoints"].to_list()) != 0:
        raise AllocationError(f"the entries of {proposal.name!r} do not add up to zero")
    if by_hand.given != to_give or by_hand.taken + by_hand.owed_total != to_take:
        raise AllocationError(f"the entries of {proposal.name!r} are not what its lines ask for")
    return by_hand
