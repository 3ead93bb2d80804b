"""People under one roof by the dozen: offices, student halls, internet cafés."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws, Texts
from simulator.individuals import in_one_country
from simulator.patterns import Pattern
from simulator.population import Site, homes, in_order_of_seat, opening
from simulator.season import DAY

ADDRESSES = 3  # that a house has at most
KIOSKS = 8  # that a café has at most


@dataclass(frozen=True)
class Office(Pattern):
    """Colleagues who trade from their firm's network by day and from home in the evening.

    Farm signal they share: many accounts at one to three addresses in the same hours. Their
    devices, money and trades are their own.
    """

    name: ClassVar[str] = "office"
    share_bps: ClassVar[int] = 150

    fewest: int = 20
    most: int = 200

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share the firm's addresses, and keep one's own for the evening."""
        del site
        country, _ = in_one_country(draws, members)
        groups = members["group"].n_unique()
        noon = draws.whole(0, 24, groups)[members["group"].to_numpy()]
        hour = noon + draws.whole(-3, 4, len(members))
        return members.with_columns(
            country,
            pl.Series("hour", hour % 24),
            pl.Series("ip", _addresses(draws, members).tolist(), pl.String),
            other_ip="ip",
        )


@dataclass(frozen=True)
class Dorm(Pattern):
    """Students of one hall; one told the other, so they signed up in a row.

    Farm signals they share: up to five hundred accounts at one to three addresses, one after the
    other, many by invitation of a neighbour, with little money each.
    """

    name: ClassVar[str] = "dorm"
    share_bps: ClassVar[int] = 250

    fewest: int = 20
    most: int = 500
    invited_bps: int = 4_000
    dearer: int = 5  # how much less they trade than others

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share the hall's addresses; each was told by one of those who came before."""
        count, seat = len(members), members["seat"].to_numpy()
        since = site.plan.start - 60 * DAY
        arrives = since + (draws.unit(count) * (site.plan.end - 2 * DAY - since)).astype(np.int64)
        invited = pl.Series(draws.chance(self.invited_bps, count) & (seat > 0))
        return members.with_columns(
            *in_one_country(draws, members),
            *opening(site, in_order_of_seat(members, arrives)),
            pl.Series("ip", _addresses(draws, members).tolist(), pl.String),
            pl.when(invited).then(pl.Series(seat // 2)).alias("referrer"),
            (pl.col("size") // self.dearer).alias("size"),
            (pl.col("capital") // self.dearer).alias("capital"),
        )


@dataclass(frozen=True)
class InternetCafe(Pattern):
    """Guests of an internet café: they sit down at whichever machine is free.

    Farm signals they share: one address and a handful of devices, each with a dozen accounts. Four
    of ten have no machine of their own. They are there at their own hours and share nothing else.
    """

    name: ClassVar[str] = "internet_cafe"
    share_bps: ClassVar[int] = 100

    fewest: int = 12
    most: int = 60
    homeless_bps: int = 4_000  # who trade from the café alone

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Share machines."""
        del site
        here = pl.Series(draws.chance(self.homeless_bps, len(members)))
        first, second = _kiosks(draws, members)
        cafe = pl.Series(_addresses(draws, members, most=1).tolist(), dtype=pl.String)
        return members.with_columns(
            *in_one_country(draws, members),
            pl.when(here).then(first).otherwise("device").alias("device"),
            pl.when(here).then(cafe).otherwise("ip").alias("ip"),
            second.alias("other_device"),
            cafe.alias("other_ip"),
        )


def _addresses(draws: Draws, members: pl.DataFrame, most: int = ADDRESSES) -> Texts:
    """Give each member one of the addresses of its group, which has one to `most`."""
    group, seat = members["group"].to_numpy(), members["seat"].to_numpy()
    groups = members["group"].n_unique()
    counts = draws.whole(1, most + 1, groups)
    addresses: Texts = homes(draws, groups * most)[group * most + seat % counts[group]]
    return addresses


def _kiosks(draws: Draws, members: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Give each member two of the machines of its group, which has three to eight."""
    group, groups = members["group"].to_numpy(), members["group"].n_unique()
    pool = draws.tokens(groups * KIOSKS, "dev-")
    machines = draws.whole(3, KIOSKS + 1, groups)[group]
    sits = (group * KIOSKS + (draws.unit(len(group)) * machines).astype(np.int64) for _ in range(2))
    first, second = (pl.Series(pool[place].tolist(), dtype=pl.String) for place in sits)
    return first, second
