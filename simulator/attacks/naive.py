"""A1: the naive farm."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, per_group, shared
from simulator.season import DAY, HOUR, MINUTE


@dataclass(frozen=True)
class NaiveFarm(Attack):
    """Few devices, one address block, one funder, one sink, the same minute.

    The eliminated groups that Hop published are of this kind; sizes are heavy-tailed as in the
    farms that Hyperliquid found.
    """

    name: ClassVar[str] = "A1"
    share_bps: ClassVar[int] = 120
    levels: ClassVar[tuple[str, ...]] = (
        "eight accounts a device, one address block, one funder, the same minute; weekly profits "
        "to one sink",
        "two accounts a device, a quarter of an hour apart",
        "a device and a home each, a fifth of them on phones; still one funder and one sink",
    )

    fewest: int = 5
    most: int = 500
    phones_bps: int = 2_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share everything; from level to level fewer machines."""
        count = len(members)
        eights, pairs = (shared(draws, members, block, "dev-") for block in (8, 2))
        block = _block_of_addresses(draws, members)
        phones = pl.Series(draws.chance(self.phones_bps, count)) & from_level(3)
        skims = per_group(members, draws.whole(100, 500, members["group"].n_unique()))
        return members.with_columns(
            *burst(draws, site, members, by_level(members, 2 * HOUR, 12 * HOUR, 4 * DAY)),
            at_level(eights, pairs, "device").alias("device"),
            at_level(block, block, "ip").alias("ip"),
            pl.when(from_level(3)).then("other_device").alias("other_device"),
            pl.when(from_level(3)).then("other_ip").alias("other_ip"),
            pl.when(phones).then(pl.lit("carrier")).alias("roams"),
            shared(draws, members, count, "0x").alias("funder"),
            shared(draws, members, count, "0x").alias("sink"),
            pl.when(from_level(3)).then("skims_bps").otherwise(skims).alias("skims_bps"),
            pl.Series("jitter", by_level(members, MINUTE, 15 * MINUTE, 3 * HOUR)),
            seeder=pl.lit(None, pl.String),
            style=pl.lit("script"),
        )


def _block_of_addresses(draws: Draws, members: pl.DataFrame) -> pl.Series:
    """Addresses of one /24 a group, one for each two members."""
    nets = draws.whole(0, 2**20, members["group"].n_unique())[members["group"].to_numpy()]
    seats = members["seat"].to_numpy() // 2 % 250 + 1
    names = [
        f"{240 + net % 15}.{net >> 12}.{net >> 4 & 255}.{seat}"
        for net, seat in zip(nets.tolist(), seats.tolist(), strict=True)
    ]
    return pl.Series(names, dtype=pl.String)
