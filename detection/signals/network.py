"""Network family: two owners at one address.

- `network`: within the same UTC hour. An address a year apart says nothing, so only meetings in
  time count.
- `home`: both made at least a third of their logins from it, at whatever hours. It is what people
  under one roof have in common, and speaks for a family as much as for one operator: beside a
  shared wallet it is the nearest innocent reading (see `detection.grounds`).

How rare an address is, is counted over the whole time, so that a carrier's gateway is a hub even in
its quiet hours. Anybody can join a public network, so this is weak evidence: it never links two
owners by itself.
"""

import polars as pl

from detection.signals.evidence import Evidence, hubs_of, rarity, shared_values, together
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA, Sightings

FAMILY = "network"
HOME = "home"


def network_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that met at one address, or have one home.

    `sightings` counts the hours of a meeting, and the logins from a home.
    """
    homes = shared_values(sightings.homes, FAMILY, HOME, population, terms.network)
    return together([_meetings(sightings, population, terms), homes])


def _meetings(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
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
