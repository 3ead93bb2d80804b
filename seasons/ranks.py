"""Ranks and tiers: the standings of a season, from what its owners hold."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from seasons.terms import TierName

STANDINGS_SCHEMA: Final = pl.Schema(
    {"rank": pl.Int64, "owner_id": pl.String, "micropoints": pl.Int64, "tier": pl.String}
)


def standings(balances: pl.DataFrame, thresholds: Sequence[tuple[TierName, int]]) -> pl.DataFrame:
    """Rank owners by their points, best first.

    Owners with equal points share a rank and the ranks behind them are left out (1, 2, 2, 4), so
    that nobody stands above another by the spelling of an id.

    Args:
        balances: owner_id, micropoints: one row per owner, held points included.
        thresholds: (tier, least micropoints), lowest first (see `seasons.terms.Tiers`); whoever is
            below all of them is in the first.

    Returns:
        rank, owner_id, micropoints, tier; sorted by rank, then owner_id.
    """
    tier = pl.lit(thresholds[0][0])
    for name, least in thresholds[1:]:
        tier = pl.when(pl.col("micropoints") >= least).then(pl.lit(name)).otherwise(tier)
    ranked = balances.with_columns(
        pl.col("micropoints").rank("min", descending=True).cast(pl.Int64).alias("rank"),
        tier.alias("tier"),
    )
    return ranked.select(STANDINGS_SCHEMA.names()).cast(STANDINGS_SCHEMA).sort("rank", "owner_id")
