"""One honest person with two accounts, of which one is over when the other begins."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from simulator.draws import Draws
from simulator.patterns import PLANTED_TRANSFERS, Pattern, Planted
from simulator.population import Site, per_group, shared, shared_homes
from simulator.season import DAY, HOUR

# What is one person's, whichever the account.
SAME: Final = ("country", "kyc_level", "hour", "size", "pace", "capital", "funder", "seeder")


@dataclass(frozen=True)
class MigratedAccount(Pattern):
    """One whose account was hacked: the old account (seat 0) was closed, a new one opened.

    Farm signals they share: one operator, one home, one wallet, for half one device, and money
    that goes from the one account to the other. The two never act in the same hour.
    """

    name: ClassVar[str] = "migrated_account"
    share_bps: ClassVar[int] = 80

    fewest: int = 2
    most: int = 2

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Stop here and go on there."""
        plan, count = site.plan, len(members)
        groups = members["group"].n_unique()
        hacked = plan.start + draws.whole(plan.days * 4, plan.days * 18, groups) * HOUR
        opened = hacked + draws.whole(3 * HOUR, 3 * DAY, groups)
        old = pl.col("seat") == 0
        keeps = per_group(members, draws.whole(0, 2, groups)) == 1
        same = [pl.col(name).first().over("group") for name in SAME]
        phone = shared(draws, members, count, "dev-")
        return members.with_columns(
            *same,
            shared_homes(draws, members, count).alias("ip"),
            pl.when(keeps).then(phone).otherwise("device").alias("device"),
            pl.when(old)
            .then(pl.min_horizontal("opened", pl.lit(plan.start)))
            .otherwise(per_group(members, opened))
            .alias("opened"),
            pl.when(old).then(plan.start).otherwise(per_group(members, opened)).alias("starts"),
            pl.when(old).then(per_group(members, hacked)).otherwise(plan.end).alias("stops"),
            operator=pl.lit(0),
            leaves_after=pl.lit(None, pl.Int64),
            lends=pl.lit(None, pl.String),
        )

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Let the exchange move what was left from the old account to the new one."""
        del site
        members = people.filter(pl.col("pattern") == self.name)
        old = members.filter(pl.col("seat") == 0).select("group", source="account_id")
        new = members.filter(pl.col("seat") == 1).join(old, on="group", maintain_order="left")
        waits = pl.Series(draws.whole(HOUR, DAY, len(new)))
        left = pl.Series(draws.whole(20, 101, len(new)))
        moved = new.select(
            (pl.col("starts") + waits).alias("ts"),
            "source",
            pl.col("account_id").alias("destination"),
            (pl.col("capital") * left // 100).alias("amount_usd"),
            kind=pl.lit("internal"),
        )
        return Planted(transfers=moved.cast(PLANTED_TRANSFERS))
