"""Referral family: one who brings many that do the least, all at the same time.

- `referral`: invited accounts that trade on a few days and no more, and came in a burst, are what a
  referral farm looks like, and also what half the followers of an influencer do. Anybody can sign
  up with anybody's code, so this is one-sided: it never links two owners by itself. Only a parent
  and its referees are joined, so a tree of n weighs n - 1 edges.
- `siblings`: where several of those whom one brought share an address or a device in twos and
  threes, here some and there some, they are joined with one another. One couple among followers is
  chance; several of them among few are sinks that somebody shares out. It is two-sided: nobody else
  can make two strangers share what they hold.
"""

import polars as pl

from detection.signals.evidence import Evidence, hubs_of, rarity
from detection.terms import DetectionTerms, ReferralTerms
from warehouse.findings import EDGES_SCHEMA, Sightings

FAMILY = "referral"


SIBLINGS = "siblings"


def referral_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between referrers and beginners who came to them in a burst."""
    wanted = terms.referral
    brought = sightings.beginners.with_columns(holders=pl.col("brought") + 1)
    onward = pl.col("referrer_owner") < pl.col("referee_owner")

    def end(column: str, first: bool) -> pl.Expr:
        here, there = ("referrer", "referee") if first else ("referee", "referrer")
        return pl.when(onward).then(f"{here}_{column}").otherwise(f"{there}_{column}")

    edges = (
        brought.filter(_is_beginner(wanted))
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


def siblings_evidence(
    sightings: Sightings, population: int, terms: DetectionTerms, others: pl.DataFrame
) -> Evidence:
    """Return the edges between beginners of one referrer of whom several share what they hold.

    Args:
        sightings: What was seen.
        population: Number of owners.
        terms: How many make several, and of how many.
        others: `EDGES_SCHEMA`, the evidence of other families.
    """
    wanted = terms.siblings
    brought = sightings.beginners.filter(_is_beginner(terms.referral)).select(
        "referrer_owner",
        owner_id="referee_owner",
        account_id="referee_account",
        came_at="referred_at",
        brought=pl.len().over("referrer_owner"),
    )
    paired = _in_groups(brought, others).with_columns(
        pl.len().over("referrer_owner").cast(pl.Int32).alias("holders"),
        pl.col("group").n_unique().over("referrer_owner").alias("groups"),
    )
    several = paired.filter(
        (pl.col("holders") >= wanted.least)
        & (pl.col("groups") >= wanted.least_groups)
        & (pl.col("holders") * 10_000 >= pl.col("brought") * wanted.least_bps)
    )
    rare = (1000 * (population / pl.col("holders")).log(2)).floor().cast(pl.Int64)
    few = several.filter(pl.col("holders") <= wanted.cap)
    edges = (
        few.join(few, on="referrer_owner", suffix="_b")
        .filter(pl.col("owner_id") < pl.col("owner_id_b"))
        .select(
            pl.col("owner_id").alias("owner_a"),
            pl.col("owner_id_b").alias("owner_b"),
            pl.col("account_id").alias("account_a"),
            pl.col("account_id_b").alias("account_b"),
            "holders",
            pl.col("referrer_owner").alias("value_hash"),
            pl.max_horizontal("came_at", "came_at_b").alias("first_seen"),
            pl.max_horizontal("came_at", "came_at_b").alias("last_seen"),
            (rare - wanted.cost_millibits).alias("weight_millibits"),
            pl.lit(1, pl.Int64).alias("sightings"),
            pl.lit(FAMILY).alias("family"),
            pl.lit(SIBLINGS).alias("signal"),
            pl.lit(value=True).alias("two_sided"),
        )
        .filter(pl.col("weight_millibits") > 0)
    )
    crowds = several.select("holders", value_hash="referrer_owner")
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(crowds, FAMILY, SIBLINGS, wanted.cap),
    )


def _is_beginner(terms: ReferralTerms) -> pl.Expr:
    return (pl.col("days") <= terms.most_days) & (pl.col("close_by") >= terms.least_close_by)


def _in_groups(brought: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return the siblings with two-sided evidence between them, and group: who they share with."""
    ways = [
        others.filter("two_sided").select(owner_id=one, partner=other)
        for one, other in (("owner_a", "owner_b"), ("owner_b", "owner_a"))
    ]
    partners = pl.concat(ways).unique()
    one_roof = brought.select("referrer_owner", partner="owner_id")
    joined = (
        brought.select("referrer_owner", "owner_id")
        .join(partners, on="owner_id")
        .join(one_roof, on=["referrer_owner", "partner"])
    )
    label = joined.select("referrer_owner", "owner_id", group="owner_id").unique()
    for _ in range(2):  # what is shared joins all its holders, so two steps reach everybody
        near = joined.join(
            label, left_on=["referrer_owner", "partner"], right_on=["referrer_owner", "owner_id"]
        )
        label = (
            pl.concat([label, near.select(label.columns)])
            .group_by("referrer_owner", "owner_id")
            .agg(pl.col("group").min())
        )
    return brought.join(label, on=["referrer_owner", "owner_id"])
