"""Ways of trading: each style draws the round trips of those who follow it, a week at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from simulator.money import Purses
from simulator.styles.alone import wander
from simulator.styles.arbitrage import arbitrage
from simulator.styles.block import block
from simulator.styles.clockwork import grid, schedule
from simulator.styles.copied import copy
from simulator.styles.crossed import hedge_across
from simulator.styles.guided import guide
from simulator.styles.hedged import hedge
from simulator.styles.lone import one_leg
from simulator.styles.parked import park
from simulator.styles.parted import hedge_in_parts
from simulator.styles.quoted import take_quotes
from simulator.styles.replayed import replay, replay_shuffled
from simulator.styles.rings import ring
from simulator.styles.rotated import rotate
from simulator.styles.scripted import script
from simulator.styles.signalled import follow_signal
from simulator.styles.trips import NEVER, Stage

Style = Callable[[Stage, pl.DataFrame], pl.DataFrame]

# Who wanders, leads or copies is handled apart; who is quiet only answers.
STYLES: Final[Mapping[str, Style]] = {
    "script": script,
    "hedge": hedge,
    "hedge_in_parts": hedge_in_parts,
    "hedge_across": hedge_across,
    "one_leg": one_leg,
    "ring": ring,
    "rotate": rotate,
    "park": park,
    "follow_signal": follow_signal,
    "block": block,
    "arbitrage": arbitrage,
    "take_quotes": take_quotes,
    "grid": grid,
    "schedule": schedule,
    "guide": guide,
}
# Drawn for all who follow them, there or not, so that they stay the same all season.
SEASON_LONG: Final[Mapping[str, Style]] = {"replay": replay, "replay_shuffled": replay_shuffled}
ALONE: Final = ("wander", "lead")
BEYOND: Final = 40  # part of a limit by which one goes beyond it


def plan_trips(
    stage: Stage, people: pl.DataFrame, purses: Purses, apart: Sequence[str] = ()
) -> pl.DataFrame:
    """Draw all round trips that begin in a week.

    Args:
        stage: The week.
        people: Everybody, as from `people.draw_people`.
        purses: What everybody has in the week.
        apart: Patterns that react to what they are told. Each draws from streams of its own, so
            that nothing which it does moves the trips of the others.

    Returns:
        The columns of `TRIPS`. A trip begins within the season, while both sides are there and
        have money; where its second fill would lie after the season, it is never closed.
    """
    everybody = people.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64), _style_of_the_week(stage)
    )
    others = everybody.filter(~pl.col("pattern").is_in(list(apart)))
    drawn = _drawn(stage, people, purses, others)
    for name in apart:
        own = replace(stage, crowd=name)
        drawn += _drawn(own, people, purses, everybody.filter(pl.col("pattern") == name))
    return _within_limits(people, _possible(stage, people, purses, pl.concat(drawn)))


def _drawn(
    stage: Stage, people: pl.DataFrame, purses: Purses, crowd: pl.DataFrame
) -> list[pl.DataFrame]:
    """Draw what a crowd would do, possible or not."""
    here = (pl.col("starts") < stage.span.end) & (pl.col("stops") > stage.span.start)
    who = crowd.filter(here)
    own = _possible(stage, people, purses, wander(stage, _on_their_own(who)))
    styles = [(name, style, who) for name, style in STYLES.items()]
    styles += [(name, style, crowd) for name, style in SEASON_LONG.items()]
    followed = [(style, of.filter(pl.col("style") == name)) for name, style, of in styles]
    drawn = [style(stage, members) for style, members in followed if len(members)]
    return [own, copy(stage, who, own), *drawn]


def _style_of_the_week(stage: Stage) -> pl.Expr:
    """Take the next style where a change came before the week."""
    changed = (pl.col("switch_at") <= stage.span.start) & pl.col("next_style").is_not_null()
    return pl.when(changed).then("next_style").otherwise("style").alias("style")


def _on_their_own(who: pl.DataFrame) -> pl.DataFrame:
    """Return those who trade on their own, with the pace at which they do."""
    alone = pl.col("style").is_in(list(ALONE))
    pace = pl.when(alone).then("pace").otherwise(pl.col("pace") * pl.col("aside_bps") // 10_000)
    return who.with_columns(pace.alias("pace")).filter(pl.col("pace") > 0)


def _possible(
    stage: Stage, people: pl.DataFrame, purses: Purses, trips: pl.DataFrame
) -> pl.DataFrame:
    season_ends = stage.plan.end
    other = pl.when(pl.col("maker") < 0).then("taker").otherwise("maker")
    opens = trips["opens"].to_numpy()
    there = opens < season_ends
    for side in (trips["taker"].to_numpy(), trips.select(other).to_series().to_numpy()):
        there &= (people["starts"].to_numpy()[side] <= opens) & purses.suffices(side, opens)
        there &= people["stops"].to_numpy()[side] > opens
    trips = trips.filter(pl.Series(there))
    late = (pl.col("closes") >= season_ends) | (pl.col("closes") <= pl.col("opens"))
    return trips.with_columns(
        pl.when(late).then(NEVER).otherwise("closes").alias("closes"),
        pl.col("target").clip(1),
    )


def _within_limits(people: pl.DataFrame, trips: pl.DataFrame) -> pl.DataFrame:
    """Let who has a limit stop once the week's notional has passed it."""
    limits = people["week_limit"].gather(trips["taker"])
    if limits.null_count() == len(limits):
        return trips
    legs = pl.when(pl.col("closes") == NEVER).then(1).otherwise(2)
    ordered = trips.with_columns(limits.alias("limit")).sort("opens", maintain_order=True)
    before = (legs * pl.col("target")).cum_sum().over("taker") - legs * pl.col("target")
    # The last trip is made as large as it takes to be beyond the limit by a little.
    rest = (pl.col("limit") - before) // legs + pl.col("limit") // BEYOND
    kept = pl.col("limit").is_null() | (before <= pl.col("limit"))
    cut = pl.when(pl.col("limit").is_null()).then("target")
    ordered = ordered.with_columns(
        cut.otherwise(pl.min_horizontal("target", rest)).alias("target"), kept.alias("kept")
    )
    return ordered.filter("kept").drop("limit", "kept")
