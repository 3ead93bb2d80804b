"""How surprising a count is: bits by which it exceeds chance, in integer millibits.

Order flow has no shared value whose holders could be counted. What is counted instead is how often
two owners meet, against a Poisson expectation from what each does alone. The chance of at least c
where l are expected is at most exp(c - l - c·ln(c/l)) (Chernoff), and with p pairs looked at, some
pair does as much with p times that chance: hence its bits less log2(p).
"""

import math
from typing import Final

import polars as pl

from detection.signals.evidence import hubs_of, partners_of, with_partners
from warehouse.findings import EDGES_SCHEMA

# People keep hours and habits that markets as a whole don't show, so two of them meet more often
# than their counts alone say. Expectations are taken that many times over.
OVERDISPERSION: Final = 4
_MILLION: Final = 1_000_000


def surprise(count: pl.Expr, expected_millionths: pl.Expr, least_millionths: int = 1) -> pl.Expr:
    """Return the bits of `count` events or more where fewer are expected; 0 where not more.

    Args:
        count: Events, whole or weighted (each at most 1).
        expected_millionths: Of the same, before `OVERDISPERSION`.
        least_millionths: An expectation is taken to be no less.

    Returns:
        Whole millibits, rounded down.
    """
    seen = count.cast(pl.Float64)
    chance = expected_millionths.clip(least_millionths).cast(pl.Float64) * OVERDISPERSION / _MILLION
    bits = seen * (seen / chance).log(2) - (seen - chance) / math.log(2)
    return pl.when(seen > chance).then((1000 * bits).floor()).otherwise(0.0).cast(pl.Int64)


def pairs_millibits(population: int) -> int:
    """Return what picking one pair out of all costs, rounded up."""
    pairs = population * (population - 1) // 2
    return math.ceil(1000 * math.log2(max(2, pairs)))


def pair_edges(
    pairs: pl.DataFrame, family: str, signal: str, cap: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turn pairs of owners into edges; who has such edges with many is a hub.

    Args:
        pairs: owner_a < owner_b, account_a, account_b, weight_millibits (positive), two_sided,
            first_seen, last_seen, sightings; a pair once.
        family: The signal's family.
        signal: Its name.
        cap: Most holders: an owner's partners and itself.

    Returns:
        `EDGES_SCHEMA` and `HUBS_SCHEMA`; `holders` is that of the busier of the two.
    """
    partners = partners_of(pairs)
    edges = (
        with_partners(pairs, partners)
        .with_columns(
            pl.lit(family).alias("family"),
            pl.lit(signal).alias("signal"),
            pl.concat_str("owner_a", "owner_b", separator="|").alias("value_hash"),
        )
        .filter(pl.col("holders") <= cap)
    )
    return (
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(partners.rename({"owner_id": "value_hash"}), family, signal, cap),
    )
