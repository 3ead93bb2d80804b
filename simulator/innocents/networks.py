"""People whom the network puts side by side: carriers, VPNs, addresses that change hands."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.individuals import in_one_country
from simulator.patterns import Pattern
from simulator.population import Site, per_group
from simulator.season import HOUR


@dataclass(frozen=True)
class MobileUser(Pattern):
    """People who trade over their mobile network alone, thousands behind one exit of the carrier.

    Farm signal they share: an address with many accounts in the same hour. It is a hub.
    """

    name: ClassVar[str] = "mobile"
    share_bps: ClassVar[int] = 250

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Come from any exit of the carrier."""
        return _always_behind(draws, site, members, "carrier")


@dataclass(frozen=True)
class VpnUser(Pattern):
    """People who never go without a popular VPN.

    Farm signal they share: the exits that cheap farms take, and a country that is never theirs.
    """

    name: ClassVar[str] = "vpn"
    share_bps: ClassVar[int] = 150

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Come from any exit of the VPN."""
        return _always_behind(draws, site, members, "vpn")


@dataclass(frozen=True)
class RecycledAddress(Pattern):
    """Customers of one provider, which deals its addresses (or SIM cards) out anew one night.

    Farm signal they share: an address with several accounts. They are never there at once: what
    was one's address until the change is the next one's after it.
    """

    name: ClassVar[str] = "recycled_address"
    share_bps: ClassVar[int] = 80

    fewest: int = 3
    most: int = 8

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Pass one's address on, all in one hour of one night."""
        hours = site.plan.days * 24
        night = draws.whole(hours // 5, hours * 4 // 5, members["group"].n_unique())
        turned = pl.col("ip").shift(-1).over("group")
        return members.with_columns(
            *in_one_country(draws, members),
            turned.fill_null(pl.col("ip").first().over("group")).alias("next_ip"),
            (site.plan.start + per_group(members, night) * HOUR).alias("switch_at"),
        )


def _always_behind(draws: Draws, site: Site, members: pl.DataFrame, pool: str) -> pl.DataFrame:
    """Let members come from the exits of a pool and from nowhere else."""
    exits = site.exits(draws, pool, len(members))
    return members.with_columns(
        pl.Series("ip", exits.tolist(), pl.String),
        other_ip=pl.lit(None, pl.String),
        roams=pl.lit(pool),
    )
