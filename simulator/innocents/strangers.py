"""The honest majority."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site


@dataclass(frozen=True)
class Stranger(Pattern):
    """People who share nothing but hubs; whoever follows no other pattern."""

    name: ClassVar[str] = "honest"
    share_bps: ClassVar[int] = 0

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Change nothing."""
        del draws, site
        return members
