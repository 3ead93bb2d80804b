"""What moderators found in the cases that they had the time for."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from rehearsal.scoring.cohorts import Cohorts
from rehearsal.scoring.proportions import Proportion, proportion

CONFIRM: Final = "confirm"
DISMISS: Final = "dismiss"
NOT_REVIEWED: Final = ""


@dataclass(frozen=True)
class WeekOfReviews:
    """The reviews of one week, over all seeds.

    Attributes:
        week: From 1.
        precision: Of the cases taken up, those mostly of one farm.
    """

    week: int
    precision: Proportion


@dataclass(frozen=True)
class CaseCount:
    """Cases that are alike at the end.

    Attributes:
        right_verdict: `confirm` where one operator of a farm, or one group with a playbook, holds
            at least half of the case's owners; else `dismiss`.
        verdict: What the moderators decided last; empty where nobody came to the case.
        cases: How many.
        owners: In them.
    """

    right_verdict: str
    verdict: str
    cases: int
    owners: int


@dataclass(frozen=True)
class RouteScore:
    """Cases that came before a moderator in one way; one that came in two counts in both.

    Attributes:
        route: `graph` (by evidence alone), `model` or `novelty`.
        precision: Of them, those of which at least half of the owners are one farm's.
    """

    route: str
    precision: Proportion


@dataclass(frozen=True)
class ReviewScore:
    """What the reviews found.

    Attributes:
        precision: Of the cases taken up within the budget of their week, in the order of the
            queue, those mostly of one farm: at least half of the owners that the case had then.
        by_week: The same, week by week.
        right: Of all reviews, those that decided as the stated rule says.
        cases: What became of the cases, by what would have been right.
        appeals: Of the appeals answered, those upheld.
        by_route: Cases by how they came, reviewed or not.
    """

    precision: Proportion
    by_week: tuple[WeekOfReviews, ...]
    right: Proportion
    cases: tuple[CaseCount, ...]
    appeals: Proportion
    by_route: tuple[RouteScore, ...]


def score_reviews(cohorts: Cohorts, review_budget: int) -> ReviewScore:
    """Score the reviews.

    Args:
        cohorts: Of the played seasons.
        review_budget: Cases a week that count.
    """
    reviews = cohorts.pooled("reviews")
    within = reviews.filter(pl.col("queue_rank") <= review_budget).with_columns(
        farms=pl.col("right_verdict") == CONFIRM
    )
    by_week = within.group_by("week").agg(pl.col("farms").sum(), pl.len()).sort("week")
    appeals = cohorts.pooled("appeals")["upheld"]
    return ReviewScore(
        precision=proportion(int(within["farms"].sum()), within.height),
        by_week=tuple(
            WeekOfReviews(week, proportion(farms, cases))
            for week, farms, cases in by_week.iter_rows()
        ),
        right=proportion(
            int((reviews["verdict"] == reviews["right_verdict"]).sum()), reviews.height
        ),
        cases=_cases(cohorts.pooled("cases")),
        appeals=proportion(int(appeals.sum()), appeals.len()),
        by_route=_by_route(cohorts),
    )


def _by_route(cohorts: Cohorts) -> tuple[RouteScore, ...]:
    counted = (
        cohorts.pooled("routes")
        .join(cohorts.pooled("cases"), on=["seed", "case_id"])
        .group_by("route")
        .agg((pl.col("right_verdict") == CONFIRM).sum().alias("farms"), pl.len().alias("cases"))
        .sort("route")
    )
    return tuple(
        RouteScore(route, proportion(farms, cases)) for route, farms, cases in counted.iter_rows()
    )


def _cases(cases: pl.DataFrame) -> tuple[CaseCount, ...]:
    alike = (
        cases.with_columns(pl.col("verdict").fill_null(NOT_REVIEWED))
        .group_by("right_verdict", "verdict")
        .agg(pl.len().alias("cases"), pl.col("owners").list.len().sum().alias("owners"))
    )
    counted = {(row[0], row[1]): row[2:] for row in alike.iter_rows()}
    return tuple(
        CaseCount(
            right, verdict, *(int(number) for number in counted.get((right, verdict), (0, 0)))
        )
        for right in (CONFIRM, DISMISS)
        for verdict in (CONFIRM, DISMISS, NOT_REVIEWED)
    )
