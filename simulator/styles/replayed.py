"""One script for the whole season, which each member plays some time behind the others."""

from dataclasses import replace

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.markets import MARKETS
from simulator.season import MINUTE, Span
from simulator.styles.trips import Stage, members_of, sessions, trips_of

SHUFFLED_STEPS = 4  # neighbours within which a member takes the steps in an order of its own


def replay(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw what each member has to play of its group's script in this week.

    A member is `offset` behind the script and up to `jitter` late besides.
    """
    draws = stage.draws("replay")
    return _played(draws, stage, _due(stage, who))


def replay_shuffled(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Draw the same, with neighbouring steps in another order for each member."""
    draws = stage.draws("replay shuffled")
    due = _due(stage, who).sort("row", "task")
    block = pl.int_range(pl.len()).over("row") // SHUFFLED_STEPS
    mixed = due.with_columns(block.alias("block"), pl.Series("order", draws.unit(len(due))))
    mixed = mixed.sort("row", "block", "order", "task").select("market", "side")
    return _played(draws, stage, due.with_columns(mixed["market"], mixed["side"]))


def _due(stage: Stage, who: pl.DataFrame) -> pl.DataFrame:
    """Return the steps whose time has come this week for each member, by task and seat."""
    plan = stage.plan
    season = replace(stage, span=Span(0, 0, plan.days, plan.start, plan.end))
    script = sessions(Draws(plan.seed, "script of the season"), season, who, _all_markets())
    steps = members_of(who, script).with_columns((pl.col("at") + pl.col("offset")).alias("at"))
    return steps.filter(stage.span.covers("at"))


def _all_markets() -> np.ndarray:
    return np.arange(len(MARKETS))


def _played(draws: Draws, stage: Stage, due: pl.DataFrame) -> pl.DataFrame:
    done = due.filter(
        pl.Series(draws.chance(stage.habits.shows_up_bps, len(due)), dtype=pl.Boolean)
    )
    count = len(done)
    late = pl.Series((draws.unit(count) * done["jitter"].to_numpy()).astype(np.int64))
    hold = pl.Series(draws.whole(2 * MINUTE, 40 * MINUTE, count))
    opens = pl.col("at") + late
    return trips_of(
        draws,
        done.with_columns(
            opens.alias("opens"),
            (opens + hold).alias("closes"),
            (pl.col("size") * pl.Series(draws.whole(70, 140, count)) // 100).alias("target"),
        ),
    )
