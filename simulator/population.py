"""Who there is: one row a member, with everything that ties a member to others.

A pattern starts from people who share nothing but hubs (simulator/individuals.py) and overwrites
the columns in which its groups differ. Everything that happens later is read from these columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints, Texts
from simulator.season import DAY, SeasonPlan

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
        "keeps_hours": pl.Boolean,  # whether what its group's script does falls into these hours
        "fame": pl.Int64,  # how readily strangers take a member's invitation, beside the others'
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
        "next_style": pl.String,  # from the first week that begins after the change
        # Money
        "funder": pl.String,  # address from which deposits come
        "seeder": pl.String,  # address that filled the funder, null where unseen
        "deposits": pl.Int64,  # in how many parts the capital comes
        "sink": pl.String,  # address to which withdrawals go
        "leaves_after": pl.Int64,  # microseconds from the start to the withdrawal, null for never
        "leaves_with": pl.Int64,  # percent of the capital that is withdrawn by then
        "skims_bps": pl.Int64,  # part of the capital that is withdrawn every week besides
        "payday": pl.Int64,  # microseconds by which these withdrawals wander through the week
        "shares_purse": pl.Boolean,  # gets money inside the exchange from the group's seat 0
        "lends": pl.String,  # lent, borrowed, loop, loop_by_hand (feeds/loans.py), or null
        "referrer": pl.Int64,  # seat of the referrer, null where there is none in the group
    }
)
HOT_WALLETS: Final = 6
CARRIERS: Final = 4  # mobile networks that put thousands behind one address


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


def in_order_of_seat(members: pl.DataFrame, instants: Ints) -> pl.Series:
    """Return the instants so that they rise with the seat within each group."""
    frame = members.select("group").with_columns(pl.Series("at", instants))
    return frame.select(pl.col("at").sort().over("group")).to_series()


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


def there_before(site: Site, who: pl.Expr) -> list[pl.Expr]:
    """Return the columns opened, starts and stops where `who` is there all season, and before."""
    plan = site.plan
    long_ago = plan.start - 200 * DAY
    return [
        pl.when(who).then(instant).otherwise(name).alias(name)
        for name, instant in (("opened", long_ago), ("starts", plan.start), ("stops", plan.end))
    ]
