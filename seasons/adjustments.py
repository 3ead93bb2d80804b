"""Corrects a closed week by hand: gives from a budget, and takes back what is still there."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from seasons.accounts import held_account, owner_account
from seasons.drops import ByHand, checked, given_to_owners, in_order, of_budget
from seasons.proposals import Proposal

ADJUSTED: Final = "adjusted"
TAKEN_BACK: Final = "taken_back"


def decide_adjustment(
    adjustment: Proposal, balances: pl.DataFrame, waiting: Iterable[str]
) -> ByHand:
    """Return what an adjustment does to its week.

    A positive line is given from the budget, to `held:` while the owner's cases wait. A negative
    one takes from `owner:` first, then from what is held for the owner's own sake, and never below
    zero: the rest is owed. What is held for a referee's sake, or lies in escrow, is not touched,
    since a decision on it is still to come.

    Args:
        adjustment: What is proposed.
        balances: account, subject, micropoints of the week of origin, at least of all owners on
            negative lines.
        waiting: See `seasons.drops.waiting_owners`.

    Raises:
        AllocationError: The entries do not add up to what is proposed.
    """
    lines, owner = adjustment.lines, pl.col("owner_id")
    given = lines.filter(pl.col("micropoints") > 0)
    taken = _takings(lines.filter(pl.col("micropoints") < 0), balances)
    back = sum(taken["own"].to_list()) + sum(taken["held"].to_list())
    entries = [
        given_to_owners(given, ADJUSTED, waiting),
        of_budget(adjustment.budget, -sum(given["micropoints"].to_list()), ADJUSTED),
        _taken_from(taken, "own", owner_account(owner), subject=pl.lit(None, pl.String)),
        _taken_from(taken, "held", held_account(owner), subject=owner),
        of_budget(adjustment.budget, back, TAKEN_BACK),
    ]
    owed = taken.filter(pl.col("owed") > 0).select(
        "owner_id", pl.col("owed").alias("micropoints"), "reason"
    )
    return checked(adjustment, ByHand(in_order(pl.concat(entries)), owed.sort("owner_id")))


def _takings(negative: pl.DataFrame, balances: pl.DataFrame) -> pl.DataFrame:
    """Return owner_id, reason, and of what is asked: own, held and owed micropoints."""
    own = balances.filter(pl.col("account").str.starts_with("owner:")).select(
        pl.col("account").str.strip_prefix("owner:").alias("owner_id"),
        pl.col("micropoints").alias("owns"),
    )
    held = balances.filter(
        pl.col("account").str.starts_with("held:"),
        pl.col("account").str.strip_prefix("held:") == pl.col("subject"),
    ).select(pl.col("subject").alias("owner_id"), pl.col("micropoints").alias("holds"))
    there = negative.join(own, on="owner_id", how="left").join(held, on="owner_id", how="left")
    asked = -pl.col("micropoints")
    return (
        there.with_columns(pl.col("owns", "holds").fill_null(0).clip(lower_bound=0))
        .with_columns(pl.min_horizontal(asked, "owns").alias("own"))
        .with_columns(pl.min_horizontal(asked - pl.col("own"), "holds").alias("held"))
        .with_columns((asked - pl.col("own") - pl.col("held")).alias("owed"))
        .select("owner_id", "reason", "own", "held", "owed")
    )


def _taken_from(
    taken: pl.DataFrame, column: str, account: pl.Expr, *, subject: pl.Expr
) -> pl.DataFrame:
    return taken.filter(pl.col(column) > 0).select(
        account.alias("account"),
        (-pl.col(column)).alias("micropoints"),
        pl.lit(TAKEN_BACK).alias("reason"),
        subject.alias("subject"),
    )
