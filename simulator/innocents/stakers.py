"""Honest people who borrow against what they lend, to lend more."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.draws import Draws
from simulator.patterns import PLANTED_TRANSFERS, Pattern, Planted
from simulator.population import Site
from simulator.season import DAY


@dataclass(frozen=True)
class LeveragedStaker(Pattern):
    """One who loops a loan for the interest: lends, borrows against it and lends that again.

    Farm signals they share: more is lent than there ever was, most of it borrowed, and for some a
    part goes out to a wallet and comes back days later. Turns, ratios and times are each one's own.
    """

    name: ClassVar[str] = "leveraged_staker"
    share_bps: ClassVar[int] = 60

    moves_bps: int = 4_000

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Loop by hand."""
        del draws, site
        return members.with_columns(lends=pl.lit("loop_by_hand"))

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Take a part of it to one's wallet and bring it back, for a yield elsewhere."""
        del site
        members = people.filter(pl.col("pattern") == self.name)
        movers = members.filter(pl.Series(draws.chance(self.moves_bps, len(members))))
        count = len(movers)
        out = pl.col("starts") + pl.Series(draws.whole(DAY, 20 * DAY, count))
        back = out + pl.Series(draws.whole(DAY, 9 * DAY, count))
        part = pl.col("capital") * pl.Series(draws.whole(10, 71, count)) // 100
        moved = movers.with_columns(out.alias("out"), back.alias("back"), part.alias("part"))
        moved = moved.filter(pl.col("back") < pl.col("stops"))
        return Planted(transfers=pl.concat([_way(moved, *way) for way in WAYS]))


# When, from where, to where, and what an exchange calls it.
WAYS = (("out", "account_id", "sink", "withdrawal"), ("back", "sink", "account_id", "deposit"))


def _way(moved: pl.DataFrame, ts: str, source: str, destination: str, kind: str) -> pl.DataFrame:
    return moved.select(
        ts=ts, source=source, destination=destination, amount_usd="part", kind=pl.lit(kind)
    ).cast(PLANTED_TRANSFERS)
