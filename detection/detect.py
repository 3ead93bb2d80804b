"""The detection: sightings in, clusters of owners out. Pure; a job loads and stores."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import polars as pl

from detection.clusters import PREVIOUS_SCHEMA, Clusters, build_clusters
from detection.fusion import fuse
from detection.signals.device import device_evidence
from detection.signals.direct import direct_evidence
from detection.signals.evidence import EDGE_KEY, Evidence, together
from detection.signals.funding import funding_evidence
from detection.signals.lifecycle import lifecycle_evidence
from detection.signals.network import network_evidence
from detection.signals.opposite import opposite_evidence
from detection.signals.referral import referral_evidence, siblings_evidence
from detection.signals.replay import replay_evidence
from detection.terms import DetectionTerms
from warehouse.findings import Detection, Sightings

SIGNALS: Final[tuple[Callable[[Sightings, int, DetectionTerms], Evidence], ...]] = (
    device_evidence,
    network_evidence,
    funding_evidence,
    opposite_evidence,
    direct_evidence,
    replay_evidence,
    referral_evidence,
)
NO_PREVIOUS: Final = pl.DataFrame(schema=PREVIOUS_SCHEMA)


def detect(
    sightings: Sightings, terms: DetectionTerms, previous: pl.DataFrame, as_of: datetime
) -> Detection:
    """Find clusters of owners that shared rare values.

    Args:
        sightings: What was seen before `as_of`.
        terms: Costs, caps and thresholds.
        previous: cluster_id, account_id, first_found_at of the run before, or `NO_PREVIOUS`.
        as_of: The instant that the run speaks of, aware.

    Returns:
        Edges, pairs, clusters, members, hubs and a score for every account; the same bytes for the
        same sightings in any order.
    """
    evidence = collect_evidence(sightings, terms)
    pairs = fuse(evidence.edges, terms)
    found = build_clusters(pairs.filter("kept"), sightings.accounts, terms, previous, as_of)
    return Detection(
        edges=evidence.edges,
        pairs=pairs,
        clusters=found.clusters,
        members=found.members,
        hubs=evidence.hubs,
        scores=score_accounts(sightings.accounts, pairs, found, terms),
    )


def collect_evidence(sightings: Sightings, terms: DetectionTerms) -> Evidence:
    """Return the edges and hubs of all families, sorted by their keys."""
    population = sightings.accounts["owner_id"].n_unique()
    found = together([signal(sightings, population, terms) for signal in SIGNALS])
    found = together([found, siblings_evidence(sightings, population, terms, found.edges)])
    found = together([found, lifecycle_evidence(sightings, population, terms, found.edges)])
    hubs = pl.concat([found.hubs, sightings.hubs])
    return Evidence(
        found.edges.sort(EDGE_KEY),
        hubs.sort("family", "signal", "value_hash"),
    )


def score_accounts(
    accounts: pl.DataFrame, pairs: pl.DataFrame, found: Clusters, terms: DetectionTerms
) -> pl.DataFrame:
    """Score every account.

    Inside a cluster: the cluster's score times one half to one, by how the owner's strength
    compares with the cluster's mean. Outside: by the owner's strongest pair, and at most half of
    what flags, so that evidence that links nobody never flags anybody.

    Args:
        accounts: account_id, owner_id.
        pairs: All pairs, kept or not.
        found: The clusters.
        terms: Scale and threshold.

    Returns:
        account_id, cluster_id (null outside), score; sorted by account_id.
    """
    strongest = (
        pl.concat(
            [
                pairs.select("weight_millibits", owner_id="owner_a"),
                pairs.select("weight_millibits", owner_id="owner_b"),
            ]
        )
        .group_by("owner_id")
        .agg(pl.col("weight_millibits").max())
    )
    mean = pl.col("strength_millibits").mean().over("cluster_id")
    members = found.members.join(
        found.clusters.select("cluster_id", cluster_score="score"), on="cluster_id"
    ).select(
        "account_id",
        "cluster_id",
        "cluster_score",
        (0.5 + 0.5 * (pl.col("strength_millibits") / mean).clip(0, 1)).alias("share"),
    )
    bits = pl.col("weight_millibits").fill_null(0) / terms.score_scale_millibits
    outside = terms.flag_score / 2 * (1 - pl.lit(2.0).pow(-bits))
    inside = pl.col("cluster_score") * pl.col("share")
    return (
        accounts.select("account_id", "owner_id")
        .join(strongest, on="owner_id", how="left")
        .join(members, on="account_id", how="left")
        .select(
            "account_id",
            "cluster_id",
            pl.coalesce(inside, outside).round(6).alias("score"),
        )
        .sort("account_id")
    )
