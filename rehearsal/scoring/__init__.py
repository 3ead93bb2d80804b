"""From played seasons to a report. Pure: frames in, one frozen record out.

    Played ─▶ cohorts ─┬▶ finding     what was found of farms, and when
                       ├▶ fairness    what it cost the innocent
                       ├▶ reviewing   what moderators found in the cases they took up
                       ├▶ profit      whether farming pays
                       ├▶ splits      whether splitting pays
                       ├▶ seizures    where points went that were taken
                       └▶ weeks       the season, week by week
                                        ─▶ Report

All counts and amounts are integers, pooled over the seeds by adding them up; a ratio is taken once,
at the very end.
"""

from collections.abc import Sequence

from rehearsal.records import Played
from rehearsal.scoring.cohorts import gather
from rehearsal.scoring.fairness import InnocentScore, score_fairness, worst
from rehearsal.scoring.finding import EVERY, PatternScore, score_finding
from rehearsal.scoring.profit import Profit, score_profit
from rehearsal.scoring.report import (
    FEWEST_OPERATORS,
    FRESH,
    SYNTHETIC,
    TUNED,
    Headline,
    Report,
    is_tuning,
)
from rehearsal.scoring.reviewing import score_reviews
from rehearsal.scoring.seizures import score_seizures
from rehearsal.scoring.splits import score_splits
from rehearsal.scoring.weeks import score_weeks
from rehearsal.truth import PLAYBOOK


def score(played: Sequence[Played]) -> Report:
    """Score played seasons that differ in their seed alone, pooled.

    Raises:
        ValueError: There is no season, a seed is there twice, or the seasons differ in their size,
            weeks, review budget or error rate.
    """
    seasons = tuple(sorted(played, key=lambda one: one.seed))
    first = _alike(seasons)
    cohorts = gather(seasons)
    patterns, innocents = score_finding(cohorts), score_fairness(cohorts)
    profit = score_profit(cohorts)
    tuning = any(is_tuning(one.seed) for one in seasons)
    return Report(
        seeds=tuple(one.seed for one in seasons),
        tuning=tuning,
        caveats=(SYNTHETIC, TUNED if tuning else FRESH),
        accounts=first.accounts,
        weeks=first.weeks,
        review_budget=first.review_budget,
        error_bps=first.error_bps,
        headline=_headline(patterns, innocents, profit),
        patterns=patterns,
        innocents=innocents,
        reviews=score_reviews(cohorts, first.review_budget),
        profit=profit,
        splits=score_splits(cohorts),
        seizures=score_seizures(cohorts),
        timeline=score_weeks(cohorts, first.weeks),
        findings=tuple(f"seed {one.seed}: {said}" for one in seasons for said in one.findings),
        replayed=sum(len(one.replayed) for one in seasons),
        seconds=_seconds(seasons),
    )


def _alike(seasons: Sequence[Played]) -> Played:
    plans = {(one.accounts, one.weeks, one.review_budget, one.error_bps) for one in seasons}
    if len(plans) != 1:
        raise ValueError(
            f"a report is of seasons of one plan, not of {len(plans)}: {sorted(plans)}"
        )
    if len({one.seed for one in seasons}) != len(seasons):
        raise ValueError(f"a seed is played twice: {[one.seed for one in seasons]}")
    return seasons[0]


def _headline(
    patterns: tuple[PatternScore, ...], innocents: tuple[InnocentScore, ...], profit: Profit
) -> Headline:
    levelled = {score.pattern for score in profit.farms if score.level}
    scores = [
        score
        for score in profit.farms
        if score.pattern not in {EVERY, PLAYBOOK} and (score.level or score.pattern not in levelled)
    ]
    cells = [
        (f"{score.pattern} {score.level}".strip(), profit.pays(score))
        for score in scores
        if score.operators >= FEWEST_OPERATORS
    ]
    return Headline(
        farms=patterns[0],
        worst_innocents=worst(innocents),
        cells=len(cells),
        left_out=len(scores) - len(cells),
        paying_as_issued=tuple(name for name, pays in cells if pays.per_usd_issued),
        paying_at_the_end=tuple(name for name, pays in cells if pays.per_usd_at_the_end),
        richer_as_issued=tuple(name for name, pays in cells if pays.per_account_issued),
        richer_at_the_end=tuple(name for name, pays in cells if pays.per_account_at_the_end),
    )


def _seconds(seasons: Sequence[Played]) -> tuple[tuple[str, float], ...]:
    steps: dict[str, float] = {}
    for one in seasons:
        for step, seconds in one.seconds:
            steps[step] = steps.get(step, 0.0) + seconds
    return tuple((step, round(seconds, 1)) for step, seconds in steps.items())
