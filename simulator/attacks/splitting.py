"""A11: a pot that is split over accounts because of the curve of the points."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws, Ints
from simulator.patterns import Attack
from simulator.population import Site, per_group, shared
from simulator.season import DAY, HOUR, MINUTE, USD

PARTS: Final = (2, 3, 5, 10, 20)
TIERS: Final = (1_000, 5_000, 10_000, 25_000, 50_000, 100_000)  # USD of notional in a week


@dataclass(frozen=True)
class SplitPot(Attack):
    """One pot in equal parts over 2, 3, 5, 10 or 20 accounts: as many as the operator has.

    Under a sub-linear curve or a cap k parts earn more than the whole, and under tiers what goes
    beyond an edge earns less; sybilkit has a detector of exactly this (W/k). The tiers are guessed,
    since the formula is not known: the round sums that programmes like.
    """

    name: ClassVar[str] = "A11"
    share_bps: ClassVar[int] = 60
    levels: ClassVar[tuple[str, ...]] = (
        "equal parts traded in step, two accounts a device, one sink",
        "each stops for the week just beyond a tier; a device each, hours apart",
        "stops scatter about the edge, parts by a third; own hours, trades and sinks",
    )

    pot: int = 6_000 * USD
    largest: float = 20.0  # times `pot`

    def _sizes(self, draws: Draws, count: int) -> Ints:
        """Take the numbers of parts in turn until all accounts are used."""
        del draws
        sizes = np.resize(np.array(PARTS, dtype=np.int64), count)
        used = np.diff(np.minimum(np.cumsum(sizes), count), prepend=0)
        used = used[used > 0]
        if len(used) > 1 and used[-1] == 1:
            used[-2] += 1
            used = used[:-1]
        return used

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade a part of the pot each."""
        count, groups = len(members), members["group"].n_unique()
        pots = (self.pot * draws.heavy(groups, self.largest)).astype(np.int64)
        scatter = draws.whole(0, 67, count) * by_level(members, 0, 0, 1)
        part = per_group(members, pots // np.bincount(members["group"])) * (100 - scatter) // 100
        stop = self._stops(draws, members.with_columns((part // 10).alias("size")))
        return members.with_columns(
            *burst(draws, site, members, 2 * DAY),
            part.alias("capital"),
            (part // 10).alias("size"),
            pl.when(from_level(2)).then(stop).alias("week_limit"),
            at_level(shared(draws, members, 2, "dev-"), "device").alias("device"),
            at_level(*2 * (shared(draws, members, count, "0x"),), "sink").alias("sink"),
            pl.Series("jitter", by_level(members, MINUTE, 6 * HOUR, DAY)),
            at_level(*(pl.lit(name) for name in ("script", "script", "wander"))).alias("style"),
        )

    def _stops(self, draws: Draws, members: pl.DataFrame) -> pl.Series:
        """Return where each stops: at the highest edge within half of what it could trade."""
        traded = pl.col("size") * pl.col("pace") * 7 // 1_000
        possible = members.select(traded.first().over("group")).to_series()
        edges = np.array(TIERS, dtype=np.int64) * USD
        below = np.searchsorted(edges, possible.to_numpy(), side="right") - 1
        noise = (draws.whole(0, 301, len(members)) - 150) * by_level(members, 0, 0, 1)
        return pl.Series(edges[np.maximum(below, 0)] * (1_000 + noise) // 1_000)
