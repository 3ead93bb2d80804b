"""How well a season's classifier does, always beside what it has to be better than.

Three ways of ordering the same clusters, on the same folds: the model; the flat features alone,
which know what the owners did by themselves and nothing of links; and the rules alone, which learn
nothing: first the clusters that the evidence alone brings before a moderator, then the others, each
by the score of the linkage. What the rules flag is what they bring, by no threshold. Intervals
draw whole groups of clusters again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from detection.boosting import (
    Boosting,
    Examples,
    fit_boosted,
    probabilities,
    score_out_of_fold,
    split_groups,
)
from detection.bootstrap import (
    DRAWS,
    Flags,
    Floats,
    Interval,
    Ints,
    intervals,
    rank,
    weigh,
    wilson,
)
from detection.calibration import cross_calibrate
from detection.cluster_traits import FLAT_PREFIX
from detection.labels import DECIDED_TIERS, JUDGING_TIERS
from detection.routes import FLAGGED
from detection.season_model import LEAST_GROUPS, ROW_KEY, SETTINGS, examples
from detection.season_thresholds import choose_threshold, last_rows
from warehouse.errors import DetectionError

MODEL, FLAT, RULES = "model", "flat features", "rules"
WAYS: Final = (MODEL, FLAT, RULES)
BY_CLUSTER: Final = "by cluster"
LATER_WEEKS: Final = "by cluster, learned from earlier weeks"
PRECISION: Final = 0.8  # least precision, by the lower Wilson bound, where a threshold is set


@dataclass(frozen=True)
class Way:
    """How one way of ordering clusters did.

    Attributes:
        name: One of `WAYS`.
        average_precision: Of the scores.
        average_precision_interval: Of it.
        auc: Area under the ROC curve.
        auc_interval: Of it.
        brier: Mean squared difference of probability and label.
        brier_interval: Of it.
        flagged: Clusters at or above a threshold that other folds chose (`choose_threshold`), each
            by its last row; of the rules, those that they bring before a moderator.
        agreed: Of them, those decided against.
        precision: agreed / flagged; 0 of none.
        precision_interval: Wilson's, of it.
        recall: agreed / all clusters decided against.
    """

    name: str
    average_precision: float
    average_precision_interval: Interval
    auc: float
    auc_interval: Interval
    brier: float
    brier_interval: Interval
    flagged: int
    agreed: int
    precision: float
    precision_interval: Interval
    recall: float


@dataclass(frozen=True)
class Split:
    """One way of keeping apart what is learned from and what is judged.

    Attributes:
        name: `BY_CLUSTER` or `LATER_WEEKS`.
        rows: Rows that were judged.
        clusters: Groups of clusters among them.
        weeks: Weeks among them.
        against: Rows decided against.
        ways: In the order of `WAYS`.
        over_flat: Interval of the model's average precision less that of the flat features.
        over_rules: The same for the rules.
    """

    name: str
    rows: int
    clusters: int
    weeks: int
    against: int
    ways: tuple[Way, ...]
    over_flat: Interval
    over_rules: Interval


@dataclass(frozen=True)
class SeasonEvaluation:
    """What `evaluate_season` gives.

    Attributes:
        judged_by: The tiers of labels that were judged by.
        is_judged_by_few: Whether `JUDGING_TIERS` were too few, so that all decisions judge.
        judging_rows: Rows of `JUDGING_TIERS`.
        splits: By cluster, and by cluster and week where there are weeks enough.
        threshold: On the model's probability, chosen on all judged rows; None where none reaches
            the precision asked for.
        scores: week, cluster_id, group, label, tier, fold, and the probabilities out of fold
            (model, flat, rules) of all rows.
    """

    judged_by: tuple[str, ...]
    is_judged_by_few: bool
    judging_rows: int
    splits: tuple[Split, ...]
    threshold: float | None
    scores: pl.DataFrame


@dataclass(frozen=True)
class _Scored:
    """Scores and probabilities out of fold, by way, of some rows."""

    name: str
    weeks: pl.Series
    known: Examples
    folds: Ints
    scores: Mapping[str, Floats]
    chances: Mapping[str, Floats]
    brought: Flags  # by the rules

    def part(self, rows: Flags) -> "_Scored":
        """Return some of the rows."""
        return replace(
            self,
            weeks=self.weeks.filter(pl.Series(rows)),
            known=self.known.part(rows),
            folds=self.folds[rows],
            scores={way: scores[rows] for way, scores in self.scores.items()},
            chances={way: chances[rows] for way, chances in self.chances.items()},
            brought=self.brought[rows],
        )


@dataclass(frozen=True)
class Judging:
    """How rows are judged.

    Attributes:
        seed: Of folds, columns and draws.
        settings: Of the trees.
        precision: Least precision where a threshold is set, by the lower Wilson bound.
        draws: Of the bootstrap.
    """

    seed: int
    settings: Boosting = SETTINGS
    precision: float = PRECISION
    draws: int = DRAWS


def evaluate_season(
    rows: pl.DataFrame, names: tuple[str, ...], judging: Judging
) -> SeasonEvaluation:
    """Evaluate the model, the flat features and the rules on the same folds.

    Args:
        rows: From `detection.season_model.training_rows`. All tiers are learned from by weight.
        names: The features in order; those that begin with `flat_` are the flat ones.
        judging: Seed, settings, precision and draws.

    Raises:
        DetectionError: Fewer than two groups of clusters are decided either way.
    """
    ordered = rows.sort(ROW_KEY)
    tiers, few = _judging_tiers(ordered)
    with threadpool_limits(limits=1):  # for the curves of the calibration, as for the trees
        return _evaluated(ordered, names, (tiers, few), judging)


def _evaluated(
    ordered: pl.DataFrame,
    names: tuple[str, ...],
    judged_by: tuple[tuple[str, ...], bool],
    judging: Judging,
) -> SeasonEvaluation:
    tiers, few = judged_by
    judged = ordered["tier"].is_in(tiers).to_numpy()
    flat = tuple(name for name in names if name.startswith(FLAT_PREFIX))
    learned = {MODEL: examples(ordered, names), FLAT: examples(ordered, flat)}
    folds = split_groups(learned[MODEL], judging.seed)
    scored = _by_cluster(learned, folds, ordered, judging)
    later = _later_weeks(learned, folds, ordered, judging)
    parts = [(scored, judged), *([] if later is None else [(later[0], judged[later[1]])])]
    of_judged = scored.part(judged)
    return SeasonEvaluation(
        judged_by=tiers,
        is_judged_by_few=few,
        judging_rows=int(ordered["tier"].is_in(JUDGING_TIERS).sum()),
        splits=tuple(
            _split(part.part(kept), judging)
            for part, kept in parts
            if _has_both(part.known.decided[kept])
        ),
        threshold=choose_threshold(of_judged.chances[MODEL], of_judged.known, judging.precision),
        scores=ordered.select(*ROW_KEY, "group", "label", "tier").with_columns(
            pl.Series("fold", folds),
            *(
                pl.Series(column, scored.chances[way]).round(9)
                for column, way in zip(("model", "flat", "rules"), WAYS, strict=True)
            ),
        ),
    )


def _judging_tiers(rows: pl.DataFrame) -> tuple[tuple[str, ...], bool]:
    if _least_groups(rows.filter(pl.col("tier").is_in(JUDGING_TIERS))) >= LEAST_GROUPS:
        return JUDGING_TIERS, False
    if _least_groups(rows.filter(pl.col("tier").is_in(DECIDED_TIERS))) < 2:
        raise DetectionError(
            "fewer than two groups of clusters are decided either way, so there is nothing to "
            "judge a model by; decide more cases first"
        )
    return DECIDED_TIERS, True


def _least_groups(rows: pl.DataFrame) -> int:
    return min(rows.filter(pl.col("label") == label)["group"].n_unique() for label in (0, 1))


def _by_cluster(
    learned: Mapping[str, Examples], folds: Ints, rows: pl.DataFrame, judging: Judging
) -> _Scored:
    scores = {
        way: score_out_of_fold(known, folds, judging.settings, judging.seed)
        for way, known in learned.items()
    }
    scores[RULES], brought = _by_rules(rows)
    known = learned[MODEL]
    return _calibrated(_Scored(BY_CLUSTER, rows["week"], known, folds, scores, {}, brought))


def _later_weeks(
    learned: Mapping[str, Examples], folds: Ints, rows: pl.DataFrame, judging: Judging
) -> tuple[_Scored, Flags] | None:
    """Score the later half of the weeks by models of the earlier half, and of other groups.

    Returns:
        The scores of the later rows, and which rows those are; None where there is but one week, or
        a part of which all is decided one way.
    """
    weeks = sorted(rows["week"].unique())
    later = rows["week"].is_in(weeks[(len(weeks) + 1) // 2 :]).to_numpy()
    decided = learned[MODEL].decided
    apart = [decided[part & (folds != fold)] for fold in set(folds) for part in (later, ~later)]
    if not all(_has_both(part) for part in apart):
        return None
    scores = {}
    for way, known in learned.items():
        found = np.zeros(rows.height)
        for fold in np.unique(folds):
            hidden = folds == fold
            trees = fit_boosted(known.part(~hidden & ~later), judging.settings, judging.seed)
            found[hidden & later] = probabilities(trees, known.columns[hidden & later])
        scores[way] = found[later]
    of_later = rows.filter(pl.Series(later))
    scores[RULES], brought = _by_rules(of_later)
    known, since = learned[MODEL].part(later), of_later["week"]
    scored = _Scored(LATER_WEEKS, since, known, folds[later], scores, {}, brought)
    return _calibrated(scored), later


def _by_rules(rows: pl.DataFrame) -> tuple[Floats, Flags]:
    """Return the order of the rules, 0 to 1, and whom they bring before a moderator."""
    brought = (rows["by_rules"] == FLAGGED).to_numpy()
    return (brought + rows["score"].to_numpy()) / 2, brought


def _calibrated(scored: _Scored) -> _Scored:
    chances = {
        way: cross_calibrate(scores, scored.known.decided, scored.folds)
        for way, scores in scored.scores.items()
    }
    return replace(scored, chances=chances)


def _split(scored: _Scored, judging: Judging) -> Split:
    known = scored.known
    rankings = [rank(known.decided, scored.scores[way]) for way in WAYS]
    squares = [(scored.chances[way] - known.decided) ** 2 for way in WAYS]

    def figures(weights: Floats) -> Floats:
        curves = [weigh(ranking, weights) for ranking in rankings]
        precisions = [curve.average_precision() for curve in curves]
        areas = [curve.auc() for curve in curves]
        briers = [float((weights * square).sum() / weights.sum()) for square in squares]
        over = [precisions[0] - other for other in precisions[1:]]
        return np.array([*precisions, *areas, *briers, *over])

    measured = figures(np.ones(len(known.decided)))
    drawn = intervals(figures, known.groups, judging.seed, judging.draws)
    return Split(
        name=scored.name,
        rows=len(known.decided),
        clusters=len(np.unique(known.groups)),
        weeks=scored.weeks.n_unique(),
        against=int(known.decided.sum()),
        ways=tuple(
            _way(scored, way, _Measured(measured[place:9:3], drawn[place:9:3]), judging)
            for place, way in enumerate(WAYS)
        ),
        over_flat=drawn[9],
        over_rules=drawn[10],
    )


@dataclass(frozen=True)
class _Measured:
    """Average precision, AUC and Brier score of one way, and their intervals."""

    figures: Floats
    drawn: tuple[Interval, ...]


def _way(scored: _Scored, way: str, measured: _Measured, judging: Judging) -> Way:
    known = scored.known
    flagged = scored.brought if way == RULES else _above(scored, way, judging.precision)
    last = last_rows(known.groups)
    decided, above = known.decided[last], flagged[last]
    agreed = int((decided & above).sum())
    average_precision, auc, brier = map(float, measured.figures)
    return Way(
        name=way,
        average_precision=average_precision,
        average_precision_interval=measured.drawn[0],
        auc=auc,
        auc_interval=measured.drawn[1],
        brier=brier,
        brier_interval=measured.drawn[2],
        flagged=int(above.sum()),
        agreed=agreed,
        precision=agreed / max(1, int(above.sum())),
        precision_interval=wilson(agreed, int(above.sum())),
        recall=agreed / max(1, int(decided.sum())),
    )


def _above(scored: _Scored, way: str, precision: float) -> Flags:
    """Return the rows at or above a threshold that the other folds chose."""
    chances = scored.chances[way]
    flagged = np.zeros(len(chances), dtype=bool)
    for fold in np.unique(scored.folds):
        hidden = scored.folds == fold
        threshold = choose_threshold(chances[~hidden], scored.known.part(~hidden), precision)
        flagged[hidden] = threshold is not None and chances[hidden] >= threshold
    return flagged


def _has_both(decided: Flags) -> bool:
    return 0 < int(decided.sum()) < len(decided)
