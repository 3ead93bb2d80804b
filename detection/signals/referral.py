"""Referral family: one who brings many that do the least, all at the same time.

- `referral`: invited accounts that trade on a few days and no more, and came in a burst, are what a
  referral farm looks like, and also what half the followers of an influencer do. Anybody can sign
  up with anybody's code, so this is one-sided: it never links two owners by itself. Only a parent
  and its referees are joined, so a tree of n weighs n - 1 edges.
- `siblings`: where what several of those whom one brought hold, here some and there some, joins
  them to one group, they are sinks that somebody shares out. Only what two share joins them:
  couples who know nothing of each other are no group, whatever code they used, so nobody makes
  two strangers siblings by using it as well. One value that most share is a family's, or a
  processor's, so it does not count. One-sided: it says how they came, and links nobody by itself.
"""

import polars as pl

from detection.fusion import MONEY, PLACE
from detection.signals.evidence import Evidence, hubs_of, rarity
from detection.signals.funding import DIRECT
from detection.terms import DetectionTerms, ReferralTerms
from detection.thresholds import SiblingsTerms
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
        .sort("owner_a", "owner_b", "value_hash", "account_a", "account_b", "first_seen")
        .unique(["owner_a", "owner_b", "value_hash"], keep="first", maintain_order=True)
    )
    crowds = brought.select("holders", value_hash="referrer_owner")
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(crowds, FAMILY, FAMILY, wanted.cap),
    )


def siblings_evidence(
    sightings: Sightings, population: int, terms: DetectionTerms, others: pl.DataFrame
) -> Evidence:
    """Return the edges between beginners of one referrer whom several shared things join.

    Args:
        sightings: What was seen.
        population: Number of owners.
        terms: How many make several.
        others: `EDGES_SCHEMA`, the evidence of other families.
    """
    wanted = terms.siblings
    brought = sightings.beginners.filter(_is_beginner(terms.referral)).select(
        "referrer_owner",
        owner_id="referee_owner",
        account_id="referee_account",
        came_at="referred_at",
    )
    several = _in_groups(brought, others, wanted)
    rare = (1000 * (population / pl.col("holders")).log(2)).floor().cast(pl.Int64)
    few = several.filter(pl.col("holders") <= wanted.cap)
    edges = (
        few.join(few, on=["referrer_owner", "group"], suffix="_b")
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
            pl.lit(value=False).alias("two_sided"),
        )
        .filter(pl.col("weight_millibits") > 0)
    )
    crowds = several.group_by(value_hash="referrer_owner").agg(pl.col("holders").max())
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(crowds, FAMILY, SIBLINGS, wanted.cap),
    )


def _is_beginner(terms: ReferralTerms) -> pl.Expr:
    return (pl.col("days") <= terms.most_days) & (pl.col("close_by") >= terms.least_close_by)


def _in_groups(brought: pl.DataFrame, others: pl.DataFrame, wanted: SiblingsTerms) -> pl.DataFrame:
    """Return the siblings; group: the first of those whom they are joined to, holders: how many."""
    group = ["referrer_owner", "group"]
    shared = _shared(brought, others)
    grouped = shared.join(_joined(shared), on=["referrer_owner", "owner_id"])
    largest = grouped.group_by(*group, "value").agg(pl.col("owner_id").n_unique().alias("size"))
    largest = largest.sort(*group, "size", "value", descending=[False, False, True, False])
    commonest = largest.unique(group, keep="first", maintain_order=True)
    beside = grouped.join(commonest, on=[*group, "value"], how="anti")
    sizes = grouped.group_by(group).agg(
        pl.col("owner_id").n_unique().cast(pl.Int32).alias("holders")
    )
    several = (
        beside.group_by(group)
        .agg(pl.col("owner_id").n_unique().alias("beside"))
        .join(sizes, on=group)
        .filter(
            (pl.col("beside") >= wanted.least)
            & (pl.col("beside") * 10_000 >= pl.col("holders") * wanted.least_bps)
        )
    )
    members = grouped.select(*group, "owner_id").unique().join(several, on=group)
    return brought.join(members, on=["referrer_owner", "owner_id"])


def _shared(brought: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return what beginners of one share: referrer_owner, owner_id, partner, value."""
    things = others.filter(
        pl.col("two_sided")
        & pl.col("family").is_in([*PLACE, *MONEY])
        & (pl.col("signal") != DIRECT)
    ).with_columns(value=pl.concat_str("signal", "value_hash", separator=" "))
    ways = [
        things.select("value", owner_id=one, partner=other)
        for one, other in (("owner_a", "owner_b"), ("owner_b", "owner_a"))
    ]
    under_one = brought.select("referrer_owner", partner="owner_id")
    return (
        brought.select("referrer_owner", "owner_id")
        .join(pl.concat(ways), on="owner_id")
        .join(under_one, on=["referrer_owner", "partner"])
    )


def _joined(shared: pl.DataFrame) -> pl.DataFrame:
    """Return referrer_owner, owner_id, group: the first of all who are joined, in any steps."""
    owner = ["referrer_owner", "owner_id"]
    ties = shared.select(*owner, "partner").unique()
    label = ties.select(*owner, group="owner_id").unique().sort(owner)
    while True:
        near = ties.join(label, left_on=["referrer_owner", "partner"], right_on=owner)
        known = pl.concat([label, near.select(label.columns)])
        spread = known.group_by(owner).agg(pl.col("group").min()).sort(owner)
        if spread.equals(label):
            return label
        label = spread
