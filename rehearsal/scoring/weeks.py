"""The weeks of the season: what was issued, held, taken and spread, and what people had to do."""

from dataclasses import dataclass

import polars as pl

from rehearsal.scoring.cohorts import FARM, INNOCENT, Cohorts
from rehearsal.scoring.finding import marked_accounts


@dataclass(frozen=True)
class WeekScore:
    """One week, over all seeds. Amounts are micropoints, by the week that they were issued for.

    Attributes:
        week: From 1.
        issued: To everybody.
        issued_to_farms: Of it.
        held: At the issue.
        held_of_farms: Of it.
        held_of_innocents: Of it; the rest is of strangers with one playbook.
        still_held: At the end.
        taken: By decisions, whatever came after.
        given_back: Of what was taken.
        in_escrow: Of what was taken, at the end.
        spread: Of what was taken: to others, and to the reserve.
        farms_flagged: Accounts of farms that were flagged for the first time in this week.
        innocents_flagged: The same of the innocent.
        cases_opened: In this week.
        cases_reviewed: In this week; a case that was reopened may count again.
    """

    week: int
    issued: int
    issued_to_farms: int
    held: int
    held_of_farms: int
    held_of_innocents: int
    still_held: int
    taken: int
    given_back: int
    in_escrow: int
    spread: int
    farms_flagged: int
    innocents_flagged: int
    cases_opened: int
    cases_reviewed: int


def score_weeks(cohorts: Cohorts, weeks: int) -> tuple[WeekScore, ...]:
    """Score the weeks 1 to `weeks`; what happened after the last one is left out of the counts."""
    amounts = (*_issued(cohorts), *_ledger(cohorts))
    counts = _counts(cohorts)
    figures = pl.DataFrame({"week": range(1, weeks + 1)}, schema={"week": pl.Int32})
    for figure in (*amounts, *counts):
        figures = figures.join(figure, on="week", how="left")
    return tuple(WeekScore(**row) for row in figures.fill_null(0).sort("week").to_dicts())


def _issued(cohorts: Cohorts) -> tuple[pl.DataFrame, ...]:
    issued = cohorts.told_by_owner("issued")
    whole, held = pl.col("own") + pl.col("held"), pl.col("held")
    farm, innocent = pl.col("kind") == FARM, pl.col("kind").is_in(INNOCENT)
    return (
        issued.group_by("week").agg(
            whole.sum().alias("issued"),
            whole.filter(farm).sum().alias("issued_to_farms"),
            held.sum().alias("held"),
            held.filter(farm).sum().alias("held_of_farms"),
            held.filter(innocent).sum().alias("held_of_innocents"),
        ),
    )


def _ledger(cohorts: Cohorts) -> tuple[pl.DataFrame, ...]:
    ledger = cohorts.pooled("ledger")
    spread = cohorts.pooled("redistributed")
    return (
        ledger.group_by("week").agg(
            pl.col("held").sum().alias("still_held"),
            pl.col("seized").sum().alias("taken"),
            pl.col("restored").sum().alias("given_back"),
            pl.col("escrowed").sum().alias("in_escrow"),
        ),
        spread.group_by("week").agg(pl.col("micropoints").sum().alias("spread")),
    )


def _counts(cohorts: Cohorts) -> tuple[pl.DataFrame, ...]:
    first_flags = marked_accounts(cohorts).drop_nulls("week").group_by("week")
    farm, innocent = pl.col("kind") == FARM, pl.col("kind").is_in(INNOCENT)
    opened = cohorts.pooled("cases").group_by(pl.col("opened_week").alias("week"))
    return (
        first_flags.agg(
            farm.sum().alias("farms_flagged"), innocent.sum().alias("innocents_flagged")
        ),
        opened.agg(pl.len().alias("cases_opened")),
        cohorts.pooled("reviews").group_by("week").agg(pl.len().alias("cases_reviewed")),
    )
