"""What a classifier makes of a kind of cluster that it was never taught.

Models know what moderators knew. How little they see of what is new is measured here, and is why
graph evidence and novelty reach a moderator without passing through the classifier.
"""

import numpy as np
import polars as pl

from detection.boosting import fit_boosted, probabilities, split_groups
from detection.bootstrap import rank, weigh
from detection.season_evaluation import Judging
from detection.season_model import ROW_KEY, examples


def held_out_kinds(
    rows: pl.DataFrame, kinds: pl.DataFrame, names: tuple[str, ...], judging: Judging
) -> pl.DataFrame:
    """Return how well the model orders a kind of cluster that it was never taught.

    For each kind, models learn from everything but that kind, and but the fold that is scored.

    Args:
        rows: As for `evaluate_season`.
        kinds: week, cluster_id, kind: of clusters with label 1, told by somebody who knows, say
            the author of a synthetic season.
        names: The features in order.
        judging: Seed and settings.

    Returns:
        kind, clusters (groups), auc (of that kind against all with label 0), by kind.
    """
    ordered = rows.sort(ROW_KEY).join(kinds, on=ROW_KEY, how="left", maintain_order="left")
    known = examples(ordered, names)
    folds = split_groups(known, judging.seed)
    found = []
    for kind in ordered.filter(pl.col("label") == 1)["kind"].drop_nulls().unique().sort():
        mine = (ordered["kind"] == kind).fill_null(value=False).to_numpy() & known.decided
        asked = mine | ~known.decided
        scores = np.zeros(ordered.height)
        for fold in np.unique(folds):
            hidden = folds == fold
            trees = fit_boosted(known.part(~hidden & ~mine), judging.settings, judging.seed)
            scores[hidden] = probabilities(trees, known.columns[hidden])
        curve = weigh(rank(mine[asked], scores[asked]), np.ones(int(asked.sum())))
        found.append((kind, len(np.unique(known.groups[mine])), round(curve.auc(), 6)))
    schema = {"kind": pl.String, "clusters": pl.Int64, "auc": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")
