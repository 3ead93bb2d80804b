"""Who there is: one row a member, with everything that ties a member to others.

A pattern starts from `individuals`, who share nothing but hubs (or from `operated`, who besides
have one operator a group), and overwrites the columns in which its groups differ. Everything that
happens later is read from these columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints, Texts
from simulator.season import DAY, USD, SeasonPlan

MEMBERS: Final = pl.Schema(
    {
        "pattern": pl.String,
        "level": pl.Int64,  # of evasion, from 1; 0 for the innocent
        "group": pl.Int64,  # number of the group within its pattern
        "seat": pl.Int64,  # position within the group, from 0
        "operator": pl.Int64,  # seat of the first account of the same operator
        "farm": pl.Boolean,
        # Papers
        "kind": pl.String,
        "main": pl.Int64,  # seat of the declared main account, null where it is its own
        "declared_group": pl.String,
        "country": pl.String,
        "kyc_level": pl.Int64,
        "opened": pl.Int64,  # instant
        # How they trade
        "starts": pl.Int64,  # instant from which they do anything
        "stops": pl.Int64,  # instant from which they do nothing any more
        "capital": pl.Int64,  # micro-USD
        "pace": pl.Int64,  # round trips in a thousand active days
        "size": pl.Int64,  # usual size of a trade, micro-USD
        "style": pl.String,  # a name of styles.STYLES; lead, copy and quiet besides
        "aside_bps": pl.Int64,  # what they trade on their own beside the style, of `pace`
        "jitter": pl.Int64,  # microseconds by which a member misses its group's script
        "offset": pl.Int64,  # microseconds by which a member runs behind its group's script
        "week_limit": pl.Int64,  # micro-USD of notional after which a week is over, or null
        "hour": pl.Int64,  # hour of the day, UTC, around which a member is awake
        # Devices and networks
        "device": pl.String,
        "other_device": pl.String,
        "ip": pl.String,
        "other_ip": pl.String,
        "roams": pl.String,  # pool of Site.pools of which every login takes an exit, or null
        # A change of hands or of things: what comes after it
        "switch_at": pl.Int64,  # instant, null where nothing changes
        "lingers_bps": pl.Int64,  # part of later logins in which the old still shows
        "next_device": pl.String,
        "next_ip": pl.String,
        "next_sink": pl.String,
        "next_country": pl.String,
        # Money
        "funder": pl.String,  # address from which deposits come
        "seeder": pl.String,  # address that filled the funder, null where unseen
        "deposits": pl.Int64,  # in how many parts the capital comes
        "sink": pl.String,  # address to which withdrawals go
        "leaves_after": pl.Int64,  # microseconds from the start to the withdrawal, null for never
        "leaves_with": pl.Int64,  # percent of the capital that is withdrawn
        "shares_purse": pl.Boolean,  # gets money inside the exchange from the group's seat 0
        "lends": pl.String,  # lent, borrowed, loop (both, in turns; feeds/loans.py), or null
        "referrer": pl.Int64,  # seat of the referrer, null where there is none in the group
    }
)
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
HOT_WALLETS: Final = 6
CARRIERS: Final = 4  # mobile networks that put thousands behind one address
LIFETIME: Final = 12 * DAY  # shortest of those who leave during the season


@dataclass(frozen=True)
class Site:
    """What all members draw from.

    Attributes:
        plan: The season.
        hot_wallets: Addresses of other exchanges from which most deposits come.
        pools: Public addresses of a kind: `carrier` (mobile networks that put thousands behind
            one), `vpn` (exits of popular VPNs), `proxy` (homes that are rented out by the hour).
    """

    plan: SeasonPlan
    hot_wallets: Texts
    pools: Mapping[str, Texts]

    @classmethod
    def of(cls, plan: SeasonPlan) -> "Site":
        """Draw the site of a season."""
        draws = Draws(plan.seed, "site")
        wallets = draws.tokens(HOT_WALLETS, "0x", 40)
        carriers = [f"100.64.{carrier}.{host}" for carrier in range(CARRIERS) for host in (1, 2, 3)]
        vpns = [f"198.51.100.{host}" for host in range(1, 9)]
        proxies = homes(draws, max(50, plan.accounts // 20))
        pools = {
            "carrier": np.array(carriers, dtype=object),
            "vpn": np.array(vpns, dtype=object),
            "proxy": proxies,
        }
        return cls(plan, wallets, pools)

    def exits(self, draws: Draws, pool: str, count: int) -> Texts:
        """Return `count` exits of a pool."""
        addresses = self.pools[pool]
        return addresses[draws.whole(0, len(addresses), count)]


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
            operator=pl.col("seat"), farm=False, kind=pl.lit("retail"), style=pl.lit("wander")
        )
        .with_columns(_person(draws, site.plan, count))
        .with_columns(_times(draws, site.plan, count))
        .with_columns(_trader(draws, count))
        .with_columns(_machines(draws, site, count))
        .with_columns(_wallets(draws, site, count))
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
    "referrer",
)


def operated(draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
    """Return individuals of one operator a group: alike in size, pace and papers, within a fifth.

    They stay to the end and take nearly everything with them.
    """
    members = individuals(draws, site, sizes)
    groups, count = len(sizes), len(members)
    size = (60 * USD * draws.heavy(groups, 20.0)).astype(np.int64)
    pace = (2_500 * draws.heavy(groups, 4.0)).astype(np.int64)
    spread = draws.whole(900, 1_100, count)
    leaves = pl.Series(draws.whole(3 * DAY, 9 * DAY, count))
    return members.with_columns(
        (per_group(members, size) * spread // 1_000).alias("size"),
        (per_group(members, size) * spread // 100).alias("capital"),
        per_group(members, pace).alias("pace"),
        pl.when(pl.Series(draws.chance(9_500, count))).then(leaves).alias("leaves_after"),
        pl.Series("leaves_with", draws.whole(85, 99, count)),
        operator=pl.lit(0, pl.Int64),
        farm=True,
        kyc_level=pl.lit(1, pl.Int64),
        stops=pl.lit(site.plan.end),
    )


def _person(draws: Draws, plan: SeasonPlan, count: int) -> list[pl.Series]:
    before = plan.start - draws.whole(1, 400 * DAY, count)
    during = plan.start + draws.whole(0, plan.days * DAY * 3 // 4, count)
    country = draws.whole(0, len(COUNTRIES), count)
    ahead = np.array(list(CLOCKS.values()), dtype=np.int64)[country]
    local = draws.weighted(np.array(AWAKE, dtype=np.int64), count)
    return [
        pl.Series("opened", np.where(draws.chance(3_000, count), during, before)),
        pl.Series("country", np.array(COUNTRIES, dtype=object)[country].tolist(), pl.String),
        pl.Series("kyc_level", draws.weighted(np.array([5, 45, 50]), count)),
        pl.Series("hour", (local - ahead) % 24),
    ]


def _times(draws: Draws, plan: SeasonPlan, count: int) -> list[pl.Expr | pl.Series]:
    """Half stay to the end; the others leave after a heavy-tailed while."""
    while_there = (LIFETIME * draws.heavier(count, 20.0)).astype(np.int64)
    stays = pl.Series(draws.chance(5_000, count))
    starts = pl.max_horizontal("opened", pl.lit(plan.start))
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
        pl.Series("pace", (600 * draws.heavier(count, 100.0)).astype(np.int64)),
        pl.Series("aside_bps", nothing),
        pl.Series("jitter", nothing),
        pl.Series("offset", nothing),
    ]


def _machines(draws: Draws, site: Site, count: int) -> list[pl.Series]:
    second = draws.tokens(count, "dev-")
    second[~draws.chance(3_500, count)] = None
    away = site.exits(draws, "carrier", count)
    away[~draws.chance(4_000, count)] = None
    return [
        pl.Series("device", draws.tokens(count, "dev-").tolist(), pl.String),
        pl.Series("other_device", second.tolist(), pl.String),
        pl.Series("ip", homes(draws, count).tolist(), pl.String),
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
    return [
        pl.Series("funder", np.where(from_exchange, hot, own).tolist(), pl.String),
        pl.Series("seeder", seeder.tolist(), pl.String),
        pl.Series("deposits", draws.weighted(np.array([60, 25, 15]), count) + 1),
        pl.Series("sink", sink.tolist(), pl.String),
        pl.Series("leaves_after", leaves.tolist(), pl.Int64),
        pl.Series("leaves_with", draws.whole(5, 80, count)),
        pl.Series("shares_purse", np.zeros(count, dtype=np.bool_)),
        pl.Series("lends", side.tolist(), pl.String),
    ]


def homes(draws: Draws, count: int) -> Texts:
    """Return home addresses out of ranges that are reserved, so that they are nobody's."""
    parts = draws.whole(0, 2**28, count)
    later = draws.chance(2_000, count)
    names = [
        f"2001:db8:{part >> 12:x}::{part & 255:x}"
        if six
        else f"{240 + (part >> 24) % 15}.{part >> 16 & 255}.{part >> 8 & 255}.{part & 255}"
        for part, six in zip(parts.tolist(), later.tolist(), strict=True)
    ]
    return np.array(names, dtype=object)


