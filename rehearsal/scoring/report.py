"""What a rehearsal says: one record, from which the JSON, the tables and the page are made."""

from dataclasses import dataclass
from typing import Final

from rehearsal.scoring.fairness import InnocentScore
from rehearsal.scoring.finding import PatternScore
from rehearsal.scoring.profit import Profit
from rehearsal.scoring.reviewing import ReviewScore
from rehearsal.scoring.seizures import SeizureScore
from rehearsal.scoring.splits import SplitScore
from rehearsal.scoring.weeks import WeekScore

TUNING_SEEDS: Final = range(100)

SYNTHETIC: Final = (
    "Every season here is synthetic, and whoever wrote the simulator also wrote the detection: "
    "read the numbers as directions, not as forecasts."
)
TUNED: Final = (
    "Seeds 0 to 99 are for tuning: tests and thresholds may have been fitted to them, so this is "
    "not an evaluation."
)
FEWEST_OPERATORS: Final = 5  # whose median says more than who they happen to be
FRESH: Final = "No seed is one of those for tuning, 0 to 99."


@dataclass(frozen=True)
class Headline:
    """What to look at first.

    Attributes:
        farms: All patterns and levels together; A15 is no farm.
        worst_innocents: The class of innocents whose true false-flag rate may be the highest, of
            those that say enough (`worst`); None where there is no innocent.
        cells: Pairs of a farm's pattern and level of which enough operators traded for a median.
        left_out: Those of which some traded, but too few.
        paying_as_issued: Those whose median operator was issued more points per USD of net fee
            than the honest median.
        paying_at_the_end: The same of what is kept at the end, all that is undecided counted for
            the farm.
        richer_as_issued: Those whose median operator was issued more points per account.
        richer_at_the_end: The same of what is kept at the end.
    """

    farms: PatternScore
    worst_innocents: InnocentScore | None
    cells: int
    left_out: int
    paying_as_issued: tuple[str, ...]
    paying_at_the_end: tuple[str, ...]
    richer_as_issued: tuple[str, ...]
    richer_at_the_end: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What came of rehearsals that differ in their seed alone.

    Attributes:
        seeds: Of the synthetic seasons, ascending.
        tuning: Whether any seed is one of those for tuning.
        caveats: Sentences without which no number here should be passed on.
        accounts: In the plan of each season.
        weeks: Of each season.
        review_budget: Cases that moderators take up a week.
        error_bps: How often a moderator decides against the stated rule.
        headline: What to look at first.
        patterns: Recall of farms.
        innocents: False flags.
        reviews: Precision at the review budget.
        profit: Whether farming pays.
        splits: Whether splitting pays.
        seizures: Where points went that were taken.
        timeline: Week by week.
        findings: What verifying found wrong; empty means that every point is accounted for.
        replayed: Weeks that were recomputed from their events, to the byte.
        seconds: (step, seconds) over all seeds; differs between runs.
    """

    seeds: tuple[int, ...]
    tuning: bool
    caveats: tuple[str, ...]
    accounts: int
    weeks: int
    review_budget: int
    error_bps: int
    headline: Headline
    patterns: tuple[PatternScore, ...]
    innocents: tuple[InnocentScore, ...]
    reviews: ReviewScore
    profit: Profit
    splits: tuple[SplitScore, ...]
    seizures: SeizureScore
    timeline: tuple[WeekScore, ...]
    findings: tuple[str, ...]
    replayed: int
    seconds: tuple[tuple[str, float], ...]


def is_tuning(seed: int) -> bool:
    """Say whether a seed is one of those that tests and thresholds may be fitted to."""
    return seed in TUNING_SEEDS
