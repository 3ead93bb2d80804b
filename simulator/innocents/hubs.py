"""People whose money goes through one place that thousands use: bridges and payment processors."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import Pattern
from simulator.population import Site, shared


@dataclass(frozen=True)
class BridgeUser(Pattern):
    """Strangers who bring their coins over the same bridge from another chain.

    Farm signal they share: wallets that one address filled, as the star of a disperse contract.
    Their sums and days are any.
    """

    name: ClassVar[str] = "bridge"
    share_bps: ClassVar[int] = 120

    fewest: int = 40
    most: int = 2_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Fill one's own wallet from the bridge, and deposit from there."""
        del site
        wallets = draws.tokens(len(members), "0x", 40)
        return members.with_columns(
            pl.Series("funder", wallets.tolist(), pl.String),
            shared(draws, members, len(members), "0x").alias("seeder"),
        )


@dataclass(frozen=True)
class ProcessorCustomer(Pattern):
    """Strangers who pay in, and six of ten who pay out, through one payment processor.

    Farm signals they share: one funder and one sink, smaller than an exchange's hot wallet and so
    on nobody's list.
    """

    name: ClassVar[str] = "payment_processor"
    share_bps: ClassVar[int] = 150

    fewest: int = 40
    most: int = 1_000
    cashes_out_bps: int = 6_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Buy from the processor, and sell to it."""
        del site
        counter = shared(draws, members, len(members), "0x")
        cashes_out = pl.Series(draws.chance(self.cashes_out_bps, len(members)))
        return members.with_columns(
            counter.alias("funder"),
            pl.when(cashes_out).then(counter).otherwise("sink").alias("sink"),
            seeder=pl.lit(None, pl.String),
        )
