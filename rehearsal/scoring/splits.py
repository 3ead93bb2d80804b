"""What an operator gains by splitting its activity over many accounts: on paper, and really."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from rehearsal.scoring.cohorts import Cohorts
from rehearsal.scoring.proportions import ratio

# By how many owners of an operator were issued points in the week with most; the last is open.
_SIZES: Final = ((2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))


@dataclass(frozen=True)
class SplitScore:
    """Farm operators who split alike, in the weeks in which at least two owners of theirs earned.

    Attributes:
        fewest: Owners of the operator who were issued points in one week, in the week with most.
        most: The same; None where there is no upper end.
        operators: How many.
        alone: Micropoints that they would have been issued with one account each.
        together: What their accounts were issued.
        kept: What of those weeks is their own at the end, without what was spread to them: who has
            one account gets of that as well.
        at_most: The same with all that is still held or in escrow.
        on_paper: together / alone: what splitting gains by the formula.
        after: kept / alone: what it gains under detection.
        after_at_most: at_most / alone.
    """

    fewest: int
    most: int | None
    operators: int
    alone: int
    together: int
    kept: int
    at_most: int
    on_paper: float | None
    after: float | None
    after_at_most: float | None


def score_splits(cohorts: Cohorts) -> tuple[SplitScore, ...]:
    """Score splitting by the number of owners with points; sizes that nobody had are left out."""
    operators = _operators(cohorts)
    scores = (
        _score(
            fewest, most, operators.filter(pl.col("owners").is_between(fewest, most or 2**31 - 1))
        )
        for fewest, most in _SIZES
    )
    return tuple(score for score in scores if score.operators)


def _operators(cohorts: Cohorts) -> pl.DataFrame:
    weeks = cohorts.pooled("splitting")
    operator = cohorts.pooled("truth").select("seed", "account_id", "operator_id")
    owners = (
        cohorts.accounts.join(operator, on=["seed", "account_id"])
        .select("seed", "owner_id", "operator_id")
        .unique(["seed", "owner_id"])
    )
    earned = pl.col("own") - pl.col("redistributed")
    kept = (
        cohorts.pooled("ledger")
        .join(owners, on=["seed", "owner_id"])
        .group_by("seed", "operator_id", "week")
        .agg(
            earned.sum().alias("kept"),
            (earned + pl.col("held") + pl.col("escrowed")).sum().alias("at_most"),
        )
    )
    return (
        weeks.join(kept, on=["seed", "operator_id", "week"], how="left")
        .group_by("seed", "operator_id")
        .agg(
            pl.col("owners").max(),
            pl.col("alone", "together", "kept", "at_most").sum(),
        )
    )


def _score(fewest: int, most: int | None, operators: pl.DataFrame) -> SplitScore:
    columns = ("alone", "together", "kept", "at_most")
    alone, together, kept, at_most = map(int, operators.select(columns).sum().row(0))
    return SplitScore(
        fewest=fewest,
        most=most,
        operators=operators.height,
        alone=alone,
        together=together,
        kept=kept,
        at_most=at_most,
        on_paper=ratio(together, alone),
        after=ratio(kept, alone),
        after_at_most=ratio(at_most, alone),
    )
