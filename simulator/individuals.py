"""People one by one: what an honest stranger is like.

Each of the signals that farms give has its honest holders here: days with many sign-ups, people who
only have a look and take everything with them, VPNs, old accounts that come back.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.population import MEMBERS, Site, homes
from simulator.season import DAY, USD, SeasonPlan

# Country and hours by which its clock is ahead of UTC, without summer time.
CLOCKS: Final[Mapping[str, int]] = {
    "DE": 1,
    "FR": 1,
    "GB": 0,
    "IN": 5,
    "ID": 7,
    "VN": 7,
    "TR": 3,
    "BR": -3,
    "NG": 1,
    "JP": 9,
    "KR": 9,
    "UA": 2,
    "US": -5,
}
COUNTRIES: Final = tuple(CLOCKS)
# How many of a hundred are most awake at each local hour from 0 to 23.
AWAKE: Final = (2, 1, 1, 0, 0, 0, 1, 2, 4, 5, 5, 5, 5, 4, 4, 4, 5, 6, 8, 10, 11, 9, 5, 3)
LIFETIME: Final = 12 * DAY  # shortest of those who leave during the season after a while
PAPERS: Final = (5, 45, 50)  # how many of a hundred have KYC level 0, 1 and 2
SKIMS_BPS: Final = 800  # of all, who take something out every week
WAKES_BPS: Final = 1_000  # of older accounts, who come back in the midst of the season
EXITS_BPS: Final = 7_000  # of those who leave, who take what they have with them


def individuals(draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
    """Return honest strangers who share nothing but hubs, in groups of the given sizes.

    Returns:
        One row a member with the columns of `MEMBERS` save pattern and level.
    """
    count = int(sizes.sum())
    seat = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    frame = pl.DataFrame({"group": np.repeat(np.arange(len(sizes)), sizes), "seat": seat})
    absent = {name: pl.lit(None, MEMBERS[name]) for name in ABSENT}
    return (
        frame.with_columns(
            operator=pl.col("seat"),
            farm=False,
            keeps_hours=True,
            kind=pl.lit("retail"),
            style=pl.lit("wander"),
        )
        .with_columns(_person(draws, site.plan, count))
        .with_columns(_times(draws, site.plan, count))
        .with_columns(_trader(draws, count))
        .with_columns(_machines(draws, site, count))
        .with_columns(_wallets(draws, site, count))
        .with_columns(_exits(draws, site.plan, count))
        .with_columns(**absent)
    )


# What an honest stranger has not.
ABSENT: Final = (
    "main",
    "declared_group",
    "week_limit",
    "roams",
    "switch_at",
    "next_device",
    "next_ip",
    "next_sink",
    "next_country",
    "next_style",
    "referrer",
)


def _person(draws: Draws, plan: SeasonPlan, count: int) -> list[pl.Series]:
    before = plan.start - draws.whole(1, 400 * DAY, count)
    country, hour = _whereabouts(draws, draws.whole(0, len(COUNTRIES), count))
    arrives = draws.chance(3_000, count)
    return [
        pl.Series("opened", np.where(arrives, _arrivals(draws, plan, count), before)),
        pl.Series("kyc_level", draws.weighted(np.array(PAPERS), count)),
        pl.Series("fame", draws.heavier(count, 300.0).astype(np.int64)),
        country,
        hour,
    ]


def _whereabouts(draws: Draws, place: Ints) -> tuple[pl.Series, pl.Series]:
    """Return country and waking hour of people in the given places of `COUNTRIES`."""
    ahead = np.array(list(CLOCKS.values()), dtype=np.int64)[place]
    local = draws.weighted(np.array(AWAKE, dtype=np.int64), len(place))
    country = np.array(COUNTRIES, dtype=object)[place]
    return (
        pl.Series("country", country.tolist(), pl.String),
        pl.Series("hour", (local - ahead) % 24),
    )


def _arrivals(draws: Draws, plan: SeasonPlan, count: int) -> Ints:
    """Draw instants in the first three quarters of the season; news bring many on one day."""
    days = max(1, plan.days * 3 // 4)
    news = Draws(plan.seed, "news").heavier(days, 20.0)
    day = draws.weighted((100 * news).astype(np.int64), count)
    instants: Ints = plan.start + day * DAY + draws.whole(0, DAY, count)
    return instants


def _times(draws: Draws, plan: SeasonPlan, count: int) -> list[pl.Expr]:
    """Half stay to the end, a tenth only has a look, the others leave after a heavy-tailed while.

    Of those who had an account before the season, some come back to it in the midst of it.
    """
    while_there = (LIFETIME * draws.heavier(count, 20.0)).astype(np.int64)
    looks = draws.chance(1_000, count)
    while_there = np.where(looks, draws.whole(DAY, 8 * DAY, count), while_there)
    stays = pl.Series(draws.chance(5_500, count) & ~looks)
    wakes = pl.Series(draws.chance(WAKES_BPS, count))
    back = pl.Series(plan.start + draws.whole(0, plan.days * DAY * 9 // 10, count))
    starts = (
        pl.when((pl.col("opened") < plan.start) & wakes)
        .then(back)
        .otherwise(pl.max_horizontal("opened", pl.lit(plan.start)))
    )
    return [
        starts.alias("starts"),
        pl.when(stays).then(plan.end).otherwise(starts + pl.Series(while_there)).alias("stops"),
    ]


def _trader(draws: Draws, count: int) -> list[pl.Series]:
    size = (50 * USD * draws.heavier(count, 2_000.0)).astype(np.int64)
    nothing = np.zeros(count, dtype=np.int64)
    return [
        pl.Series("size", size),
        pl.Series("capital", size * draws.whole(3, 30, count)),
        pl.Series("pace", (300 * draws.heavier(count, 300.0)).astype(np.int64)),
        pl.Series("aside_bps", nothing),
        pl.Series("jitter", nothing),
        pl.Series("offset", nothing),
    ]


def _machines(draws: Draws, site: Site, count: int) -> list[pl.Series]:
    """A second device, a mobile network, a VPN; a few homes whose lines are rented out unknown."""
    second = draws.tokens(count, "dev-")
    second[~draws.chance(3_500, count)] = None
    carrier, vpn = site.exits(draws, "carrier", count), site.exits(draws, "vpn", count)
    way = draws.weighted(np.array([35, 10, 55]), count)
    away = np.where(way == 0, carrier, vpn)
    away[way == 2] = None
    rented = site.exits(draws, "proxy", count)
    home = np.where(draws.chance(100, count), rented, homes(draws, count))
    return [
        pl.Series("device", draws.tokens(count, "dev-").tolist(), pl.String),
        pl.Series("other_device", second.tolist(), pl.String),
        pl.Series("ip", home.tolist(), pl.String),
        pl.Series("other_ip", away.tolist(), pl.String),
        pl.Series("lingers_bps", np.zeros(count, dtype=np.int64)),
    ]


def _wallets(draws: Draws, site: Site, count: int) -> list[pl.Series]:
    hot = site.hot_wallets[draws.whole(0, len(site.hot_wallets), count)]
    own = draws.tokens(count, "0x", 40)
    from_exchange = draws.chance(6_500, count)
    seen = draws.chance(5_000, count) & ~from_exchange
    seeder = hot.copy()
    seeder[~seen] = None
    sink = np.where(draws.chance(5_000, count), own, draws.tokens(count, "0x", 40))
    leaves = draws.whole(4 * DAY, 40 * DAY, count).astype(object)
    leaves[~draws.chance(5_000, count)] = None
    side = np.array(["lent", "borrowed"], dtype=object)[draws.whole(0, 2, count)]
    side[~draws.chance(1_250, count)] = None
    skims = draws.whole(100, 500, count) * draws.chance(SKIMS_BPS, count)
    return [
        pl.Series("funder", np.where(from_exchange, hot, own).tolist(), pl.String),
        pl.Series("seeder", seeder.tolist(), pl.String),
        pl.Series("deposits", draws.weighted(np.array([60, 25, 15]), count) + 1),
        pl.Series("sink", sink.tolist(), pl.String),
        pl.Series("leaves_after", leaves.tolist(), pl.Int64),
        pl.Series("leaves_with", draws.whole(5, 80, count)),
        pl.Series("skims_bps", skims),
        pl.Series("payday", draws.whole(1, 7 * DAY, count)),
        pl.Series("shares_purse", np.zeros(count, dtype=np.bool_)),
        pl.Series("lends", side.tolist(), pl.String),
    ]


def _exits(draws: Draws, plan: SeasonPlan, count: int) -> list[pl.Expr]:
    """Let most of those who leave take nearly all they have with them, as farms do."""
    takes = pl.Series(draws.chance(EXITS_BPS, count)) & (pl.col("stops") < plan.end)
    while_there = pl.col("stops") - pl.col("starts")
    nearly = pl.Series(draws.whole(80, 100, count))
    return [
        pl.when(takes).then(while_there).otherwise("leaves_after").alias("leaves_after"),
        pl.when(takes).then(nearly).otherwise("leaves_with").alias("leaves_with"),
    ]


def in_one_country(draws: Draws, members: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return the columns country and hour of groups that live in one country each."""
    place = draws.whole(0, len(COUNTRIES), members["group"].n_unique())
    return _whereabouts(draws, place[members["group"].to_numpy()])
