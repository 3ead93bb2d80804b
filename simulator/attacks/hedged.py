"""A4: delta-neutral groups."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared_homes
from simulator.season import MINUTE, SECOND

STYLES = ("hedge", "hedge", "hedge", "hedge_in_parts", "hedge_across", "one_leg")


@dataclass(frozen=True)
class HedgedGroup(Attack):
    """One account takes a whole side, the others share the opposite one, closed together.

    The rhythm of the open-source bot delta-farmer: two to five accounts, market orders fired
    together, 15 to 20 minutes, BTC, ETH or SOL, a proxy for each account only if one is configured.
    Another published bot hedges one exchange against another: then no pair can be seen here.
    """

    name: ClassVar[str] = "A4"
    share_bps: ClassVar[int] = 90
    levels: ClassVar[tuple[str, ...]] = (
        "in step, all from one address",
        "up to two minutes apart, a proxy each",
        "up to a quarter of an hour apart",
        "each side cut into child orders",
        "the sides in two symbols that move together, ETH and SOL",
        "every account alone: the other leg is at another venue, where nobody sees it",
    )

    fewest: int = 2
    most: int = 5

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Trade against each other, and share nothing else once there are proxies."""
        late = (3 * SECOND, 2 * MINUTE, 15 * MINUTE, 2 * MINUTE, 5 * MINUTE, 0)
        proxies = pl.Series(site.exits(draws, "proxy", len(members)).tolist(), dtype=pl.String)
        return members.with_columns(
            at_level(shared_homes(draws, members, self.most), proxies).alias("ip"),
            pl.when(from_level(2)).then("other_ip").alias("other_ip"),
            pl.Series("jitter", by_level(members, *late)),
            pl.Series("style", STYLES, pl.String).gather(members["level"] - 1),
        )
