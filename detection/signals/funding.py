"""Funding family: where money came from, where it went, and what moved between two owners.

- `withdrawal_destination`: both sent funds to one address. Each did so by an own act: strong.
- `deposit_source`: both received from one address. Whoever owns it decides that alone, be it an
  exchange's hot wallet or a stranger with dust to spend: weak.
- `direct_transfer`: from one to the other. One way is the sender's act alone: weak. Both ways
  needs both: strong. Somebody who trades funds with many (a merchant, say) is a hub.

Three signals look further, over addresses outside, up to `path_hops` transfers. From each address
only the way of most of its money goes on, so dust never turns a path.

- `withdrawal_end`: most of what both withdrew ended at one address. Each sent it by an own act, and
  nobody else can send it on from one's own wallet: two-sided.
- `deposit_origin`: most of what both paid in came from one address. A stranger may pay anybody; but
  to bank a stranger's money, rather than one's own, is an act of the owner. It is two-sided where
  both did, and kept below what links by itself: colleagues are paid by one employer.
- `funding_chain`: what one withdrew is what the other paid in. Judged as `deposit_origin` is.
"""

import polars as pl

from detection.signals.evidence import (
    Evidence,
    hubs_of,
    partners_of,
    rarity,
    shared_values,
    together,
    with_partners,
)
from detection.terms import DetectionTerms, PathTerms
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
            _shared_paths(sightings.paths, "deposit_origin", population, terms.deposit_origin),
            _shared_paths(sightings.paths, "withdrawal_end", population, terms.withdrawal_end),
            _funding_chains(sightings.passed, population, terms.funding_chain),
        ]
    )


def _direct_transfers(direct: pl.DataFrame, population: int, terms: DetectionTerms) -> Evidence:
    """Return an edge a pair with transfers; how rare it is depends on the busier of the two."""
    pairs = _unordered(direct)
    partners = partners_of(pairs)
    edges = (
        with_partners(pairs, partners)
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


def _shared_paths(paths: pl.DataFrame, signal: str, population: int, terms: PathTerms) -> Evidence:
    """Return an edge a pair whose paths meet: at the address where that weighs most.

    Paths that met once stay together, so further addresses say nothing more.
    """
    held = paths.filter(pl.col("signal") == signal)
    rare = held.join(rarity(population, terms), on="holders").select(
        "owner_id",
        "account_id",
        "value_hash",
        "hops",
        "spent",
        "holders",
        "weight_millibits",
        "first_seen",
        "last_seen",
        "sightings",
    )
    further = pl.max_horizontal("hops", "hops_b")
    edges = (
        rare.join(rare, on="value_hash", suffix="_b")
        .filter((pl.col("owner_id") < pl.col("owner_id_b")) & (further > 0))
        .select(
            pl.col("account_id").alias("account_a"),
            pl.col("account_id_b").alias("account_b"),
            pl.lit(FAMILY).alias("family"),
            pl.lit(signal).alias("signal"),
            "value_hash",
            "holders",
            (pl.col("weight_millibits") - further * terms.hop_millibits)
            .clip(None, terms.most_millibits)
            .alias("weight_millibits"),
            (pl.lit(terms.two_sided) & pl.col("spent") & pl.col("spent_b")).alias("two_sided"),
            pl.max_horizontal("first_seen", "first_seen_b").alias("first_seen"),
            pl.max_horizontal("last_seen", "last_seen_b").alias("last_seen"),
            (pl.col("sightings") + pl.col("sightings_b")).alias("sightings"),
            pl.col("owner_id").alias("owner_a"),
            pl.col("owner_id_b").alias("owner_b"),
        )
        .filter(pl.col("weight_millibits") > 0)
        .sort(
            "owner_a",
            "owner_b",
            "two_sided",
            "weight_millibits",
            "value_hash",
            descending=[False, False, True, True, False],
        )
        .unique(["owner_a", "owner_b"], keep="first", maintain_order=True)
    )
    return Evidence(edges.cast(EDGES_SCHEMA), hubs_of(held, FAMILY, signal, terms.cap))


def _funding_chains(passed: pl.DataFrame, population: int, terms: PathTerms) -> Evidence:
    """Return an edge a pair of which one's money became the other's over addresses outside."""
    pairs = _unordered(passed).join(
        passed.select(
            owner_a=pl.min_horizontal("source_owner", "destination_owner"),
            owner_b=pl.max_horizontal("source_owner", "destination_owner"),
            hops="hops",
            spent="spent",
        )
        .group_by("owner_a", "owner_b")
        .agg(pl.col("hops").min(), pl.col("spent").any()),
        on=["owner_a", "owner_b"],
    )
    partners = partners_of(pairs)
    edges = (
        with_partners(pairs, partners)
        .join(rarity(population, terms), on="holders")
        .with_columns(
            pl.lit(FAMILY).alias("family"),
            pl.lit("funding_chain").alias("signal"),
            (pl.lit(terms.two_sided) & pl.col("spent")).alias("two_sided"),
            pl.concat_str("owner_a", "owner_b", separator="|").alias("value_hash"),
            (pl.col("weight_millibits") - pl.col("hops") * terms.hop_millibits)
            .clip(None, terms.most_millibits)
            .alias("weight_millibits"),
        )
        .filter(pl.col("weight_millibits") > 0)
    )
    crowds = partners.rename({"owner_id": "value_hash"})
    return Evidence(
        edges.select(EDGES_SCHEMA.names()).cast(EDGES_SCHEMA),
        hubs_of(crowds, FAMILY, "funding_chain", terms.cap),
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
