"""A9: sub-accounts that nobody declared."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared, shared_homes
from simulator.season import SECOND


@dataclass(frozen=True)
class UndeclaredSubs(Attack):
    """One trader whose orders are spread over accounts at one host."""

    name: ClassVar[str] = "A9"
    share_bps: ClassVar[int] = 60
    levels: ClassVar[tuple[str, ...]] = ("one host, two accounts a device",)

    fewest: int = 3
    most: int = 10

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade the same from one host."""
        del site
        return members.with_columns(
            shared(draws, members, 2, "dev-").alias("device"),
            shared_homes(draws, members, len(members)).alias("ip"),
            other_ip=pl.lit(None, pl.String),
            style=pl.lit("script"),
            jitter=pl.lit(20 * SECOND),
            shares_purse=pl.lit(value=True),
        )
