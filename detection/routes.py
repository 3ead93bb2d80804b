"""How a cluster comes before a moderator, and which of its owners.

There are three routes, and none needs another's consent:

- `graph`: the evidence alone is enough.
- `model`: the ruling model gives the cluster a probability of at least `model_probability`.
- `novelty`: it is strange. That makes a lead, which holds nobody's points; see `detection.novelty`.

What the first two bring opens a case, save for owners whom the policy spares (`detection.sparing`)
and for bridges: who belongs to the cluster by a tie or two, and to others by the rest of what links
it (`detection.membership`). A bridge stays linked, and is not asked about. Who trades in concert
with somebody inside is none, however few they are: that comes by no acquaintance. Nor is one who is
tied as the others are: what an owner sends to strangers by itself spares it nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from detection import grounds
from detection.membership import membership
from detection.sparing import SPARED_SCHEMA, Tolerance, spare
from detection.terms import DetectionTerms
from warehouse.findings import Detection

GRAPH: Final = "graph"
MODEL: Final = "model"
BRIDGE: Final = "bridge"
FLAGGED, SPARED, PASSED = "flagged", "spared", "passed"
PROBABILITIES_SCHEMA: Final = pl.Schema({"cluster_id": pl.String(), "probability": pl.Float64()})
NO_PROBABILITIES: Final = pl.DataFrame(schema=PROBABILITIES_SCHEMA)


@dataclass(frozen=True)
class Routed:
    """What was decided about each cluster.

    Attributes:
        clusters: cluster_id, routes (sorted list; empty: none), probability (null without a ruling
            model); every cluster, sorted.
        owners: cluster_id, owner_id, flagged, spared (why, or null); every owner in a cluster,
            sorted. Flagged owners come before a moderator.
    """

    clusters: pl.DataFrame
    owners: pl.DataFrame

    @property
    def flagged(self) -> pl.DataFrame:
        """Return cluster_id, owner_id of everybody who comes before a moderator."""
        return self.owners.filter("flagged").select("cluster_id", "owner_id")


def route(
    detection: Detection,
    accounts: pl.DataFrame,
    tolerance: Tolerance,
    terms: DetectionTerms,
    probabilities: pl.DataFrame = NO_PROBABILITIES,
) -> Routed:
    """Decide which clusters come before a moderator, and with which owners.

    Args:
        detection: The linkage.
        accounts: `ACCOUNTS_SCHEMA`.
        tolerance: Whom the policy spares.
        terms: Thresholds of the routes.
        probabilities: `PROBABILITIES_SCHEMA`, from the ruling model; empty without one.
    """
    by_graph = graph_route(detection, accounts, terms).select("cluster_id", graph=pl.lit(GRAPH))
    likely = pl.col("probability") >= terms.model_probability
    clusters = (
        detection.clusters.select("cluster_id")
        .join(by_graph, on="cluster_id", how="left")
        .join(probabilities, on="cluster_id", how="left")
        .with_columns(model=pl.when(likely).then(pl.lit(MODEL)))
        .select(
            "cluster_id",
            pl.concat_list("graph", "model").list.drop_nulls().alias("routes"),
            "probability",
        )
        .sort("cluster_id")
    )
    spared = _with_bridges(detection, spare(pairs_inside(detection), accounts, tolerance), terms)
    members = detection.members.select("cluster_id", "owner_id").unique()
    brought = pl.col("routes").list.len() > 0
    owners = (
        members.join(clusters, on="cluster_id")
        .join(spared, on=["cluster_id", "owner_id"], how="left")
        .with_columns(flagged=brought & pl.col("spared").is_null())
        .with_columns(flagged=pl.col("flagged") & (pl.col("flagged").sum().over("cluster_id") > 1))
        .select("cluster_id", "owner_id", "flagged", "spared")
        .sort("cluster_id", "owner_id")
    )
    return Routed(clusters, owners)


def graph_route(
    detection: Detection, accounts: pl.DataFrame, terms: DetectionTerms
) -> pl.DataFrame:
    """Return the clusters whose evidence alone is enough: cluster_id.

    Where it is of one kind only, of orders, it has to weigh as much as `flag_score` says.
    """
    enough = grounds.enough(grounds.find_grounds(detection, accounts), terms)
    return (
        detection.clusters.join(enough, on="cluster_id")
        .filter(pl.col("agreed") | (pl.col("score") >= terms.flag_score))
        .select("cluster_id")
    )


def by_rules(routed: Routed) -> pl.DataFrame:
    """Return what the evidence alone says of every cluster, whatever a model says.

    Returns:
        cluster_id, by_rules: `FLAGGED`, `SPARED` where the evidence is enough and nobody in it is
        asked about, else `PASSED`; sorted.
    """
    by_graph = pl.col("routes").list.contains(GRAPH)
    asked = routed.owners.group_by("cluster_id").agg(pl.col("flagged").any())
    return (
        routed.clusters.join(asked, on="cluster_id")
        .select(
            "cluster_id",
            by_rules=pl.when(by_graph & pl.col("flagged"))
            .then(pl.lit(FLAGGED))
            .when(by_graph)
            .then(pl.lit(SPARED))
            .otherwise(pl.lit(PASSED)),
        )
        .sort("cluster_id")
    )


def _with_bridges(
    detection: Detection, spared: pl.DataFrame, terms: DetectionTerms
) -> pl.DataFrame:
    """Return who is spared, and who hardly belongs to its cluster."""
    key = ["cluster_id", "owner_id"]
    apart = grounds.owner_grounds(detection).filter(~pl.col("orders"))
    bridges = (
        membership(detection)
        .filter(pl.col("membership") < terms.least_membership)
        .join(apart, on=key, how="semi")
        .join(spared, on=key, how="anti")
        .with_columns(spared=pl.lit(BRIDGE))
    )
    return pl.concat([spared, bridges.select(SPARED_SCHEMA.names())])


def pairs_inside(detection: Detection) -> pl.DataFrame:
    """Return the kept pairs between owners of one cluster: cluster_id and the pair's columns."""
    owners = detection.members.select("cluster_id", "owner_id").unique()
    return (
        detection.pairs.filter("kept")
        .join(owners, left_on="owner_a", right_on="owner_id")
        .join(owners, left_on=["owner_b", "cluster_id"], right_on=["owner_id", "cluster_id"])
        .sort("cluster_id", "owner_a", "owner_b")
    )


def with_routes(detection: Detection, routed: Routed) -> Detection:
    """Return the detection with what was decided in its frames, as the warehouse keeps it.

    Returns:
        `clusters` with routes and probability beside its columns, `members` with flagged, spared.
    """
    return replace(
        detection,
        clusters=detection.clusters.join(
            routed.clusters, on="cluster_id", how="left", maintain_order="left"
        ),
        members=detection.members.join(
            routed.owners, on=["cluster_id", "owner_id"], how="left", maintain_order="left"
        ),
    )


def flagged_scores(detection: Detection, routed: Routed) -> pl.DataFrame:
    """Return account_id, cluster_id, score, flagged; every account that the detection scored."""
    flags = detection.members.join(routed.flagged, on=["cluster_id", "owner_id"], how="semi")
    return detection.scores.join(
        flags.select("account_id", flagged=pl.lit(value=True)), on="account_id", how="left"
    ).with_columns(pl.col("flagged").fill_null(value=False))
