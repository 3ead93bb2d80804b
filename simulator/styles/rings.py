"""Rounds in which each member buys from the next, so that all end where they began."""

import numpy as np
import polars as pl

from simulator.markets import THIN
from simulator.season import SECOND
from simulator.styles.trips import NEVER, Stage, members_of, sessions, trips


def ring(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the rounds of each group."""
    draws = stage.draws("ring")
    legs = members_of(who, sessions(draws, stage, who, np.array(THIN)))
    seats = legs.select("pattern", "group", pl.col("seat").alias("following"), name="row")
    following = ((pl.col("seat") + 1) % pl.col("seats")).alias("following")
    legs = legs.with_columns(following).join(
        seats.unique(maintain_order=True).rename({"name": "seller"}),
        on=["pattern", "group", "following"],
        how="left",
        maintain_order="left",
    )
    legs = legs.filter(pl.col("seller") != pl.col("row"))
    count = len(legs)
    opens = legs["at"].to_numpy() + legs["seat"].to_numpy() * 4 * SECOND
    return trips(
        draws,
        taker=legs["row"].to_numpy(),
        maker=legs["seller"].to_numpy(),
        market=legs["market"].to_numpy(),
        side=np.ones(count, dtype=np.int64),
        target=legs["stake"].to_numpy(),
        opens=opens + draws.whole(0, 2 * SECOND, count),
        closes=np.full(count, NEVER),
    )
