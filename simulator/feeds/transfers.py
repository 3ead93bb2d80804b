"""Transfers: seeds of wallets, deposits, withdrawals, and money between accounts."""

import numpy as np
import polars as pl

from simulator.draws import Draws, RowDraws
from simulator.feeds.week import Week
from simulator.patterns import PLANTED_TRANSFERS
from simulator.season import DAY, HOUR, USD, SeasonPlan

ASSETS = ("USDC", "USDT")
FIRST = (2 * HOUR, 6 * HOUR)  # from the start to the first deposit
WEEK = 7 * DAY


def transfer_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the transfers files; all assets are worth a dollar.

    Amounts are micro-USD, quantities 10^-8 units.
    """
    rows = week.transfers.sort("ts", "source", "destination", "amount_usd", maintain_order=True)
    draws, count = week.draws("money"), len(rows)
    inside = pl.col("kind") == "internal"
    hashes = pl.Series(draws.tokens(count, "0x", 64).tolist(), dtype=pl.String)
    keys = (rows[name].to_numpy() for name in ("ts", "amount_usd"))
    assets = RowDraws(week.trading.plan.seed, "assets", *keys).weighted(np.array([4, 1]), count)
    return rows.with_columns(
        week.numbered("T", "transfer_id"),
        pl.Series("asset", ASSETS).gather(assets),
        (pl.col("amount_usd") * 100).alias("amount"),
        pl.when(~inside).then(hashes).alias("tx_hash"),
    )


def brought_and_passed_on(plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Return the season's seeds of wallets, deposits, and money between members of groups.

    Every week draws them from the same streams, so that what an operator changes counts from then
    on.

    Returns:
        `PLANTED_TRANSFERS`, in no order.
    """
    there = people.filter(pl.col("kind") != "system")
    return pl.concat(
        [
            _seeds(Draws(plan.seed, "seeds"), there),
            _deposits(Draws(plan.seed, "deposits"), there),
            _between(Draws(plan.seed, "purses"), there),
        ]
    ).select(PLANTED_TRANSFERS.names())


def _seeds(draws: Draws, people: pl.DataFrame) -> pl.DataFrame:
    """Somebody fills the wallet from which the deposit will come."""
    wait = pl.Series(draws.whole(0, 2 * HOUR, len(people)))
    return people.select(
        (pl.col("starts") + wait).alias("ts"),
        pl.col("seeder").alias("source"),
        pl.col("funder").alias("destination"),
        pl.col("capital").alias("amount_usd"),
        kind=pl.lit("onchain"),
    ).drop_nulls("source")


def _deposits(draws: Draws, people: pl.DataFrame) -> pl.DataFrame:
    """The capital comes in one or more equal parts, the first soon, none once one has left."""
    times = people["deposits"].to_numpy()
    row = np.repeat(np.arange(len(people)), times)
    number = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    later = number * draws.whole(DAY, 8 * DAY, len(row)) + draws.whole(*FIRST, len(row))
    parts = people[row].select(
        (pl.col("starts") + pl.Series(later)).alias("ts"),
        pl.col("funder").alias("source"),
        pl.col("account_id").alias("destination"),
        (pl.col("capital") // pl.col("deposits")).alias("amount_usd"),
        "stops",
        kind=pl.lit("deposit"),
    )
    return parts.filter(pl.col("ts") < pl.col("stops")).drop("stops")


def withdrawals(people: pl.DataFrame) -> pl.DataFrame:
    """Who leaves withdraws once; some take something every week besides, until they leave.

    After a change of hands it goes to the new sink.

    Args:
        people: As from `draw_people`.

    Returns:
        `PLANTED_TRANSFERS` of the whole season, and `row`: the position in `people`.
    """
    who = people.with_row_index("row").with_columns(
        (pl.col("starts") + pl.col("leaves_after")).alias("leaves")
    )
    skims = _skims(who)
    taken = skims.group_by("row").agg(pl.col("amount_usd").sum().alias("taken"))
    rest = pl.col("capital") * pl.col("leaves_with") // 100 - pl.col("taken").fill_null(0)
    exits = who.join(taken, on="row", how="left", maintain_order="left").with_columns(
        pl.col("leaves").alias("ts"), pl.max_horizontal(rest, pl.lit(0)).alias("amount_usd")
    )
    out = pl.concat([exits.select(skims.columns), skims]).drop_nulls("ts")
    switched = (pl.col("switch_at") <= pl.col("ts")) & pl.col("next_sink").is_not_null()
    return out.select(
        "ts",
        pl.col("account_id").alias("source"),
        pl.when(switched).then("next_sink").otherwise("sink").alias("destination"),
        "amount_usd",
        "row",
        kind=pl.lit("withdrawal"),
    )


def _skims(who: pl.DataFrame) -> pl.DataFrame:
    """Return what is taken every week from the second on, on other days of each week."""
    last = pl.min_horizontal("stops", "leaves")
    regular = who.filter(pl.col("skims_bps") > 0).with_columns(
        pl.int_ranges(1, (last - pl.col("starts")) // WEEK + 1).alias("number")
    )
    # A multiple of the payday wanders, so that no two weeks have their withdrawal at one hour.
    wanders = pl.col("payday") * pl.col("number") % (4 * DAY)
    weekly = regular.explode("number").with_columns(
        (pl.col("starts") + pl.col("number") * WEEK + wanders).alias("ts"),
        (pl.col("capital") * pl.col("skims_bps") // 10_000).alias("amount_usd"),
    )
    return weekly.filter(pl.col("ts") < last).select(
        "ts", "account_id", "switch_at", "next_sink", "sink", "amount_usd", "row"
    )


def _between(draws: Draws, people: pl.DataFrame) -> pl.DataFrame:
    """Money inside the exchange: from the first of a group to those who share its purse."""
    first = people.filter(pl.col("seat") == 0).select("pattern", "group", source="account_id")
    others = people.filter((pl.col("seat") > 0) & pl.col("shares_purse"))
    pairs = others.join(first, on=["pattern", "group"], maintain_order="left")
    count = len(pairs)
    gives = pl.Series(draws.chance(4_000, count), dtype=pl.Boolean)
    return pairs.select(
        (pl.col("starts") + pl.Series(draws.whole(DAY, 6 * DAY, count))).alias("ts"),
        "source",
        pl.col("account_id").alias("destination"),
        (pl.col("capital") // 10 // USD * USD).alias("amount_usd"),
        kind=pl.lit("internal"),
    ).filter(gives)
