"""Who wants to trade what and when: round trips, before anybody takes the other side.

Each style of `population.MEMBERS` is one function: wander (on one's own), script (a group's list of
tasks), hedge (one long, the others short), ring (members with each other), copy (seconds after a
leader). A market maker and the house are quiet: they only answer.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.markets import LIQUID, MARKETS, THIN, column, is_perp
from simulator.season import DAY, HOUR, MINUTE, SECOND, SeasonPlan

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
ANYONE: Final = -1
NEVER: Final = -1
LONGEST_HOLD: Final = 3 * DAY


@dataclass(frozen=True)
class Habits:
    """How the season trades.

    Attributes:
        active_bps: Part of the days on which one who trades alone is there.
        kept_bps: Part of the trips that are never closed.
        shows_up_bps: Part of a script's tasks that a member does.
        copied_bps: Part of a leader's trips that a follower copies.
        farm_volume_bps: Part of all trips' notional that farms make; their sizes are scaled to it.
    """

    active_bps: int = 6_500
    kept_bps: int = 800
    shows_up_bps: int = 9_000
    copied_bps: int = 7_000
    farm_volume_bps: int = 3_300


def plan_trips(plan: SeasonPlan, people: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Draw all round trips of a season.

    Returns:
        The columns of `TRIPS`; all fills of a trip lie within the season, and none lies before
        the accounts that it names were opened.
    """
    who = people.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    own = wander(plan, who.filter(pl.col("style").is_in(["wander", "lead"])), habits)
    trips = pl.concat(
        [
            own,
            script(plan, who.filter(pl.col("style") == "script"), habits),
            hedge(plan, who.filter(pl.col("style") == "hedge")),
            ring(plan, who.filter(pl.col("style") == "ring")),
            copy(plan, who, own, habits),
        ]
    )
    other = trips.select(pl.when(pl.col("maker") == ANYONE).then("taker").otherwise("maker"))
    sides = (trips["taker"], other.to_series())
    both_there = pl.max_horizontal(*(people["opened"].gather(side) for side in sides))
    trips = trips.filter((pl.col("opens") >= both_there) & (pl.col("opens") < plan.end))
    late = (pl.col("closes") >= plan.end) | (pl.col("closes") <= pl.col("opens"))
    trips = trips.with_columns(pl.when(late).then(NEVER).otherwise("closes").alias("closes"))
    return _scaled(trips, people, habits)


