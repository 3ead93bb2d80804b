"""What a pattern is: one class a way in which accounts belong together, or only seem to.

A pattern never writes events. It overwrites the columns of `population.MEMBERS` in which its
members differ from honest strangers, and everything that happens later follows from these; what
no column can say it plants as events of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.individuals import individuals
from simulator.operators import leaving, operated
from simulator.population import MEMBERS, Site
from simulator.season import SeasonPlan

TOLD: Final = pl.Schema({"account_id": pl.String, "family": pl.String})
PLANTED_TRANSFERS: Final = pl.Schema(
    {
        "ts": pl.Int64,
        "source": pl.String,
        "destination": pl.String,
        "amount_usd": pl.Int64,  # micro-USD
        "kind": pl.String,
    }
)
PLANTED_REFERRALS: Final = pl.Schema(
    {"ts": pl.Int64, "referrer_id": pl.String, "referee_id": pl.String}
)
TARGETED: Final = pl.Schema({"account_id": pl.String})
PLANTED_LOGINS: Final = pl.Schema(
    {"ts": pl.Int64, "account_id": pl.String, "ip": pl.String, "device_id": pl.String}
)


@dataclass(frozen=True)
class Planted:
    """Events that a pattern adds to those that follow from its members' columns.

    Attributes:
        transfers: `PLANTED_TRANSFERS`; sources and destinations are accounts or outside addresses.
        referrals: `PLANTED_REFERRALS`.
        logins: `PLANTED_LOGINS`.
        targeted: account_id of the innocent whom the pattern tries to tie to a farm.
    """

    transfers: pl.DataFrame = field(default_factory=lambda: PLANTED_TRANSFERS.to_frame(eager=True))
    referrals: pl.DataFrame = field(default_factory=lambda: PLANTED_REFERRALS.to_frame(eager=True))
    logins: pl.DataFrame = field(default_factory=lambda: PLANTED_LOGINS.to_frame(eager=True))
    targeted: pl.DataFrame = field(default_factory=lambda: TARGETED.to_frame(eager=True))


NOTHING: Final = Planted()


@dataclass(frozen=True)
class Pattern(ABC):
    """One way in which accounts belong together, or only seem to.

    Attributes:
        name: As in the truth; the ids A1 to A15 are those of the threat model.
        share_bps: Part of all accounts, in ten-thousandths, where the mix says nothing else.
        at_least: Accounts that there are in the smallest season.
        levels: What each level of evasion does, the easiest first; empty for the innocent.
        fewest: Members of the smallest group.
        most: Members of the largest.
    """

    name: ClassVar[str]
    share_bps: ClassVar[int]
    at_least: ClassVar[int] = 0
    levels: ClassVar[tuple[str, ...]] = ()

    fewest: int = 1
    most: int = 1

    def count(self, plan: SeasonPlan) -> int:
        """Return how many accounts follow this pattern; in whole groups where all are alike."""
        share = plan.mix.share_bps.get(self.name, self.share_bps)
        count = max(self.at_least if share else 0, plan.accounts * share // 10_000)
        return count - count % self.fewest if self.fewest == self.most else count

    def members(self, site: Site, count: int) -> pl.DataFrame:
        """Draw so many members: the columns of `MEMBERS`."""
        if count == 0:
            return pl.DataFrame(schema=MEMBERS)
        draws = Draws(site.plan.seed, f"pattern {self.name}")
        sizes = self._sizes(draws, count)
        crowd = self._crowd(draws, site, sizes)
        crowd = crowd.with_columns(pl.Series("level", self._levels(draws, site.plan, sizes)))
        shaped = self.shape(draws, site, crowd).with_columns(pattern=pl.lit(self.name))
        shaped = self.settle(draws, site, shaped)
        return shaped.select(MEMBERS.names()).cast(MEMBERS)

    def _sizes(self, draws: Draws, count: int) -> Ints:
        """Draw the members of each group, `count` in all."""
        return draws.group_sizes(count, self.fewest, self.most)

    def _crowd(self, draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
        return individuals(draws, site, sizes)

    def _levels(self, draws: Draws, plan: SeasonPlan, sizes: Ints) -> Ints:
        """Give every group a level; the first groups take each level in turn, twice."""
        if not self.levels:
            return np.zeros(int(sizes.sum()), dtype=np.int64)
        weights = np.array(plan.mix.levels.get(self.name, (1,) * len(self.levels)), dtype=np.int64)
        level = draws.weighted(weights, len(sizes))
        turns = np.tile(np.flatnonzero(weights), 2)[: len(sizes)]
        level[: len(turns)] = turns
        return np.repeat(level + 1, sizes)

    @abstractmethod
    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Overwrite the columns in which the members differ from strangers.

        Args:
            draws: The pattern's own stream.
            site: What all draw from.
            members: The columns of `MEMBERS` save pattern; `level` from 1, 0 for the innocent.
        """

    def settle(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Overwrite what follows from the shape: when members leave, and with what."""
        del draws, site
        return members

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Return events of the whole season that no column says, once everybody has a name.

        Args:
            draws: A stream of the pattern's own.
            site: What all draw from.
            people: As from `people.draw_people`, everybody.
        """
        del draws, site, people
        return NOTHING

    def hears(
        self, draws: Draws, now: int, people: pl.DataFrame, told: pl.DataFrame
    ) -> pl.DataFrame:
        """Return everybody as they are from the next week on, once operators were told.

        Args:
            draws: A stream of the pattern's own and of this week.
            now: The instant at which the next week begins.
            people: Everybody, as they were this week.
            told: `TOLD`: which of the accounts were named in a notice, and for which families.
        """
        del draws, now, told
        return people


@dataclass(frozen=True)
class Attack(Pattern):
    """Accounts of one operator a group.

    The easiest scripts run round the clock; from level 2 on they keep to their operator's hours.
    """

    def _crowd(self, draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
        return operated(draws, site, sizes)

    def settle(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Leave about the season's end, and keep to one's hours from level 2 on."""
        members = members.with_columns(keeps_hours=pl.col("level") > 1)
        return members.with_columns(**self.leaves(draws, site, members))

    def leaves(self, draws: Draws, site: Site, members: pl.DataFrame) -> Mapping[str, pl.Expr]:
        """Return stops, leaves_after and leaves_with, once everything else is known."""
        return leaving(draws, site, members)


Patterns = tuple[Pattern, ...]
