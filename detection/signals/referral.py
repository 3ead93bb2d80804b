"""Referral family: one who brings many that do the least, all at the same time.

Invited accounts that trade on a few days and no more, and came in a burst, are what a referral farm
looks like, and also what half the followers of an influencer do. Anybody can sign up with anybody's
code, so this is one-sided: it never links two owners by itself. Only a parent and its referees are
joined, never the referees with one another, so a tree of n weighs n - 1 edges.
"""

import polars as pl

from detection.signals.evidence import Evidence, hubs_of, rarity
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA, Sightings

FAMILY = "referral"


def referral_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between referrers and beginners who came to them in a burst."""
    wanted = terms.referral
    brought = sightings.beginners.with_columns(holders=pl.col("brought") + 1)
    onward = pl.col("referrer_owner") < pl.col("referee_owner")

    def end(column: str, first: bool) -> pl.Expr:
        here, there = ("referrer", "referee") if first else ("referee", "referrer")
        return pl.when(onward).then(f"{here}_{column}").otherwise(f"{there}_{column}")

    edges = (
        brought.filter(
            (pl.col("days") <= wanted.most_days) & (pl.col("close_by") >= wanted.least_close_by)
        )
        .join(rarity(population, wanted), on="holders")
        .select(
            end("owner", True).alias("owner_a"),
            end("owner", False).alias("owner_b"),
            end("account", True).alias("account_a"),
            end("account", False).alias("account_b"),
            "holders",
            "weight_millibits",
            pl.col("referrer_owner").alias("value_hash"),
            pl.col("referred_at").alias("first_seen"),
            pl.col("referred_at").alias("last_seen"),
            pl.lit(1, pl.Int64).alias("sightings"),
            pl.lit(FAMILY).alias("family"),
            pl.lit(FAMILY).alias("signal"),
            pl.lit(wanted.two_sided).alias("two_sided"),
        )
        .unique(["owner_a", "owner_b", "value_hash"])
    )
    crowds = brought.select("holders", value_hash="referrer_owner")
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(crowds, FAMILY, FAMILY, wanted.cap),
    )
