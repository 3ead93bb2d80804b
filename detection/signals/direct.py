"""Direct family: two owners whose orders meet one another.

On an order book nobody chooses who answers. Two owners who meet again and again are either a maker
and a taker of one thin market, which their parts of that market account for, or meant to meet.

- `counterparty`: each took from the other more often than its part of the markets. Taking from
  somebody's resting orders is the taker's act alone, so one way is one-sided; to meet as often the
  other way round, the other has to act too.
- `ring`: owners who take from one another in a circle (a strongly connected component) and come
  back to about what they held. To be in one, an owner has to take from it as well as be taken from.

Not seen: fills with declared market makers, and pairs that are all there is in a market.
"""

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from detection.signals.chance import pair_edges, pairs_millibits, surprise
from detection.signals.evidence import Evidence, together
from detection.terms import DetectionTerms
from warehouse.findings import Sightings

FAMILY = "direct"
COUNTERPARTY = "counterparty"
RING = "ring"
_LEAST_IN_RING = 3


def direct_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners whose orders meet more often than by chance."""
    ways = _ways(sightings.flow.matches, population, terms)
    ring = _in_rings(ways, sightings.flow.matches, terms)
    pairs = _pairs(ways, terms)
    inside = pairs.join(ring, on=["owner_a", "owner_b"], how="semi").with_columns(
        pl.lit(terms.direct.two_sided).alias("two_sided")
    )
    outside = pairs.join(ring, on=["owner_a", "owner_b"], how="anti")
    return together(
        [
            Evidence(*pair_edges(outside, FAMILY, COUNTERPARTY, terms.direct.cap)),
            Evidence(*pair_edges(inside, FAMILY, RING, terms.direct.cap)),
        ]
    )


def _ways(matches: pl.DataFrame, population: int, terms: DetectionTerms) -> pl.DataFrame:
    """Return one row (taker, maker) who meet more often than by chance, with its weight."""
    fills, chance = pl.col("fills"), pl.col("expected_millionths")
    looked_at = pairs_millibits(population) + 1000  # each pair has two ways
    return (
        matches.group_by("taker_owner", "maker_owner")
        .agg(
            pl.col("taker_account", "maker_account").min(),
            fills.sum(),
            chance.first(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
        )
        .filter(fills >= terms.direct.least)
        .with_columns(weight_millibits=surprise(fills, chance) - looked_at)
        .with_columns(
            pl.col("weight_millibits") - terms.direct.cost_millibits,
            is_more=surprise(fills, chance) >= terms.order_millibits,
        )
    )


def _pairs(ways: pl.DataFrame, terms: DetectionTerms) -> pl.DataFrame:
    """Return one row a pair: the stronger of its ways, two-sided where both exceed chance."""
    onward = pl.col("taker_owner") < pl.col("maker_owner")

    def end(column: str, first: bool) -> pl.Expr:
        here, there = ("taker", "maker") if first else ("maker", "taker")
        return pl.when(onward).then(f"{here}_{column}").otherwise(f"{there}_{column}")

    return (
        ways.group_by(end("owner", True).alias("owner_a"), end("owner", False).alias("owner_b"))
        .agg(
            end("account", True).min().alias("account_a"),
            end("account", False).min().alias("account_b"),
            pl.col("weight_millibits").max(),
            (pl.lit(terms.direct.two_sided) & (pl.col("is_more").sum() == 2)).alias("two_sided"),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("fills").sum().alias("sightings"),
        )
        .filter(pl.col("weight_millibits") > 0)
    )


def _in_rings(ways: pl.DataFrame, matches: pl.DataFrame, terms: DetectionTerms) -> pl.DataFrame:
    """Return the pairs inside rings of at least three who come back to about nothing.

    Returns:
        owner_a, owner_b.
    """
    strong = ways.filter(pl.col("weight_millibits") > 0)
    owners = pl.concat([strong["taker_owner"], strong["maker_owner"]]).unique().sort()
    nodes = owners.alias("owner_id").to_frame().with_row_index("node")
    ends = strong.join(nodes, left_on="taker_owner", right_on="owner_id").join(
        nodes, left_on="maker_owner", right_on="owner_id", suffix="_maker"
    )
    shape = (max(1, nodes.height),) * 2
    ones = np.ones(ends.height, dtype=np.int8)
    graph = sparse.coo_matrix(
        (ones, (ends["node"].to_numpy(), ends["node_maker"].to_numpy())), shape=shape
    )
    _, labels = connected_components(graph, directed=True, connection="strong")
    ring = pl.Series("ring", labels[: nodes.height], dtype=pl.Int64)
    members = nodes.select("owner_id", ring).filter(pl.len().over("ring") >= _LEAST_IN_RING)
    level = _level(members, matches, terms.direct.neutral_bps)
    return (
        strong.join(level, left_on="taker_owner", right_on="owner_id")
        .join(level, left_on="maker_owner", right_on="owner_id", suffix="_maker")
        .filter(pl.col("ring") == pl.col("ring_maker"))
        .select(
            owner_a=pl.min_horizontal("taker_owner", "maker_owner"),
            owner_b=pl.max_horizontal("taker_owner", "maker_owner"),
        )
        .unique()
    )


def _level(members: pl.DataFrame, matches: pl.DataFrame, neutral_bps: int) -> pl.DataFrame:
    """Return the members whose trades with their ring leave them about where they began."""
    inside = (
        matches.join(members, left_on="taker_owner", right_on="owner_id")
        .join(members, left_on="maker_owner", right_on="owner_id", suffix="_maker")
        .filter(pl.col("ring") == pl.col("ring_maker"))
    )
    traded = pl.col("traded_cents")
    legs = pl.concat(
        [
            inside.select("market", traded, owner_id="taker_owner", net="bought_cents"),
            inside.select("market", traded, owner_id="maker_owner", net=-pl.col("bought_cents")),
        ]
    )
    left = (
        legs.group_by("owner_id", "market")
        .agg(pl.col("net", "traded_cents").sum())
        .group_by("owner_id")
        .agg(pl.col("net").abs().sum(), pl.col("traded_cents").sum())
        .filter(pl.col("net") * 10_000 <= traded * neutral_bps)
    )
    return members.join(left, on="owner_id", how="semi")
