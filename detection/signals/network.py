"""Network family: two owners at one address within the same UTC hour.

An address a year apart says nothing, so only meetings in time count; how rare an address is, is
counted over the whole time, so that a carrier's gateway is a hub even in its quiet hours. Anybody
can join a public network, so this is weak evidence: it never links two owners by itself.
"""

import polars as pl

from detection.signals.evidence import Evidence, hubs_of, rarity
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA, Sightings

FAMILY = "network"


def network_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that met at one address; `sightings` counts the hours."""
    held = sightings.networks
    rare = held.join(rarity(population, terms.network), on="holders").select(
        "owner_id", "account_id", "value_hash", "hour", "holders", "weight_millibits"
    )
    meetings = rare.join(rare, on=["value_hash", "hour"], suffix="_b", nulls_equal=True).filter(
        pl.col("owner_id") < pl.col("owner_id_b")
    )
    edges = meetings.group_by(
        pl.col("owner_id").alias("owner_a"),
        pl.col("owner_id_b").alias("owner_b"),
        "value_hash",
        "holders",
        "weight_millibits",
    ).agg(
        pl.col("account_id").min().alias("account_a"),
        pl.col("account_id_b").min().alias("account_b"),
        pl.col("hour").min().alias("first_seen"),
        pl.col("hour").max().alias("last_seen"),
        pl.len().cast(pl.Int64).alias("sightings"),
        pl.lit(FAMILY).alias("family"),
        pl.lit(FAMILY).alias("signal"),
        pl.lit(terms.network.two_sided).alias("two_sided"),
    )
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(held, FAMILY, FAMILY, terms.network.cap),
    )
