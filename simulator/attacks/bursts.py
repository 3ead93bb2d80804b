"""Sign-ups of a group that come close together."""

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.population import Site, opening, per_group
from simulator.season import DAY


def burst(draws: Draws, site: Site, members: pl.DataFrame, width: int | Ints) -> list[pl.Expr]:
    """Let each group sign up within `width` microseconds, in the first half of the season."""
    groups = members["group"].n_unique()
    first = site.plan.start - 2 * DAY + draws.whole(0, site.plan.days * DAY // 2, groups)
    within = (draws.unit(len(members)) * width).astype(np.int64)
    return opening(site, per_group(members, first) + within)
