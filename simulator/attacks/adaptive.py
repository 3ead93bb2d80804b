"""A14: the farm that reads its deductions."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import by_level, from_level
from simulator.draws import Draws
from simulator.patterns import Attack
from simulator.population import Site, shared, shared_homes
from simulator.season import DAY, HOUR, MINUTE

SLEEPERS: Final = 2
CANARIES: Final = 3
CHANGES: Final = ("device", "network", "funding")  # families it has an answer to; else it trades


@dataclass(frozen=True)
class AdaptiveFarm(Attack):
    """A farm like others, which changes what a notice named from the next week on.

    Programmes that deduct every week tell a farmer every week what was found; the Hyperliquid and
    Backpack farmers compared notes in public. A notice names a family of evidence, no value.
    """

    name: ClassVar[str] = "A14"
    share_bps: ClassVar[int] = 80
    levels: ClassVar[tuple[str, ...]] = (
        "changes the signal that was named, for all its accounts",
        "besides leaves accounts that were hit, and wakes fresh ones that slept: a third of them",
        "three canaries go first; the rest change what hit them before they start",
    )

    fewest: int = 6
    most: int = 60

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Begin as a farm that is easily found."""
        end, count = site.plan.end, len(members)
        wait = min(14 * DAY, site.plan.days * DAY // 3)
        shaped = members.with_columns(
            *burst(draws, site, members, DAY),
            shared(draws, members, 4, "dev-").alias("device"),
            shared_homes(draws, members, 4).alias("ip"),
            shared(draws, members, 6, "0x").alias("sink"),
            pl.Series("jitter", by_level(members, *3 * (10 * MINUTE,))),
            other_device=pl.lit(None, pl.String),
            other_ip=pl.lit(None, pl.String),
            style=pl.lit("script"),
        )
        asleep = (pl.col("level") == SLEEPERS) & (pl.col("seat") % 3 == 2)
        rest = (pl.col("level") == CANARIES) & (pl.col("seat") >= CANARIES)
        late = pl.Series(wait + draws.whole(0, 3 * DAY, count))
        return shaped.with_columns(
            pl.when(asleep)
            .then(end)
            .when(rest)
            .then(pl.min_horizontal(pl.col("starts") + late, pl.lit(end)))
            .otherwise("starts")
            .alias("starts")
        )

    def hears(
        self, draws: Draws, now: int, people: pl.DataFrame, told: pl.DataFrame
    ) -> pl.DataFrame:
        """Change what was named in every group of which an account was."""
        mine = pl.col("pattern") == self.name
        farm = people.filter(mine)
        named = told.join(farm.select("account_id", "group"), on="account_id")
        if named.is_empty():
            return people
        farm = _changed(draws, farm, named)
        farm = _moved(draws, now, farm, named)
        return pl.concat([people.filter(~mine), farm]).sort("account_id")


def _changed(draws: Draws, farm: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Give each account of a group that was told something new in place of what was named.

    What an account showed before stays known; canaries do not change, for they are lost.
    """
    count = len(farm)
    hit = pl.col("account_id").is_in(named["account_id"].implode())
    spared = (pl.col("level") == CANARIES) & hit
    device = pl.Series(draws.tokens(count, "dev-").tolist(), dtype=pl.String)
    sink = pl.Series(draws.tokens(count, "0x", 40).tolist(), dtype=pl.String)

    def told_of(*families: str) -> pl.Expr:
        groups = named.filter(pl.col("family").is_in(list(families)))["group"]
        return pl.col("group").is_in(groups.implode()) & ~spared

    others = [name for name in named["family"].unique().sort().to_list() if name not in CHANGES]
    return farm.with_columns(
        pl.when(told_of("device")).then(device).otherwise("device").alias("device"),
        pl.when(told_of("network")).then(pl.lit("proxy")).otherwise("roams").alias("roams"),
        pl.when(told_of("funding")).then(sink).otherwise("sink").alias("sink"),
        pl.when(told_of(*others)).then(12 * HOUR).otherwise("jitter").alias("jitter"),
        pl.when(told_of(*others)).then(3_000).otherwise("aside_bps").alias("aside_bps"),
    )


def _moved(draws: Draws, now: int, farm: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """From level 2 on, leave the accounts that were hit; of level 2, wake as many fresh ones."""
    hit = pl.col("account_id").is_in(named["account_id"].implode()) & from_level(2)
    leaving = hit & (pl.col("stops") > now)
    asleep = (pl.col("level") == SLEEPERS) & (pl.col("starts") >= pl.col("stops"))
    wanted = leaving.cast(pl.Int64).sum().over("group")
    wakes = asleep & (asleep.cast(pl.Int64).cum_sum().over("group", order_by="seat") <= wanted)
    first = now + pl.Series(draws.whole(HOUR, 2 * DAY, len(farm)))
    return farm.with_columns(
        pl.when(wakes).then(first).otherwise("starts").alias("starts"),
        pl.when(leaving).then(now).otherwise("stops").alias("stops"),
    )
