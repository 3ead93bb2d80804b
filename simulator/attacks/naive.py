"""A1: the naive farm."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared
from simulator.season import HOUR, MINUTE


@dataclass(frozen=True)
class NaiveFarm(Attack):
    """Few devices, one address block, one funder, one sink, the same minute."""

    name: ClassVar[str] = "A1"
    share_bps: ClassVar[int] = 200
    levels: ClassVar[tuple[str, ...]] = ("eight accounts a device, one block, one wallet",)

    fewest: int = 5
    most: int = 200
    accounts_per_device: int = 8

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share everything."""
        count = len(members)
        return members.with_columns(
            *burst(draws, site, members, 2 * HOUR),
            shared(draws, members, self.accounts_per_device, "dev-").alias("device"),
            _block_of_addresses(draws, members),
            shared(draws, members, count, "0x").alias("funder"),
            shared(draws, members, count, "0x").alias("sink"),
            seeder=pl.lit(None, pl.String),
            other_device=pl.lit(None, pl.String),
            other_ip=pl.lit(None, pl.String),
            style=pl.lit("script"),
            jitter=pl.lit(MINUTE),
        )


def _block_of_addresses(draws: Draws, members: pl.DataFrame) -> pl.Series:
    """Addresses of one /24 a group, one for each two members."""
    nets = draws.whole(0, 2**20, members["group"].n_unique())[members["group"].to_numpy()]
    seats = members["seat"].to_numpy() // 2 % 250 + 1
    names = [
        f"{240 + net % 15}.{net >> 12}.{net >> 4 & 255}.{seat}"
        for net, seat in zip(nets.tolist(), seats.tolist(), strict=True)
    ]
    return pl.Series("ip", names, pl.String)
