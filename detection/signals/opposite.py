"""Opposite family: two owners who take opposite sides of one market at the same time.

Hedged accounts hold what cancels out: one is long, another or several are short, and all close
together. Chance meetings are many, so meetings in cells of a few seconds, a minute and a quarter of
an hour are counted against what both do in that market alone.

Two-sided only where both begin and both buy, each more often than chance: somebody who watches
another and takes the other side comes second every time, and can't make the other begin. The rest
is one-sided. Who trades the same as often as the opposite shares a rhythm and not a hedge, save
where it all adds up to about nothing: so one against the rest is told from rivals on the same news.

Not seen: legs more than a cell apart, in different markets, in cells that a crowd shares, in a
market where hardly anybody else trades, at another venue, or resting in the book; and who trades by
the clock, whom anybody could time a trade to meet.
"""

import math

import polars as pl

from detection.signals.chance import pair_edges, pairs_millibits, surprise
from detection.signals.evidence import Evidence
from detection.terms import DetectionTerms
from warehouse.findings import Sightings

FAMILY = "opposite"


def opposite_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that take opposite sides together more than by chance."""
    wanted = terms.opposite
    meetings, count = sightings.flow.meetings, pl.col("coincidences")
    lengths = max(1, meetings["seconds"].n_unique())
    looked_at = pairs_millibits(population) + math.ceil(1000 * math.log2(lengths))
    half = pl.col("expected_millionths") // 2
    rarer = [
        pl.min_horizontal(column, count - pl.col(column))
        for column in ("begun_by_a", "bought_by_a")
    ]
    both = [surprise(times, half) >= terms.order_millibits for times in rarer]
    pairs = (
        meetings.filter(
            (count >= wanted.least)
            & (pl.col("same_side") * 10_000 <= count * wanted.most_same_side_bps)
            & (_clearly_opposite(count) | (pl.col("open_bps") <= wanted.most_open_bps))
        )
        .with_columns(
            (
                surprise(count, pl.col("expected_millionths")) - looked_at - wanted.cost_millibits
            ).alias("weight_millibits"),
            (pl.lit(wanted.two_sided) & pl.all_horizontal(both)).alias("two_sided"),
            count.alias("sightings"),
        )
        .filter(pl.col("weight_millibits") > 0)
        .sort(
            "owner_a",
            "owner_b",
            "two_sided",
            "weight_millibits",
            "seconds",
            descending=[False, False, True, True, False],
        )
        .unique(["owner_a", "owner_b"], keep="first", maintain_order=True)
    )
    return Evidence(*pair_edges(pairs, FAMILY, FAMILY, wanted.cap))


def _clearly_opposite(count: pl.Expr) -> pl.Expr:
    """Say where two are opposite so often that even odds would be four deviations away."""
    same = pl.col("same_side")
    return (count > same) & ((count - same) ** 2 >= 16 * (count + same))
