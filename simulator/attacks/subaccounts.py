"""A9: sub-accounts that nobody declared."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared, shared_homes
from simulator.season import MINUTE, SECOND


@dataclass(frozen=True)
class UndeclaredSubs(Attack):
    """One trader whose orders are spread over accounts that he calls somebody else's.

    Trading desks do the same and say so: sub-accounts of one owner with keys of one host are
    declared nearly everywhere (Lighter allows ten a user). Here the declaration is missing.
    """

    name: ClassVar[str] = "A9"
    share_bps: ClassVar[int] = 40
    levels: ClassVar[tuple[str, ...]] = (
        "keys of one host, two accounts a device, one purse",
        "one host and one sink, but a device each and no purse",
        "a host in another cloud region and a sink each, a minute apart",
    )

    fewest: int = 3
    most: int = 10

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade the same from one host."""
        del site
        count, purse = len(members), ~from_level(2)
        host = shared_homes(draws, members, count)
        return members.with_columns(
            at_level(shared(draws, members, 2, "dev-"), "device").alias("device"),
            at_level(host, host, "ip").alias("ip"),
            at_level("sink", shared(draws, members, count, "0x"), "sink").alias("sink"),
            pl.Series("jitter", by_level(members, 20 * SECOND, 20 * SECOND, MINUTE)),
            purse.alias("shares_purse"),
            other_device=pl.lit(None, pl.String),
            other_ip=pl.lit(None, pl.String),
            style=pl.lit("script"),
        )
