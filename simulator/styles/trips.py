"""What a style of trading draws: round trips, before anybody takes the other side."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.markets import column, is_perp
from simulator.season import DAY, HOUR, SeasonPlan, Span

TRIPS: Final = pl.Schema(
    {
        "taker": pl.Int64,  # row number in people
        "maker": pl.Int64,  # row number, or ANYONE
        "market": pl.Int64,
        "side": pl.Int64,  # 1 buys first, -1 sells first
        "target": pl.Int64,  # wanted notional, micro-USD
        "opens": pl.Int64,  # instant of the first fill
        "closes": pl.Int64,  # instant of the second fill, or NEVER
    }
)
OF_MEMBERS: Final = ("seat", "row", "size", "jitter", "offset", "hour", "keeps_hours")
RESTS_BPS: Final = 3_000  # of the days of a group that keeps hours
ANYONE: Final = -1
NEVER: Final = -1


@dataclass(frozen=True)
class Habits:
    """How the season trades.

    Attributes:
        active_bps: Part of the days on which one who trades alone is there.
        weekend_bps: What is left of that on Saturdays and Sundays.
        kept_bps: Part of the trips that are held for days to weeks.
        shows_up_bps: Part of a script's tasks that a member does.
        copied_bps: Part of a leader's trips that a follower copies.
    """

    active_bps: int = 4_000
    weekend_bps: int = 7_000
    kept_bps: int = 800
    shows_up_bps: int = 9_000
    copied_bps: int = 7_000


@dataclass(frozen=True)
class Stage:
    """The week in which trips are drawn.

    Attributes:
        plan: The season.
        span: The week.
        habits: How the season trades.
        crowd: Whose trips are drawn, where they are drawn from streams of their own.
    """

    plan: SeasonPlan
    span: Span
    habits: Habits
    crowd: str = ""

    def draws(self, theme: str) -> Draws:
        """Return the stream of a theme in this week."""
        return Draws(self.plan.seed, f"{theme} {self.span.number}{self.crowd}")


def trips(draws: Draws, **columns: Ints) -> pl.DataFrame:
    """Make a frame of trips; where no side is given it is drawn, and outside of perps it is 1."""
    count = len(columns["taker"])
    side = columns.pop("side", draws.whole(0, 2, count) * 2 - 1)
    maker = columns.pop("maker", np.full(count, ANYONE))
    side = np.where(is_perp()[columns["market"]], side, 1)
    return pl.DataFrame({**columns, "side": side, "maker": maker}).select(TRIPS.names()).cast(TRIPS)


def sessions(draws: Draws, stage: Stage, who: pl.DataFrame, markets: Ints) -> pl.DataFrame:
    """Draw the common schedule of each group: a session at some instants of each day.

    Where the first of a group keeps hours, sessions fall about its hour, and on some days there are
    none; else they go round the clock.

    Returns:
        pattern, group, seats (members), stake (of the first, micro-USD), task (number), at,
        market, side.
    """
    days = stage.span.days
    groups = who.group_by("pattern", "group", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("seats"),
        pl.col("pace").first(),
        pl.col("size").first().alias("stake"),
        pl.col("hour", "keeps_hours").first(),
    )
    groups = groups.sort("pattern", "group")
    paces = np.repeat(groups["pace"].to_numpy(), days) / 1_000
    counts = (paces + draws.unit(len(paces))).astype(np.int64)
    rests = np.repeat(groups["keeps_hours"].to_numpy(), days) & draws.chance(RESTS_BPS, len(paces))
    counts[rests] = 0
    cell = np.repeat(np.arange(len(paces)), counts)
    count = len(cell)
    day = stage.span.start + cell % days * DAY
    chosen = groups[cell // days]
    awake = hours_of(draws, chosen)
    at = np.where(chosen["keeps_hours"].to_numpy(), awake, draws.whole(0, DAY, count))
    return chosen.drop("hour", "keeps_hours").with_columns(
        pl.Series("task", np.arange(count)),
        pl.Series("at", day + at),
        pl.Series("market", markets[draws.weighted(column("weight")[markets], count)]),
        pl.Series("side", draws.whole(0, 2, count) * 2 - 1),
    )


def hours_of(draws: Draws, who: pl.DataFrame) -> Ints:
    """Draw a time of the day about each one's hour, in microseconds after midnight."""
    around = (draws.bell(len(who)) * 4 * HOUR).astype(np.int64)
    hours: Ints = (who["hour"].to_numpy() * HOUR + around) % DAY
    return hours


def members_of(who: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """Join each session with each member of its group, in the order of task and seat.

    Returns:
        The columns of `sessions` with seat, row, size, jitter, offset, hour, keeps_hours and place:
        the number of the member among those of its group who are there, from 0.
    """
    place = pl.int_range(pl.len()).over("pattern", "group").alias("place")
    members = who.sort("pattern", "group", "seat").select("pattern", "group", *OF_MEMBERS, place)
    return drawn.join(members, on=["pattern", "group"]).sort("task", "seat")


def trips_of(draws: Draws, legs: pl.DataFrame) -> pl.DataFrame:
    """Make trips of a frame that holds row as the taker and other columns of `TRIPS`."""
    named = legs.rename({"row": "taker"})
    names = [name for name in TRIPS.names() if name in named.columns]
    return trips(draws, **{name: named[name].to_numpy() for name in names})
