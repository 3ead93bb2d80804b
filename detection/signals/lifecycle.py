"""Lifecycle family: accounts that began together, or changed hands.

- `sign_up_burst`: both signed up at the same time. d owners came from the one to the other, so a
  day on which an offer brought a crowd says little.
- `moved`: accounts of both came into one country at the same time. People seldom move, so those of
  bought and rented accounts do; d owners moved there from the one to the other.
- `hand_over`: accounts of both had device, country and sink change together, as bought and rented
  accounts do. What they share from then on is other families' evidence, and what they showed before
  is left out of it: it was somebody else's.

Anybody can sign up when somebody else does, a family emigrates, and an account that was robbed also
changes hands; so all are one-sided, and speak only of owners of whom other evidence speaks. Pairs
therefore never outnumber those of the other families.
"""

from datetime import timedelta

import polars as pl

from detection.signals.evidence import Evidence, together
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA, HUBS_SCHEMA, Sightings

FAMILY = "lifecycle"
MOVED = "moved"
_PAIR = ("owner_a", "owner_b")


def lifecycle_evidence(
    sightings: Sightings, population: int, terms: DetectionTerms, others: pl.DataFrame
) -> Evidence:
    """Return the edges between owners who began together or changed hands.

    Args:
        sightings: What was seen.
        population: Number of owners.
        terms: Costs.
        others: `EDGES_SCHEMA`, the evidence of all other families.
    """
    pairs = others.group_by(_PAIR).agg(
        pl.col("account_a", "account_b").min(), pl.col("last_seen").max()
    )
    return together(
        [
            _bursts(pairs, sightings, population, terms),
            _moves(pairs, sightings, population, terms),
            _hand_overs(pairs, sightings, population, terms),
        ]
    )


def _bursts(
    pairs: pl.DataFrame, sightings: Sightings, population: int, terms: DetectionTerms
) -> Evidence:
    first = (
        sightings.accounts.drop_nulls("opened_at")
        .group_by("owner_id")
        .agg(pl.col("opened_at").min())
        .with_columns(before=pl.col("opened_at").rank("min"), until=pl.col("opened_at").rank("max"))
    )
    met = _both(pairs, first)
    opened = pl.max_horizontal("opened_at", "opened_at_b")
    apart = opened - pl.min_horizontal("opened_at", "opened_at_b")
    between = pl.max_horizontal("until", "until_b") - pl.min_horizontal("before", "before_b")
    close = met.filter(apart <= timedelta(hours=terms.sign_up_burst.hours)).with_columns(
        (between + 1).cast(pl.Int32).alias("holders"), opened.alias("first_seen")
    )
    return _edges(close, "sign_up_burst", population, terms.sign_up_burst.cost_millibits)


def _moves(
    pairs: pl.DataFrame, sightings: Sightings, population: int, terms: DetectionTerms
) -> Evidence:
    moved = (
        sightings.moved.join(sightings.accounts, on="account_id")
        .group_by("owner_id", "country")
        .agg(pl.col("moved_at").max())
        .with_columns(
            before=pl.col("moved_at").rank("min").over("country"),
            until=pl.col("moved_at").rank("max").over("country"),
        )
    )
    met = _both(pairs, moved).filter(pl.col("country") == pl.col("country_b"))
    later = pl.max_horizontal("moved_at", "moved_at_b")
    apart = later - pl.min_horizontal("moved_at", "moved_at_b")
    between = pl.max_horizontal("until", "until_b") - pl.min_horizontal("before", "before_b")
    close = met.filter(apart <= timedelta(days=terms.moved.days)).with_columns(
        (between + 1).cast(pl.Int32).alias("holders"), later.alias("first_seen")
    )
    return _edges(close, MOVED, population, terms.moved.cost_millibits)


def _hand_overs(
    pairs: pl.DataFrame, sightings: Sightings, population: int, terms: DetectionTerms
) -> Evidence:
    changed = (
        sightings.hand_overs.join(sightings.accounts, on="account_id")
        .group_by("owner_id")
        .agg(pl.col("begins").min())
        .with_columns(pl.len().cast(pl.Int32).alias("holders"))
    )
    met = _both(pairs, changed).with_columns(first_seen=pl.max_horizontal("begins", "begins_b"))
    return _edges(met, "hand_over", population, terms.hand_over.cost_millibits)


def _both(pairs: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of which something is known of both."""
    return pairs.join(facts, left_on="owner_a", right_on="owner_id").join(
        facts, left_on="owner_b", right_on="owner_id", suffix="_b"
    )


def _edges(met: pl.DataFrame, signal: str, population: int, cost: int) -> Evidence:
    """Return an edge a pair, log2(N/holders) less the cost; first_seen is when it was so."""
    rare = (1000 * (population / pl.col("holders")).log(2)).floor().cast(pl.Int64) - cost
    edges = met.with_columns(
        rare.alias("weight_millibits"),
        pl.lit(FAMILY).alias("family"),
        pl.lit(signal).alias("signal"),
        pl.lit(value=False).alias("two_sided"),
        pl.concat_str(*_PAIR, separator="|").alias("value_hash"),
        pl.lit(1, pl.Int64).alias("sightings"),
        last_seen="first_seen",
    ).filter(pl.col("weight_millibits") > 0)
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA), pl.DataFrame(schema=HUBS_SCHEMA)
    )
