"""Clusters: communities of linked owners, with a score and an id that survives the week."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import numpy as np
import polars as pl

from detection.fusion import FAMILIES
from detection.graph import communities
from detection.terms import DetectionTerms
from warehouse.findings import CLUSTERS_SCHEMA, INSTANT, MEMBERS_SCHEMA

PREVIOUS_SCHEMA: Final = pl.Schema(
    {"cluster_id": pl.String(), "account_id": pl.String(), "first_found_at": INSTANT}
)


@dataclass(frozen=True)
class Clusters:
    """Clusters, their accounts, and the kept pairs inside them.

    Attributes:
        clusters: `CLUSTERS_SCHEMA`.
        members: `MEMBERS_SCHEMA`.
    """

    clusters: pl.DataFrame
    members: pl.DataFrame


def group_owners(pairs: pl.DataFrame, terms: DetectionTerms) -> pl.DataFrame:
    """Group the owners of kept pairs into communities.

    Args:
        pairs: Kept pairs, sorted, with owner_a, owner_b, weight_millibits.
        terms: The resolution.

    Returns:
        label (Int64), owner_id, sorted by owner_id; owners that stay alone are left out.
    """
    owners = (
        pl.concat([pairs["owner_a"], pairs["owner_b"]]).unique().sort().alias("owner_id").to_frame()
    ).with_row_index("node")
    ends = pairs.join(owners, left_on="owner_a", right_on="owner_id", maintain_order="left").join(
        owners, left_on="owner_b", right_on="owner_id", suffix="_b", maintain_order="left"
    )
    labels = communities(
        owners.height,
        ends["node"].to_numpy().astype(np.int64),
        ends["node_b"].to_numpy().astype(np.int64),
        ends["weight_millibits"].to_numpy(),
        terms.resolution_millibits,
    )
    return (
        owners.select("owner_id", label=pl.Series(labels, dtype=pl.Int64))
        .filter(pl.len().over("label") >= 2)
        .select("label", "owner_id")
    )


def describe(
    groups: pl.DataFrame, pairs: pl.DataFrame, terms: DetectionTerms
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Score each group, and each owner's strength in it.

    The score is no probability. With W the bits of all kept pairs inside, n the owners, f the
    families that are seen and d the share of pairs that are kept, it is

        1 - 2^-(W/(n-1) · (1 + (f-1)/2) · (1+d)/2 / scale)

    which rises with evidence, with families and with density, and is 1/2 where the product equals
    the scale of the terms.

    Args:
        groups: label, owner_id.
        pairs: Kept pairs.
        terms: The score's scale.

    Returns:
        (label, owners, families, score) and (label, owner_id, strength_millibits: mean weight of
        the owner's pairs to all others of the group).
    """
    inside = (
        pairs.join(groups, left_on="owner_a", right_on="owner_id")
        .join(groups, left_on="owner_b", right_on="owner_id", suffix="_b")
        .filter(pl.col("label") == pl.col("label_b"))
    )
    sizes = groups.group_by("label").agg(pl.len().cast(pl.Int32).alias("owners"))
    ends = pl.concat(
        [
            inside.select("label", "weight_millibits", owner_id="owner_a"),
            inside.select("label", "weight_millibits", owner_id="owner_b"),
        ]
    )
    strengths = (
        ends.group_by("label", "owner_id")
        .agg(pl.col("weight_millibits").sum())
        .join(sizes, on="label")
        .select(
            "label",
            "owner_id",
            (pl.col("weight_millibits") // (pl.col("owners") - 1)).alias("strength_millibits"),
        )
    )
    return _scores(inside, sizes, terms), strengths


def _scores(inside: pl.DataFrame, sizes: pl.DataFrame, terms: DetectionTerms) -> pl.DataFrame:
    summary = (
        inside.group_by("label")
        .agg(
            pl.col("weight_millibits").sum().alias("weight"),
            pl.len().alias("kept_pairs"),
            *((pl.col(f"{family}_millibits") > 0).any().alias(family) for family in FAMILIES),
        )
        .join(sizes, on="label")
    )
    owners = pl.col("owners").cast(pl.Int64)
    density = 2 * pl.col("kept_pairs") / (owners * (owners - 1))
    count = pl.sum_horizontal(pl.col(family).cast(pl.Int64) for family in FAMILIES)
    product = pl.col("weight") / (owners - 1) * (1 + (count - 1) / 2) * (1 + density) / 2
    score = 1 - pl.lit(2.0).pow(-product / terms.score_scale_millibits)
    names = pl.concat_list(pl.when(family).then(pl.lit(family)) for family in FAMILIES)
    return summary.select(
        "label",
        "owners",
        names.list.drop_nulls().alias("families"),
        score.round(6).alias("score"),  # so that the last bits of a platform's pow do not show
    )


def keep_ids(groups: pl.DataFrame, previous: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Give each group the id of the cluster before it that it overlaps most, one to one.

    Overlaps are served largest first; ties by the older id, then by the group's smallest account.
    A group that is left without one gets a new id from its accounts and the instant.

    Args:
        groups: label, account_id.
        previous: `PREVIOUS_SCHEMA`, the clusters of the run before.
        as_of: The instant of this run, aware.

    Returns:
        label, cluster_id, first_found_at.
    """
    found_at = as_of.replace(tzinfo=None)
    named = groups.group_by("label").agg(pl.col("account_id").sort().alias("accounts"))
    overlaps = (
        groups.join(previous, on="account_id")
        .group_by("label", "cluster_id", "first_found_at")
        .agg(pl.len().alias("common"))
        .join(named.select("label", pl.col("accounts").list.first().alias("smallest")), on="label")
        .sort("common", "cluster_id", "smallest", descending=[True, False, False])
    )
    taken: dict[int, tuple[str, datetime]] = {}
    used: set[str] = set()
    for label, cluster_id, first_found_at in overlaps.select(
        "label", "cluster_id", "first_found_at"
    ).iter_rows():
        if label not in taken and cluster_id not in used:
            taken[label] = (cluster_id, first_found_at)
            used.add(cluster_id)
    rows = [
        (label, *taken.get(label, (_new_id(accounts, as_of), found_at)))
        for label, accounts in named.iter_rows()
    ]
    schema = {"label": pl.Int64(), "cluster_id": pl.String(), "first_found_at": INSTANT}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _new_id(accounts: list[str], as_of: datetime) -> str:
    text = "\n".join([as_of.isoformat(), *accounts])
    return "K-" + sha256(text.encode()).hexdigest()[:12]


def build_clusters(
    pairs: pl.DataFrame,
    accounts: pl.DataFrame,
    terms: DetectionTerms,
    previous: pl.DataFrame,
    as_of: datetime,
) -> Clusters:
    """Group, score and name the clusters of the kept pairs.

    Args:
        pairs: Kept pairs, sorted.
        accounts: account_id, owner_id.
        terms: Resolution and scale.
        previous: `PREVIOUS_SCHEMA`.
        as_of: The instant of this run, aware.
    """
    groups = group_owners(pairs, terms)
    scored, strengths = describe(groups, pairs, terms)
    member_accounts = groups.join(accounts.select("account_id", "owner_id"), on="owner_id")
    ids = keep_ids(member_accounts.select("label", "account_id"), previous, as_of)
    counted = member_accounts.group_by("label").agg(pl.len().cast(pl.Int32).alias("accounts"))
    clusters = scored.join(counted, on="label").join(ids, on="label")
    members = member_accounts.join(strengths, on=["label", "owner_id"]).join(ids, on="label")
    return Clusters(
        clusters.select(CLUSTERS_SCHEMA.names()).sort("cluster_id").cast(CLUSTERS_SCHEMA),
        members.select(MEMBERS_SCHEMA.names())
        .sort("cluster_id", "account_id")
        .cast(MEMBERS_SCHEMA),
    )
