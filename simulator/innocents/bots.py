"""Honest people whose orders a program sends: grid bots and savings plans."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site
from simulator.season import USD

ORDERS: Final = (10, 15, 20, 25, 50)  # USD an order, as a vendor presets it
STEPS: Final = (4_000, 6_000, 8_000, 12_000)  # orders in a thousand days
PARTS: Final = (10, 20, 25, 50, 100, 250)  # USD a purchase, as people choose it
DAILY: Final = 1_000
WEEKLY: Final = 143


@dataclass(frozen=True)
class GridBot(Pattern):
    """Customers of one vendor of grid bots, who all left its defaults as they were.

    Farm signal they share: identical sizes in one market at one rhythm, as one script would send.
    Each started the bot at an hour of its own, and has its own money.
    """

    name: ClassVar[str] = "grid_bot"
    share_bps: ClassVar[int] = 120

    fewest: int = 5
    most: int = 60

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Take one preset a group."""
        del site
        group, groups = members["group"].to_numpy(), members["group"].n_unique()
        order = np.array(ORDERS)[draws.whole(0, len(ORDERS), groups)] * USD
        step = np.array(STEPS)[draws.whole(0, len(STEPS), groups)]
        return members.with_columns(
            pl.Series("size", order[group]),
            pl.Series("pace", step[group]),
            pl.max_horizontal("capital", pl.lit(300 * USD)).alias("capital"),
            style=pl.lit("grid"),
        )


@dataclass(frozen=True)
class ScheduledBuyer(Pattern):
    """Savers whose plan buys the same basket at the same full hour, every day or every week.

    Farm signals they share: orders of many accounts in the same seconds, in sums that repeat. They
    only ever buy, and keep it.
    """

    name: ClassVar[str] = "scheduled_buyer"
    share_bps: ClassVar[int] = 100

    fewest: int = 8
    most: int = 120

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Choose a plan (one a group) and a sum (one each)."""
        del site
        group, groups = members["group"].to_numpy(), members["group"].n_unique()
        part = np.array(PARTS)[draws.whole(0, len(PARTS), len(members))] * USD
        return members.with_columns(
            pl.Series("hour", draws.whole(0, 24, groups)[group]),
            pl.Series("pace", np.where(draws.chance(6_000, groups), DAILY, WEEKLY)[group]),
            pl.Series("size", part),
            pl.Series("capital", part * draws.whole(30, 120, len(members))),
            style=pl.lit("schedule"),
        )
