"""Who there is: one row a member, with everything that ties a member to others.

A pattern (farms.py, lookalikes.py) starts from `individuals`, who share nothing, and overwrites
the columns in which its groups differ. Everything that happens later is read from these columns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints, Texts
from simulator.season import DAY, USD, SeasonPlan

MEMBERS: Final = pl.Schema(
    {
        "pattern": pl.String,
        "level": pl.String,
        "group": pl.Int64,  # number of the group within its pattern
        "seat": pl.Int64,  # position within the group, from 0
        "operator": pl.Int64,  # seat of the first account of the same operator
        "farm": pl.Boolean,
        "kind": pl.String,
        "main": pl.Int64,  # seat of the declared main account, null where it is its own
        "declared_group": pl.String,
        "country": pl.String,
        "kyc_level": pl.Int64,
        "opened": pl.Int64,  # instant
        "capital": pl.Int64,  # micro-USD
        "pace": pl.Int64,  # round trips in a thousand active days
        "size": pl.Int64,  # usual size of a trade, micro-USD
        "style": pl.String,  # wander, script, hedge, ring, lead, copy or quiet (trading.py)
        "jitter": pl.Int64,  # microseconds by which a scripted member misses the script
        "hour": pl.Int64,  # hour of the day around which a member is awake
        "device": pl.String,
        "other_device": pl.String,
        "ip": pl.String,
        "other_ip": pl.String,
        "funder": pl.String,  # address from which deposits come
        "seeder": pl.String,  # address that filled the funder, null where unseen
        "sink": pl.String,  # address to which withdrawals go
        "referrer": pl.Int64,  # seat of the referrer, null where there is none in the group
    }
)
COUNTRIES: Final = ("DE", "FR", "GB", "IN", "ID", "VN", "TR", "BR", "NG", "JP", "KR", "UA", "US")
HOT_WALLETS: Final = 6
CARRIERS: Final = 4  # mobile networks that put thousands behind one address


@dataclass(frozen=True)
class Site:
    """What all members draw from.

    Attributes:
        plan: The season.
        hot_wallets: Addresses of other exchanges from which most deposits come.
        exits: Public addresses of mobile carriers.
    """

    plan: SeasonPlan
    hot_wallets: Texts
    exits: Texts

    @classmethod
    def of(cls, plan: SeasonPlan) -> "Site":
        """Draw the site of a season."""
        draws = Draws(plan.seed, "site")
        exits = [f"100.64.{carrier}.{host}" for carrier in range(CARRIERS) for host in (1, 2, 3)]
        wallets = draws.tokens(HOT_WALLETS, "0x", 40)
        return cls(plan, wallets, np.array(exits, dtype=object))


def individuals(draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
    """Return honest strangers who share nothing but hubs, in groups of the given sizes.

    Returns:
        One row a member with the columns of `MEMBERS` save pattern and level.
    """
    count = int(sizes.sum())
    seat = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    frame = pl.DataFrame({"group": np.repeat(np.arange(len(sizes)), sizes), "seat": seat})
    return (
        frame.with_columns(
            operator=pl.col("seat"), farm=False, kind=pl.lit("retail"), style=pl.lit("wander")
        )
        .with_columns(_person(draws, site, count))
        .with_columns(_trader(draws, count))
        .with_columns(_machines(draws, site, count))
        .with_columns(_wallets(draws, site, count))
        .with_columns(
            main=pl.lit(None, pl.Int64),
            declared_group=pl.lit(None, pl.String),
            referrer=pl.lit(None, pl.Int64),
        )
    )


def _person(draws: Draws, site: Site, count: int) -> list[pl.Series]:
    plan = site.plan
    before = plan.start - draws.whole(1, 400 * DAY, count)
    during = plan.start + draws.whole(0, plan.days * DAY * 3 // 4, count)
    country = np.array(COUNTRIES, dtype=object)[draws.whole(0, len(COUNTRIES), count)]
    return [
        pl.Series("opened", np.where(draws.chance(3_000, count), during, before)),
        pl.Series("country", country.tolist(), pl.String),
        pl.Series("kyc_level", draws.weighted(np.array([5, 45, 50]), count)),
        pl.Series("hour", draws.whole(0, 24, count)),
    ]


def _trader(draws: Draws, count: int) -> list[pl.Series]:
    size = (50 * USD * draws.heavier(count, 2_000.0)).astype(np.int64)
    return [
        pl.Series("size", size),
        pl.Series("capital", size * draws.whole(3, 30, count)),
        pl.Series("pace", (600 * draws.heavier(count, 100.0)).astype(np.int64)),
        pl.Series("jitter", np.zeros(count, dtype=np.int64)),
    ]


def _machines(draws: Draws, site: Site, count: int) -> list[pl.Series]:
    second = draws.tokens(count, "dev-")
    second[~draws.chance(3_500, count)] = None
    away = site.exits[draws.whole(0, len(site.exits), count)]
    away[~draws.chance(4_000, count)] = None
    return [
        pl.Series("device", draws.tokens(count, "dev-").tolist(), pl.String),
        pl.Series("other_device", second.tolist(), pl.String),
        pl.Series("ip", homes(draws, count).tolist(), pl.String),
        pl.Series("other_ip", away.tolist(), pl.String),
    ]


def _wallets(draws: Draws, site: Site, count: int) -> list[pl.Series]:
    hot = site.hot_wallets[draws.whole(0, len(site.hot_wallets), count)]
    own = draws.tokens(count, "0x", 40)
    from_exchange = draws.chance(6_500, count)
    seen = draws.chance(5_000, count) & ~from_exchange
    seeder = hot.copy()
    seeder[~seen] = None
    sink = np.where(draws.chance(5_000, count), own, draws.tokens(count, "0x", 40))
    return [
        pl.Series("funder", np.where(from_exchange, hot, own).tolist(), pl.String),
        pl.Series("seeder", seeder.tolist(), pl.String),
        pl.Series("sink", sink.tolist(), pl.String),
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
