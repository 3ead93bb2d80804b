"""Whether a new model orders clusters better than the one that rules, where neither saw the answer.

What the ruling model was trained on it knows by heart, so the two are compared on clusters that
were decided since: the ruling model never saw them, and the new one is asked out of fold.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from detection.bootstrap import rank, weigh
from detection.labels import DECIDED_TIERS
from detection.season_model import ROW_KEY, FittedModel, Recipe, predict

LEAST_GROUPS = 5  # of each label; an order of fewer says nothing


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows.

    Attributes:
        groups: Groups of clusters decided since the ruling model was trained.
        against: Of them, those decided against.
        new: Average precision of the new model, out of fold; None where there are too few groups.
        ruling: That of the ruling model; None likewise.
    """

    groups: int
    against: int
    new: float | None
    ruling: float | None

    @property
    def is_worse(self) -> bool:
        """Whether the new model is known to be worse."""
        return self.new is not None and self.ruling is not None and self.new < self.ruling


def compare_models(
    new: tuple[Recipe, FittedModel], ruling: tuple[Recipe, FittedModel]
) -> Comparison:
    """Compare a new model with the ruling one on what was decided since.

    Args:
        new: Recipe and model.
        ruling: Likewise; of the same features.

    Raises:
        DetectionError: The ruling model was trained on other features.
    """
    recipe, fitted = new
    rows = recipe.rows.sort(ROW_KEY).with_columns(new=pl.Series(fitted.known))
    taught = ruling[0].rows.filter(pl.col("tier").is_in(DECIDED_TIERS)).select("cluster_id")
    known = rows.join(taught, on="cluster_id", how="semi").select("group").unique()
    fresh = rows.filter(pl.col("tier").is_in(DECIDED_TIERS)).join(known, on="group", how="anti")
    asked = predict(ruling[1], fresh.select("cluster_id", *recipe.names))
    last = fresh.with_columns(ruling=asked["probability"]).unique(
        "group", keep="last", maintain_order=True
    )
    decided = last["label"].to_numpy() == 1
    against = int(decided.sum())
    if min(against, last.height - against) < LEAST_GROUPS:
        return Comparison(last.height, against, None, None)
    weights = np.ones(last.height)
    figures = [
        weigh(rank(decided, last[way].to_numpy()), weights).average_precision()
        for way in ("new", "ruling")
    ]
    return Comparison(last.height, against, *figures)
