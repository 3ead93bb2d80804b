"""What followers copy from their leader, seconds later."""

import numpy as np
import polars as pl

from simulator.season import SECOND
from simulator.styles.trips import NEVER, Stage, trips


def copy(stage: Stage, who: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Draw what each follower copies of `own`, 0.2 to 6 seconds later on both legs."""
    draws = stage.draws("copy")
    leaders = who.filter(pl.col("style") == "lead").select("pattern", "group", taker="row")
    followers = who.filter(pl.col("style") == "copy").select("pattern", "group", "row", "size")
    led = own.join(leaders, on="taker", maintain_order="left").join(
        followers, on=["pattern", "group"], maintain_order="left_right"
    )
    copied = draws.chance(stage.habits.copied_bps, len(led))
    led = led.filter(pl.Series(copied, dtype=pl.Boolean))
    count = len(led)
    lag, second = (draws.whole(SECOND // 5, 6 * SECOND, count) for _ in range(2))
    closes = led["closes"].to_numpy()
    return trips(
        draws,
        taker=led["row"].to_numpy(),
        market=led["market"].to_numpy(),
        side=led["side"].to_numpy(),
        target=led["size"].to_numpy() * draws.whole(50, 150, count) // 100,
        opens=led["opens"].to_numpy() + lag,
        closes=np.where(closes == NEVER, NEVER, closes + second),
    )
