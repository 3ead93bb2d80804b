"""Transfers: seeds of wallets, deposits, withdrawals, and money between accounts."""

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.identifiers import numbered
from simulator.season import DAY, HOUR, USD, SeasonPlan

ASSETS = ("USDC", "USDT")


def transfer_rows(plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the transfers files; all assets are worth a dollar.

    Amounts are micro-USD, quantities 10^-8 units.
    """
    draws = Draws(plan.seed, "money")
    there = people.filter(pl.col("kind") != "system")
    parts = [
        _seeds(draws, plan, there),
        _deposits(draws, plan, there),
        _withdrawals(draws, plan, there),
        _between(draws, plan, there),
    ]
    rows = pl.concat(parts).filter((pl.col("ts") < plan.end) & (pl.col("amount_usd") > 0))
    rows = rows.sort("ts", "source", "destination", "amount_usd")
    count = len(rows)
    inside = pl.col("kind") == "internal"
    hashes = pl.Series(draws.tokens(count, "0x", 64).tolist(), dtype=pl.String)
    return rows.with_columns(
        numbered("T", "transfer_id"),
        pl.Series("asset", ASSETS).gather(draws.weighted(np.array([4, 1]), count)),
        (pl.col("amount_usd") * 100).alias("amount"),
        pl.when(~inside).then(hashes).alias("tx_hash"),
    )


def _first_days(plan: SeasonPlan) -> pl.Expr:
    """When a member begins in this season: at the opening of the account, or of the season."""
    return pl.max_horizontal("opened", pl.lit(plan.start))


def _seeds(draws: Draws, plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Somebody fills the wallet from which the deposit will come."""
    people = people.filter(pl.col("seeder").is_not_null())
    count = len(people)
    return people.select(
        (_first_days(plan) + pl.Series(draws.whole(0, 2 * HOUR, count))).alias("ts"),
        pl.col("seeder").alias("source"),
        pl.col("funder").alias("destination"),
        pl.col("capital").alias("amount_usd"),
        kind=pl.lit("onchain"),
    )


def _deposits(draws: Draws, plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """One to three deposits; who came for an offer deposits its sum at once."""
    times = draws.weighted(np.array([60, 25, 15]), len(people)) + 1
    times[(people["pattern"] == "promo_crowd").to_numpy()] = 1
    row = np.repeat(np.arange(len(people)), times)
    number = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    later = number * draws.whole(DAY, 8 * DAY, len(row)) + draws.whole(2 * HOUR, DAY, len(row))
    return people[row].select(
        (_first_days(plan) + pl.Series(later)).alias("ts"),
        pl.col("funder").alias("source"),
        pl.col("account_id").alias("destination"),
        (pl.col("capital") // pl.Series(times[row])).alias("amount_usd"),
        kind=pl.lit("deposit"),
    )


def _withdrawals(draws: Draws, plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Farms nearly all withdraw; of the others half do, later and less."""
    count = len(people)
    farm = people["farm"].to_numpy()
    goes = draws.chance(5_000, count) | (farm & draws.chance(9_500, count))
    soon, late = draws.whole(3 * DAY, 9 * DAY, count), draws.whole(4 * DAY, 40 * DAY, count)
    percent = np.where(farm, draws.whole(85, 99, count), draws.whole(5, 80, count))
    return people.select(
        (_first_days(plan) + pl.Series(np.where(farm, soon, late))).alias("ts"),
        pl.col("account_id").alias("source"),
        pl.col("sink").alias("destination"),
        (pl.col("capital") * pl.Series(percent) // 100).alias("amount_usd"),
        kind=pl.lit("withdrawal"),
    ).filter(pl.Series(goes))


def _between(draws: Draws, plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Money inside the exchange: from the first of a group to those who share its purse or desk.

    Couples and desks do it, and so do farms.
    """
    patterns = ["household", "desk", "market_maker", "A9", "A5"]
    first = people.filter(pl.col("seat") == 0).select("pattern", "group", source="account_id")
    others = people.filter((pl.col("seat") > 0) & pl.col("pattern").is_in(patterns))
    pairs = others.join(first, on=["pattern", "group"], maintain_order="left")
    gives = pl.Series(draws.chance(4_000, len(pairs)), dtype=pl.Boolean)
    count = len(pairs)
    return pairs.select(
        (_first_days(plan) + pl.Series(draws.whole(DAY, 6 * DAY, count))).alias("ts"),
        "source",
        pl.col("account_id").alias("destination"),
        (pl.col("capital") // 10 // USD * USD).alias("amount_usd"),
        kind=pl.lit("internal"),
    ).filter(gives)