def wander(plan: SeasonPlan, who: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Draw the trips of those who trade on their own: a home market, heavy-tailed sizes."""
    draws = Draws(plan.seed, "wander")
    count, days = len(who), plan.days
    home = draws.weighted(column("weight"), count)
    # A pace is in trips per thousand days; the random fraction rounds it without bias.
    mean = np.repeat(who["pace"].to_numpy(), days) / 1_000
    trips = (mean * 2 * draws.unit(count * days) + draws.unit(count * days)).astype(np.int64)
    trips[~draws.chance(habits.active_bps, count * days)] = 0
    cell = np.repeat(np.arange(count * days), trips)
    person, day, total = cell // days, cell % days, len(cell)
    hour = who["hour"].to_numpy()[person] * HOUR + (draws.bell(total) * 4 * HOUR).astype(np.int64)
    opens = plan.start + day * DAY + hour % DAY
    hold = (5 * MINUTE * draws.heavier(total, LONGEST_HOLD / (5 * MINUTE))).astype(np.int64)
    elsewhere = draws.weighted(column("weight"), total)
    size = who["size"].to_numpy()[person] * draws.heavy(total, 30.0) / 2
    return _trips(
        draws,
        taker=who["row"].to_numpy()[person],
        market=np.where(draws.chance(6_000, total), home[person], elsewhere),
        target=size.astype(np.int64),
        opens=opens,
        closes=np.where(draws.chance(habits.kept_bps, total), NEVER, opens + hold),
    )


def script(plan: SeasonPlan, who: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Draw tasks for each group; each member does most of them, `jitter` late at most."""
    draws = Draws(plan.seed, "script")
    tasks = _sessions(draws, plan, who, np.arange(len(MARKETS)))
    done = _members_of(who, tasks)
    done = done.filter(pl.Series(draws.chance(habits.shows_up_bps, len(done))))
    count = len(done)
    late = (draws.unit(count) * done["jitter"].to_numpy()).astype(np.int64)
    opens = done["at"].to_numpy() + late
    return _trips(
        draws,
        taker=done["row"].to_numpy(),
        market=done["market"].to_numpy(),
        side=done["side"].to_numpy(),
        target=done["size"].to_numpy() * draws.whole(90, 111, count) // 100,
        opens=opens,
        closes=opens + draws.whole(2 * MINUTE, 40 * MINUTE, count),
    )


def hedge(plan: SeasonPlan, who: pl.DataFrame) -> pl.DataFrame:
    """Draw sessions in which one member takes one side and the others share the opposite."""
    draws = Draws(plan.seed, "hedge")
    legs = _members_of(who, _sessions(draws, plan, who, np.array(LIQUID)))
    count = len(legs)
    seats = legs["seats"].to_numpy()
    alone = legs["seat"].to_numpy() == legs["task"].to_numpy() % seats
    late = draws.unit(2 * count).reshape(2, count) * legs["jitter"].to_numpy()
    opens, closes = legs["at"].to_numpy() + late.astype(np.int64)
    share = legs["stake"].to_numpy() // np.where(alone, 1, np.maximum(1, seats - 1))
    hold = 15 * MINUTE + legs["task"].to_numpy() * 7_919 % 5 * MINUTE
    return _trips(
        draws,
        taker=legs["row"].to_numpy(),
        market=legs["market"].to_numpy(),
        side=np.where(alone, 1, -1) * legs["side"].to_numpy(),
        target=share * draws.whole(97, 104, count) // 100,
        opens=opens,
        closes=closes + hold,
    )


def ring(plan: SeasonPlan, who: pl.DataFrame) -> pl.DataFrame:
    """Draw rounds in which each member buys from the next, so that all end where they began."""
    draws = Draws(plan.seed, "ring")
    legs = _members_of(who, _sessions(draws, plan, who, np.array(THIN)))
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
    return _trips(
        draws,
        taker=legs["row"].to_numpy(),
        maker=legs["seller"].to_numpy(),
        market=legs["market"].to_numpy(),
        side=np.ones(count, dtype=np.int64),
        target=legs["stake"].to_numpy(),
        opens=opens + draws.whole(0, 2 * SECOND, count),
        closes=np.full(count, NEVER),
    )


def copy(plan: SeasonPlan, who: pl.DataFrame, own: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Draw what followers copy from their leader, 0.2 to 6 seconds later on both legs."""
    draws = Draws(plan.seed, "copy")
    leaders = who.filter(pl.col("style") == "lead").select("pattern", "group", taker="row")
    followers = who.filter(pl.col("style") == "copy").select("pattern", "group", "row", "size")
    led = own.join(leaders, on="taker", maintain_order="left").join(
        followers, on=["pattern", "group"], maintain_order="left_right"
    )
    led = led.filter(pl.Series(draws.chance(habits.copied_bps, len(led)), dtype=pl.Boolean))
    count = len(led)
    lag, second = (draws.whole(SECOND // 5, 6 * SECOND, count) for _ in range(2))
    closes = led["closes"].to_numpy()
    return _trips(
        draws,
        taker=led["row"].to_numpy(),
        market=led["market"].to_numpy(),
        side=led["side"].to_numpy(),
        target=led["size"].to_numpy() * draws.whole(50, 150, count) // 100,
        opens=led["opens"].to_numpy() + lag,
        closes=np.where(closes == NEVER, NEVER, closes + second),
    )


def _sessions(draws: Draws, plan: SeasonPlan, who: pl.DataFrame, markets: Ints) -> pl.DataFrame:
    """Draw the common schedule of each group: a session at some instants of each day.

    Returns:
        pattern, group, seats (members), stake (of the first, micro-USD), task (number), at,
        market, side.
    """
    groups = who.group_by("pattern", "group", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("seats"),
        pl.col("pace").first(),
        pl.col("size").first().alias("stake"),
    )
    groups = groups.sort("pattern", "group")
    paces = np.repeat(groups["pace"].to_numpy(), plan.days) / 1_000
    counts = (paces + draws.unit(len(paces))).astype(np.int64)
    cell = np.repeat(np.arange(len(paces)), counts)
    count = len(cell)
    day = plan.start + cell % plan.days * DAY
    return groups[cell // plan.days].with_columns(
        pl.Series("task", np.arange(count)),
        pl.Series("at", day + draws.whole(0, DAY, count)),
        pl.Series("market", markets[draws.weighted(column("weight")[markets], count)]),
        pl.Series("side", draws.whole(0, 2, count) * 2 - 1),
    )


def _members_of(who: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Join each session with each member of its group, in the order of task and seat."""
    members = who.select("pattern", "group", "seat", "row", "size", "jitter")
    return sessions.join(members, on=["pattern", "group"]).sort("task", "seat")


def _trips(draws: Draws, **columns: Ints) -> pl.DataFrame:
    """Make a frame of trips; where no side is given it is drawn, and outside of perps it is 1."""
    count = len(columns["taker"])
    side = columns.pop("side", draws.whole(0, 2, count) * 2 - 1)
    maker = columns.pop("maker", np.full(count, ANYONE))
    side = np.where(is_perp()[columns["market"]], side, 1)
    return pl.DataFrame({**columns, "side": side, "maker": maker}).select(TRIPS.names()).cast(TRIPS)


def _scaled(trips: pl.DataFrame, people: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Scale the farms' targets so that they make `farm_volume_bps` of all notional.

    Without it a single heavy tail decides how much of a season is farmed.
    """
    farmed = people["farm"].gather(trips["taker"])
    targets = trips["target"].clip(1)
    inside, outside = int(targets.filter(farmed).sum()), int(targets.filter(~farmed).sum())
    if inside == 0:
        return trips.with_columns(targets)
    wanted = outside * habits.farm_volume_bps // (10_000 - habits.farm_volume_bps)
    factor = max(1, wanted * 1_000 // inside)
    scaled = targets * factor // 1_000
    return trips.with_columns(pl.Series("target", scaled).clip(1)).with_columns(
        pl.when(farmed).then("target").otherwise(targets).alias("target")
    )