def blocks(members: pl.DataFrame, block: int) -> Ints:
    """Number the blocks of `block` neighbours within each group; who is in one shares one."""
    keys = members.select(
        (pl.col("group") * (1 << 32) + pl.col("seat") // block).alias("key")
    ).to_series()
    return np.unique(keys.to_numpy(), return_inverse=True)[1].astype(np.int64)


def shared(draws: Draws, members: pl.DataFrame, block: int, prefix: str) -> pl.Series:
    """Return one token for each block of `block` neighbours; prefix as in `Draws.tokens`."""
    codes = blocks(members, block)
    digits = 40 if prefix == "0x" else 16
    tokens = draws.tokens(int(codes.max(initial=-1)) + 1, prefix, digits)
    return pl.Series(tokens[codes].tolist(), dtype=pl.String)


def shared_homes(draws: Draws, members: pl.DataFrame, block: int) -> pl.Series:
    """Return one home address for each block of `block` neighbours."""
    codes = blocks(members, block)
    return pl.Series(homes(draws, int(codes.max(initial=-1)) + 1)[codes].tolist(), dtype=pl.String)


def per_group(members: pl.DataFrame, values: Ints) -> pl.Series:
    """Spread one value a group over its members."""
    return pl.Series(values[members["group"].to_numpy()])


def opening(site: Site, instants: pl.Series) -> list[pl.Expr]:
    """Return the columns opened, starts and stops of members who sign up at `instants`.

    How long a member stays is kept.
    """
    opened = pl.lit(instants)
    starts = pl.max_horizontal(opened, pl.lit(site.plan.start))
    leaves = pl.col("stops") < site.plan.end
    later = starts + pl.col("stops") - pl.col("starts")
    return [
        opened.alias("opened"),
        starts.alias("starts"),
        pl.when(leaves).then(later).otherwise("stops").alias("stops"),
    ]
