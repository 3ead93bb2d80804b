"""How far an owner belongs to its cluster: so that one who only stands between is cut out."""

import polars as pl

from warehouse.findings import Detection

MEMBERSHIP_SCHEMA = pl.Schema(
    {"cluster_id": pl.String(), "owner_id": pl.String(), "membership": pl.Float64()}
)


def membership(found: Detection) -> pl.DataFrame:
    """Return how an owner's links inside its cluster compare with those of the others.

    1. Its strength, the mean weight of its pairs to all others, for the middle one of the others,
       at most 1. In a group where all are linked, somebody who knows one of n alone has 1/(n-1); a
       leaf of a star is as strong as the other leaves, and so is its centre.
    2. Times the part of all its evidence, also of what links nobody by itself, that stays inside;
       for the same of the middle one of the others, at most 1.

    Args:
        found: A detection: its pairs and members are read.

    Returns:
        `MEMBERSHIP_SCHEMA`, one row an owner in a cluster, sorted by both ids; 0 to 1.
    """
    owners = found.members.select("cluster_id", "owner_id", "strength_millibits").unique()
    ends = pl.concat(
        [
            found.pairs.select("weight_millibits", owner_id="owner_a"),
            found.pairs.select("weight_millibits", owner_id="owner_b"),
        ]
    )
    every = ends.group_by("owner_id").agg(pl.col("weight_millibits").sum().alias("every"))
    inside = pl.col("strength_millibits") * (pl.len().over("cluster_id") - 1)
    known = owners.join(every, on="owner_id", how="left").with_columns(
        (inside / pl.col("every")).clip(0, 1).alias("inside")
    )
    parts = [
        (pl.col(name) / pl.col(name).median().over("cluster_id")).clip(0, 1)
        for name in ("strength_millibits", "inside")
    ]
    return (
        known.with_columns(membership=(parts[0] * parts[1]).fill_nan(0).fill_null(0).round(6))
        .select(MEMBERSHIP_SCHEMA.names())
        .sort("cluster_id", "owner_id")
    )
