"""Funding family: where money came from, where it went, and what moved between two owners.

- `withdrawal_destination`: both sent funds to one address. Each did so by an own act: strong.
- `deposit_source`: both received from one address. Whoever owns it decides that alone, be it an
  exchange's hot wallet or a stranger with dust to spend: weak.
- `direct_transfer`: from one to the other. One way is the sender's act alone: weak. Both ways
  needs both: strong. Somebody who trades funds with many (a merchant, say) is a hub.
"""

import polars as pl

from detection.signals.evidence import Evidence, hubs_of, rarity, shared_values, together
from detection.terms import DetectionTerms
from warehouse.findings import EDGES_SCHEMA, Sightings

FAMILY = "funding"
DIRECT = "direct_transfer"


def funding_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that share an address or sent funds to one another."""
    seen = sightings.addresses
    return together(
        [
            shared_values(
                seen,
                FAMILY,
                "withdrawal_destination",
                population,
                terms.withdrawal_destination,
            ),
            shared_values(seen, FAMILY, "deposit_source", population, terms.deposit_source),
            _direct_transfers(sightings.direct, population, terms),
        ]
    )


def _direct_transfers(direct: pl.DataFrame, population: int, terms: DetectionTerms) -> Evidence:
    """Return an edge a pair with transfers; how rare it is depends on the busier of the two."""
    pairs = _unordered(direct)
    partners = (
        pl.concat([pairs.select(owner_id="owner_a"), pairs.select(owner_id="owner_b")])
        .group_by("owner_id")
        .agg((pl.len() + 1).cast(pl.Int32).alias("holders"))
    )
    edges = (
        pairs.join(partners, left_on="owner_a", right_on="owner_id")
        .join(partners, left_on="owner_b", right_on="owner_id", suffix="_b")
        .with_columns(pl.max_horizontal("holders", "holders_b"))
        .join(rarity(population, terms.direct_transfer), on="holders")
        .with_columns(
            pl.lit(FAMILY).alias("family"),
            pl.lit(DIRECT).alias("signal"),
            (pl.lit(terms.direct_transfer.two_sided) | (pl.col("directions") == 2)).alias(
                "two_sided"
            ),
            pl.concat_str("owner_a", "owner_b", separator="|").alias("value_hash"),
        )
    )
    crowds = partners.rename({"owner_id": "value_hash"})
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(crowds, FAMILY, DIRECT, terms.direct_transfer.cap),
    )


def _unordered(direct: pl.DataFrame) -> pl.DataFrame:
    """Return one row a pair with owner_a < owner_b, and in how many directions funds went."""
    onward = pl.col("source_owner") < pl.col("destination_owner")

    def end(column: str, first: bool) -> pl.Expr:
        source, destination = pl.col(f"source_{column}"), pl.col(f"destination_{column}")
        either = (source, destination) if first else (destination, source)
        return pl.when(onward).then(either[0]).otherwise(either[1])

    return (
        direct.filter(pl.col("source_owner") != pl.col("destination_owner"))
        .group_by(end("owner", True).alias("owner_a"), end("owner", False).alias("owner_b"))
        .agg(
            end("account", True).min().alias("account_a"),
            end("account", False).min().alias("account_b"),
            pl.len().alias("directions"),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("sightings").sum(),
        )
    )
