"""What a pattern is: one function with one dataclass of parameters, and how common it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import polars as pl

from simulator.draws import Draws
from simulator.population import Site

P = TypeVar("P")


@dataclass(frozen=True)
class Pattern(Generic[P]):
    """One way in which accounts belong together, or only seem to.

    Attributes:
        name: As in the truth; the ids A1 to A15 are those of the threat model.
        share_bps: Part of all accounts, in ten-thousandths.
        build: Draws so many members: (draws, site, count, parameters) to a frame like `MEMBERS`,
            `pattern` excepted.
        parameters: What `build` takes last.
        at_least: Accounts that there are in the smallest season.
    """

    name: str
    share_bps: int
    build: Callable[[Draws, Site, int, P], pl.DataFrame]
    parameters: P
    at_least: int = 0

    def count(self, accounts: int) -> int:
        """Return how many of `accounts` follow this pattern."""
        return max(self.at_least, accounts * self.share_bps // 10_000)


Patterns = tuple[Pattern[Any], ...]
