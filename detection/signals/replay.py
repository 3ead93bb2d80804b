"""Replay family: two owners who open the same rare sequences of positions, day after day.

One programme run on many accounts repeats itself, hours or days apart. Sequences keep their order;
sizes and instants don't count, only how far apart the steps were. Rare sequences count more, and
those of a crowd nothing; a recipe that many follow once is done on one day.

Whoever can see another's trades can repeat them, and is then second every time: where one of two
was always first, that one may be a victim and the edge is one-sided. It is two-sided where each was
first more often than chance, and where both come after the same third, for nobody can make another
repeat anything; whoever is first of all is not linked. Who trades seconds after a leader copies,
with the leader's leave or without: two followers of one leader, and a leader and its follower,
count nothing.

Not seen: who trades by the clock, as savings plans do; sequences with other steps in between, or in
another order for each account; accounts that copy one of their own within six seconds.
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
    found = (
        _not_copied(sightings.flow)
        .filter(pl.col("coincidences") >= wanted.least)
        .with_columns(
            (
                surprise(pl.col("weighted_millionths") / 1_000_000, chance)
                - pairs_millibits(population)
                - wanted.cost_millibits
            ).alias("weight_millibits"),
            mixed=surprise(rarer, chance // 2) >= terms.order_millibits,
            sightings=pl.col("coincidences"),
        )
        .filter(pl.col("weight_millibits") > 0)
    )
    led = _led(found, wanted.cap).with_columns(led=pl.lit(value=True))
    pairs = found.join(led, on=["owner_a", "owner_b"], how="left").with_columns(
        two_sided=pl.lit(wanted.two_sided)
        & (pl.col("mixed") | pl.col("led").fill_null(value=False))
    )
    return Evidence(*pair_edges(pairs, FAMILY, FAMILY, wanted.cap))


def _led(found: pl.DataFrame, cap: int) -> pl.DataFrame:
    """Return the pairs who both come after one third, nine times in ten: owner_a, owner_b."""
    ahead = pl.col("begun_by_a") >= 9 * pl.col("begun_by_b")
    behind = pl.col("begun_by_b") >= 9 * pl.col("begun_by_a")
    after = pl.concat(
        [
            found.filter(ahead).select(leader="owner_a", owner="owner_b"),
            found.filter(behind).select(leader="owner_b", owner="owner_a"),
        ]
    ).filter(pl.len().over("leader") <= cap)
    return (
        after.join(after, on="leader", suffix="_b")
        .filter(pl.col("owner") < pl.col("owner_b"))
        .select(owner_a="owner", owner_b="owner_b")
        .unique()
    )


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
