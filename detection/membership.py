"""How far an owner belongs to its cluster: so that one who only stands between is cut out."""

from typing import Final

import polars as pl

from warehouse.findings import Detection

MEMBERSHIP_SCHEMA = pl.Schema(
    {"cluster_id": pl.String(), "owner_id": pl.String(), "membership": pl.Float64()}
)

# Who has more than this part of what the middle one has, belongs to it whatever else it does.
_AS_STRONG: Final = 0.5


def membership(found: Detection) -> pl.DataFrame:
    """Return how an owner's links inside its cluster compare with those of the others.

    1. Its strength, the mean weight of its pairs to all others, for the middle one of the others,
       at most 1. In a group where all are linked, somebody who knows one of n alone has 1/(n-1); a
       leaf of a star is as strong as the other leaves, and so is its centre.
    2. Times the part of its evidence that stays inside; for the same of the middle one of the
       others, at most 1. Not so of who has, with the others, more than half of the two-sided
       evidence that the middle one has: nobody leaves its own group by dealing with strangers.

    Only kept pairs count, inside and outside: dust sent to strangers makes nobody one of theirs.

    Args:
        found: A detection: its pairs and members are read.

    Returns:
        `MEMBERSHIP_SCHEMA`, one row an owner in a cluster, sorted by both ids; 0 to 1.
    """
    owners = found.members.select("cluster_id", "owner_id", "strength_millibits").unique()
    bits = ("weight_millibits", "two_sided_millibits")
    kept = found.pairs.filter("kept")
    ends = pl.concat(
        [
            kept.select(*bits, owner_id="owner_a", other="owner_b"),
            kept.select(*bits, owner_id="owner_b", other="owner_a"),
        ]
    )
    every = ends.group_by("owner_id").agg(pl.col("weight_millibits").sum().alias("every"))
    of_both = (
        ends.join(owners.select("cluster_id", "owner_id"), on="owner_id")
        .join(owners.select("cluster_id", other="owner_id"), on=["cluster_id", "other"])
        .group_by("cluster_id", "owner_id")
        .agg(pl.col("two_sided_millibits").sum().alias("of_both"))
    )
    inside = pl.col("strength_millibits") * (pl.len().over("cluster_id") - 1)
    known = (
        owners.join(every, on="owner_id", how="left")
        .join(of_both, on=["cluster_id", "owner_id"], how="left")
        .with_columns((inside / pl.col("every")).clip(0, 1).alias("inside"))
    )
    strength, stays, of_both_part = (
        (pl.col(name) / pl.col(name).median().over("cluster_id")).clip(0, 1)
        for name in ("strength_millibits", "inside", "of_both")
    )
    as_strong = of_both_part.fill_nan(0) > _AS_STRONG
    part = strength * pl.when(as_strong).then(1.0).otherwise(stays)
    return (
        known.with_columns(membership=part.fill_nan(0).fill_null(0).round(6))
        .select(MEMBERSHIP_SCHEMA.names())
        .sort("cluster_id", "owner_id")
    )
