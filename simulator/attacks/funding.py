"""A3: farms that share nothing at the exchange, but whose wallets were filled together."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import DAY


@dataclass(frozen=True)
class FundedFarm(Attack):
    """Wallets filled by a star, or each from the one before."""

    name: ClassVar[str] = "A3"
    share_bps: ClassVar[int] = 150
    levels: ClassVar[tuple[str, ...]] = ("a star", "a chain")

    fewest: int = 4
    most: int = 60

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Give each a wallet, and the wallets a common origin."""
        wallets = pl.Series(draws.tokens(len(members), "0x", 40).tolist(), dtype=pl.String)
        centre = shared(draws, members, len(members), "0x")
        return members.with_columns(
            *burst(draws, site, members, 5 * DAY),
            wallets.alias("funder"),
            pl.when((pl.col("level") == 2) & (pl.col("seat") > 0))
            .then(wallets.shift(1))
            .otherwise(centre)
            .alias("seeder"),
        )
