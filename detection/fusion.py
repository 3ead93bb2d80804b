"""From single edges to pairs: what all families together say of two owners.

Families are independent of each other, signals within one are not; so each family is clipped before
they are added (docs/design.md, section 3, Detection).
"""

from typing import Final

import polars as pl

from detection.terms import DetectionTerms

FAMILIES: Final = (
    "device",
    "network",
    "funding",
    "opposite",
    "direct",
    "replay",
    "referral",
    "lifecycle",
)


# Families of one kind say the same twice: who is in one room shares its devices and its network.
PLACE: Final = ("device", "network")
MONEY: Final = ("funding",)
ORDERS: Final = ("opposite", "direct", "replay")
ARRIVAL: Final = ("referral", "lifecycle")


def fuse(edges: pl.DataFrame, terms: DetectionTerms) -> pl.DataFrame:
    """Add the evidence of each pair of owners up and decide which pairs are linked.

    A pair is kept when one family has strong two-sided evidence, or when two families agree and
    some of what they say is two-sided. What a third party can bring about alone never links.

    Args:
        edges: `EDGES_SCHEMA`.
        terms: Clips and the threshold of strong evidence.

    Returns:
        One row a pair, sorted: owner_a, owner_b, `<family>_millibits`, weight_millibits, families,
        two_sided_millibits (of the family where it is largest), kept, evidence (number of edges).
    """
    by_family = edges.group_by("owner_a", "owner_b").agg(
        *(_family_columns(terms)), pl.len().cast(pl.Int64).alias("evidence")
    )
    totals = [pl.col(f"{family}_millibits") for family in FAMILIES]
    strongest = pl.max_horizontal(f"{family}_two_sided" for family in FAMILIES)
    families = pl.sum_horizontal((total > 0).cast(pl.Int32) for total in totals)
    return (
        by_family.with_columns(
            pl.sum_horizontal(totals).alias("weight_millibits"),
            families.alias("families"),
            strongest.alias("two_sided_millibits"),
        )
        .with_columns(
            (
                (pl.col("two_sided_millibits") >= terms.strong_millibits)
                | ((pl.col("families") >= 2) & (pl.col("two_sided_millibits") > 0))
            ).alias("kept")
        )
        .select(
            "owner_a",
            "owner_b",
            *totals,
            "weight_millibits",
            "families",
            "two_sided_millibits",
            "kept",
            "evidence",
        )
        .sort("owner_a", "owner_b")
    )


def _family_columns(terms: DetectionTerms) -> list[pl.Expr]:
    columns = []
    for family in FAMILIES:
        weight = pl.col("weight_millibits").filter
        mine = pl.col("family") == family
        two_sided = weight(mine & pl.col("two_sided")).sum()
        one_sided = weight(mine & ~pl.col("two_sided")).sum()
        weak = pl.min_horizontal(one_sided, pl.lit(terms.unilateral_clip_millibits))
        clip = pl.lit(terms.family_clip_millibits)
        columns += [
            pl.min_horizontal(two_sided + weak, clip).alias(f"{family}_millibits"),
            pl.min_horizontal(two_sided, clip).alias(f"{family}_two_sided"),
        ]
    return columns
