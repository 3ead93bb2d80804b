"""People whose money comes from one hand: a merchant's customers, an employer's staff."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.individuals import in_one_country
from simulator.innocents.dealings import over_time, with_first
from simulator.patterns import PLANTED_TRANSFERS, Pattern, Planted
from simulator.population import Site, shared, there_before
from simulator.season import DAY, HOUR, MINUTE, USD


@dataclass(frozen=True)
class MerchantCustomer(Pattern):
    """A peer-to-peer merchant (seat 0) and those who buy from it and sell back to it.

    Farm signals they share: one account that pays hundreds, one wallet from which the deposits of
    half of them come, and money that returns. The sums are what each could spare that day. (A
    report to Hop, #379, tied a user to an OTC seller from whom coins were bought.)
    """

    name: ClassVar[str] = "merchant"
    share_bps: ClassVar[int] = 200

    fewest: int = 40
    most: int = 600
    wallet_bps: int = 5_000  # of customers have their deposits from the merchant's wallet
    deals: int = 5  # most a customer makes in a season
    back_bps: int = 2_500  # of deals in which the customer sells

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Buy from one merchant, who was there before."""
        count = len(members)
        first = pl.col("seat") == 0
        bought = pl.Series(draws.chance(self.wallet_bps, count)) | first
        wallet = shared(draws, members, count, "0x")
        return members.with_columns(
            pl.when(bought).then(wallet).otherwise("funder").alias("funder"),
            pl.when(bought).then(None).otherwise("seeder").alias("seeder"),
            pl.when(first).then(30 * pl.col("capital")).otherwise("capital").alias("capital"),
            *there_before(site, first),
        )

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Deal inside the exchange, in sums of any size."""
        del site
        pairs = with_first(people, self.name)
        dealt = over_time(draws, pairs, draws.whole(0, self.deals + 1, len(pairs)))
        count = len(dealt)
        sells = pl.Series(draws.chance(self.back_bps, count), dtype=pl.Boolean)
        sum_usd = (15 * USD * draws.heavier(count, 400.0)).astype(np.int64)
        sent = dealt.select(
            "ts",
            pl.when(sells).then("account_id").otherwise("first_id").alias("source"),
            pl.when(sells).then("first_id").otherwise("account_id").alias("destination"),
            pl.Series("amount_usd", sum_usd),
            kind=pl.lit("internal"),
        )
        return Planted(transfers=sent.cast(PLANTED_TRANSFERS))


@dataclass(frozen=True)
class Payroll(Pattern):
    """Staff whom one employer pays in coins, every second week in the same minutes.

    Farm signal they share: deposits from one wallet in one batch, the same sum each time. Salaries
    differ, and nothing else is common.
    """

    name: ClassVar[str] = "payroll"
    share_bps: ClassVar[int] = 100

    fewest: int = 8
    most: int = 80
    every: int = 14  # days

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Work in one country."""
        del site
        return members.with_columns(*in_one_country(draws, members))

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Pay salaries."""
        staff = people.filter(pl.col("pattern") == self.name)
        groups, count = int(staff["group"].max() or 0) + 1, len(staff)  # type: ignore[arg-type]
        group = staff["group"].to_numpy()
        first = draws.whole(0, 7, groups) * DAY + draws.whole(7 * HOUR, 18 * HOUR, groups)
        salary = (200 * USD * draws.heavy(count, 20.0)).astype(np.int64) // 10_000 * 10_000
        paid = staff.select(
            pl.Series("ts", site.plan.start + first[group] + draws.whole(0, 9 * MINUTE, count)),
            pl.Series("source", draws.tokens(groups, "0x", 40)[group].tolist(), pl.String),
            pl.col("account_id").alias("destination"),
            pl.Series("amount_usd", salary),
            "starts",
            "stops",
            kind=pl.lit("deposit"),
        )
        times = pl.DataFrame({"after": np.arange(0, site.plan.days, self.every) * DAY})
        paid = paid.join(times, how="cross", maintain_order="left_right")
        paid = paid.with_columns(pl.col("ts") + pl.col("after"))
        paid = paid.filter((pl.col("ts") >= pl.col("starts")) & (pl.col("ts") < pl.col("stops")))
        return Planted(transfers=paid.select(PLANTED_TRANSFERS.names()).cast(PLANTED_TRANSFERS))
