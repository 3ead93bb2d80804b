"""Shared values become evidence edges: rare values weigh much, hubs are cut and reported."""

import math
from dataclasses import dataclass

import polars as pl

from detection.terms import SignalTerms
from warehouse.findings import EDGES_SCHEMA, HUBS_SCHEMA

EDGE_KEY = ("owner_a", "owner_b", "family", "signal", "value_hash")


@dataclass(frozen=True)
class Evidence:
    """What one family of signals says.

    Attributes:
        edges: `EDGES_SCHEMA`, one row a pair of owners and shared value.
        hubs: `HUBS_SCHEMA`, one row a value with more holders than its cap.
    """

    edges: pl.DataFrame
    hubs: pl.DataFrame


def together(parts: list[Evidence]) -> Evidence:
    """Return the evidence of several signals as one, in no particular order."""
    return Evidence(
        pl.concat([part.edges for part in parts]), pl.concat([part.hubs for part in parts])
    )


def rarity(population: int, terms: SignalTerms) -> pl.DataFrame:
    """Return the weight of a value by how many hold it.

    Args:
        population: Number of owners, N.
        terms: Cost and cap of the signal.

    Returns:
        holders (Int32, 2 to the cap), weight_millibits (Int64): floor(1000·log2(N/d)) less the
        cost; values that weigh nothing are left out.
    """
    rows = [
        (holders, math.floor(1000 * math.log2(population / holders)) - terms.cost_millibits)
        for holders in range(2, terms.cap + 1)
        if population >= holders
    ]
    return pl.DataFrame(
        [row for row in rows if row[1] > 0],
        schema={"holders": pl.Int32, "weight_millibits": pl.Int64},
        orient="row",
    )


def shared_values(
    seen: pl.DataFrame, family: str, signal: str, population: int, terms: SignalTerms
) -> Evidence:
    """Join the owners that hold the same value.

    Args:
        seen: `SEEN_SCHEMA`, one row an (owner, value).
        family: The signal's family.
        signal: Its name; rows of other signals are left out.
        population: Number of owners.
        terms: Cost, cap and whether the sharing is two-sided.

    Returns:
        An edge a pair and value. `first_seen` is when both had shown it, `sightings` the sum.
    """
    held = seen.filter(pl.col("signal") == signal).with_columns(
        pl.len().over("value_hash").cast(pl.Int32).alias("holders")
    )
    rare = held.join(rarity(population, terms), on="holders")
    edges = (
        rare.join(rare, on="value_hash", suffix="_b")
        .filter(pl.col("owner_id") < pl.col("owner_id_b"))
        .select(
            pl.col("account_id").alias("account_a"),
            pl.col("account_id_b").alias("account_b"),
            pl.lit(family).alias("family"),
            "signal",
            "value_hash",
            "holders",
            "weight_millibits",
            pl.lit(terms.two_sided).alias("two_sided"),
            pl.max_horizontal("first_seen", "first_seen_b").alias("first_seen"),
            pl.max_horizontal("last_seen", "last_seen_b").alias("last_seen"),
            (pl.col("sightings") + pl.col("sightings_b")).alias("sightings"),
            pl.col("owner_id").alias("owner_a"),
            pl.col("owner_id_b").alias("owner_b"),
        )
    )
    return Evidence(edges.cast(EDGES_SCHEMA), hubs_of(held, family, signal, terms.cap))


def hubs_of(held: pl.DataFrame, family: str, signal: str, cap: int) -> pl.DataFrame:
    """Return the values that more owners hold than the cap.

    Args:
        held: At least value_hash and holders.
        family: The signal's family.
        signal: Its name.
        cap: Most holders of a value that is evidence.

    Returns:
        `HUBS_SCHEMA`, one row a value.
    """
    return (
        held.filter(pl.col("holders") > cap)
        .select(
            pl.lit(family).alias("family"),
            pl.lit(signal).alias("signal"),
            "value_hash",
            pl.col("holders").cast(pl.Int32),
        )
        .unique()
        .cast(HUBS_SCHEMA)
    )


def partners_of(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return owner_id, holders (Int32): with how many an owner has such pairs, and itself."""
    return (
        pl.concat([pairs.select(owner_id="owner_a"), pairs.select(owner_id="owner_b")])
        .group_by("owner_id")
        .agg((pl.len() + 1).cast(pl.Int32).alias("holders"))
    )


def with_partners(pairs: pl.DataFrame, partners: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs with the holders of the busier of the two, as from `partners_of`."""
    return (
        pairs.join(partners, left_on="owner_a", right_on="owner_id")
        .join(partners, left_on="owner_b", right_on="owner_id", suffix="_b")
        .with_columns(pl.max_horizontal("holders", "holders_b"))
    )
