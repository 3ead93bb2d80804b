"""A15: strangers who follow one playbook."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, per_group
from simulator.season import DAY, HOUR, MINUTE


@dataclass(frozen=True)
class PlaybookGroup(Pattern):
    """A chat group that does what its guide says: many operators, one behaviour.

    Each is one's own operator and no farm. Whether that is abuse is a question of policy and not
    of evidence, so it must reach a human.
    """

    name: ClassVar[str] = "A15"
    share_bps: ClassVar[int] = 80
    levels: ClassVar[tuple[str, ...]] = (
        "all at the guide's call, within minutes; the same market, side and hold",
        "the week's tasks in one's own time, within a day; all came by the guide's link",
        "the guide's script of the season, each from the day of joining; own trades besides",
    )

    fewest: int = 8
    most: int = 60
    calls_a_day: int = 2

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Do as the guide says, with one's own account, home and money."""
        count, groups = len(members), members["group"].n_unique()
        days = draws.whole(0, max(2, min(10, site.plan.days // 2)), count)
        calls = (1_000 * self.calls_a_day * draws.heavy(groups, 3.0)).astype(np.int64)
        style = at_level(*(pl.lit(name) for name in ("script", "script", "replay_shuffled")))
        invited = from_level(2) & (pl.col("seat") > 0)
        return members.with_columns(
            *burst(draws, site, members, by_level(members, 20 * DAY, 6 * DAY, 12 * DAY)),
            per_group(members, calls).alias("pace"),
            pl.when(invited).then(0).alias("referrer"),
            pl.Series("jitter", by_level(members, 3 * MINUTE, DAY, 4 * HOUR)),
            pl.Series("offset", days * by_level(members, 0, 0, DAY)),
            pl.Series("aside_bps", by_level(members, 1_000, 2_000, 4_000)),
            style.alias("style"),
        )
