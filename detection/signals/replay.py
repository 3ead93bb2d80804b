"""Replay family: two owners who open the same rare sequences of positions, day after day.

One programme run on many accounts repeats itself, hours or days apart. Sequences keep their order;
sizes and instants don't count, only how far apart the steps were. Rare sequences count more, and
those of a crowd nothing; a recipe that many follow once is done on one day.

Whoever can see another's trades can repeat them, and is then second every time: where one of two
was always first, that one may be a victim and the edge is one-sided. It is two-sided where each was
first more often than chance. Who trades seconds after a leader copies, with the leader's leave or
without: two followers of one leader, and a leader and its follower, count nothing.

Not seen: sequences with other steps in between, or in another order for each account; accounts
that copy one of their own within six seconds.
"""

import polars as pl

from detection.signals.chance import pair_edges, pairs_millibits, surprise
from detection.signals.evidence import Evidence
from detection.terms import DetectionTerms
from warehouse.findings import OrderFlow, Sightings

FAMILY = "replay"


def replay_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that repeat the same sequences more than by chance."""
    wanted = terms.replay
    chance = pl.col("expected_millionths")
    rarer = pl.min_horizontal("begun_by_a", "begun_by_b")
    pairs = (
        _not_copied(sightings.flow)
        .filter(pl.col("coincidences") >= wanted.least)
        .with_columns(
            (
                surprise(pl.col("weighted_millionths") / 1_000_000, chance)
                - pairs_millibits(population)
                - wanted.cost_millibits
            ).alias("weight_millibits"),
            (
                pl.lit(wanted.two_sided) & (surprise(rarer, chance // 2) >= terms.order_millibits)
            ).alias("two_sided"),
            sightings=pl.col("coincidences"),
        )
        .filter(pl.col("weight_millibits") > 0)
    )
    return Evidence(*pair_edges(pairs, FAMILY, FAMILY, wanted.cap))


def _not_copied(flow: OrderFlow) -> pl.DataFrame:
    """Return the replays that no copying accounts for."""
    copies = flow.copies
    itself = copies.select(leader_owner="leader_owner", follower_owner="leader_owner").unique()
    group = pl.concat([copies, itself])
    together = (
        group.join(group, on="leader_owner", suffix="_b")
        .select(owner_a="follower_owner", owner_b="follower_owner_b")
        .unique()
    )
    return flow.replays.join(together, on=["owner_a", "owner_b"], how="anti")
