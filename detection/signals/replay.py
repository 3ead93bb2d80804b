"""Replay family: two owners who open the same rare sequences of positions, day after day.

One programme run on many accounts repeats itself, hours or days apart. Sequences keep their order;
sizes and instants don't count, only how far apart the steps were. Rare sequences count more, and
those of a crowd nothing; a recipe that many follow once is done on one day. Where two open the same
things always as much apart (an echo), all that they open is counted at that distance, against what
chance and their habits give beside it.

Whoever can see another's trades can repeat them, and is then second every time: where one of two
was always first, that one may be a victim and the edge is one-sided. It is two-sided where each was
first more often than chance, on more days than both came after a third. Who comes after a third may
follow it in public, as many strangers do with a feed that is a day late; a farm that repeats the
same third would so tie an honest follower to itself, however close it comes to it and in whatever
order. So what two have of a third is one-sided, and counts only beside place or money. Where an
exchange shows nobody who trades what (`public` is false), an echo repeats what the second could not
have seen, and is two-sided, and so are two who both come after one third.

Who trades seconds after a leader copies, with the leader's leave or without: two followers of one
leader, and a leader and its follower, count nothing. Who heard the same call trades within hours:
an echo of fewer than `least_lag_hours` counts only between two who both come after one third.

Not seen: who trades by the clock, as savings plans do; sequences with other steps in between, or in
another order for each account; accounts that copy one of their own within six seconds; on an
exchange that is public, a farm of which one account is always first.
"""

from typing import Final

import polars as pl

from detection.signals.chance import pair_edges, pairs_millibits, surprise
from detection.signals.evidence import Evidence
from detection.terms import DetectionTerms, ReplayTerms
from warehouse.findings import OrderFlow, Sightings

FAMILY = "replay"
_HOUR: Final = 3_600_000_000  # microseconds
_PAIR: Final = ["owner_a", "owner_b"]
_FOUND: Final = (
    *("owner_a", "account_a", "owner_b", "account_b", "weight_millibits", "sightings"),
    *("two_sided", "first_seen", "last_seen"),
)
_LEADS: Final = (*_FOUND, "days", "a_leads", "b_leads", "is_far")
_OF_ORDER: Final = ("in_either_order", "by_chance")


def replay_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that repeat the same sequences more than by chance."""
    wanted = terms.replay
    repeated = _repeated(sightings.flow, population, terms)
    echoed = _echoed(sightings.flow, population, wanted)
    found = pl.concat([repeated.select(_LEADS), echoed.filter("is_far")])
    after = _after_leaders(found)
    led = _led(after, wanted.cap)
    if wanted.public:
        repeated = _beyond_leaders(repeated, after, terms)
    known = pl.concat([repeated.select(_LEADS), echoed])
    known = pl.concat([known.join(led, on=_PAIR, how="semi"), _among_followers(known)])
    followers = pl.concat([known.select(_FOUND), led.filter("is_far").select(_FOUND)])
    pairs = (
        pl.concat(
            [
                repeated.select(_FOUND),
                echoed.filter("is_far").select(_FOUND),
                followers.with_columns(two_sided=pl.lit(not wanted.public)),
            ]
        )
        .sort("two_sided", "weight_millibits", *_FOUND, descending=[True, True, *(False,) * 9])
        .unique(_PAIR, keep="first", maintain_order=True)
        .with_columns(pl.lit(wanted.two_sided) & pl.col("two_sided"))
    )
    return Evidence(*pair_edges(pairs, FAMILY, FAMILY, wanted.cap))


def _repeated(flow: OrderFlow, population: int, terms: DetectionTerms) -> pl.DataFrame:
    """Return who opened the same sequences: the columns of `_LEADS` and `_OF_ORDER`."""
    wanted, chance = terms.replay, pl.col("expected_millionths")
    return (
        _not_copied(flow)
        .filter(pl.col("coincidences") >= wanted.least)
        .with_columns(
            weight_millibits=surprise(pl.col("weighted_millionths") / 1_000_000, chance)
            - pairs_millibits(population)
            - wanted.cost_millibits,
            sightings=pl.col("coincidences"),
            days=pl.col("coincidences"),
            in_either_order=pl.min_horizontal("begun_by_a", "begun_by_b"),
            by_chance=chance // 2,
            a_leads=pl.col("begun_by_a") >= 9 * pl.col("begun_by_b"),
            b_leads=pl.col("begun_by_b") >= 9 * pl.col("begun_by_a"),
            is_far=pl.lit(value=False),
        )
        .filter(pl.col("weight_millibits") > 0)
        .with_columns(two_sided=_in_either_order(pl.col("in_either_order"), terms))
        .select(*_LEADS, *_OF_ORDER)
    )


def _in_either_order(days: pl.Expr, terms: DetectionTerms) -> pl.Expr:
    """Return whether each of two was first on more days than by chance."""
    return surprise(days, pl.col("by_chance")) >= terms.order_millibits


def _echoed(flow: OrderFlow, population: int, wanted: ReplayTerms) -> pl.DataFrame:
    """Return who opened the same as long after another: the columns of `_LEADS`."""
    tried = (pl.col("lags").log(2) * 1000).ceil().cast(pl.Int64)
    # What is found beside holds the two's hours and habits: half of what is added for them will do.
    chance = pl.col("expected_millionths") // 2
    return (
        flow.echoes.filter(pl.col("days") >= wanted.least)
        .with_columns(
            weight_millibits=surprise(pl.col("coincidences"), chance)
            - pairs_millibits(population)
            - tried
            - wanted.cost_millibits,
            sightings=pl.col("coincidences"),
            two_sided=pl.lit(not wanted.public),
            a_leads=pl.col("lag_us") > 0,
            b_leads=pl.col("lag_us") < 0,
            is_far=pl.col("lag_us").abs() >= wanted.least_lag_hours * _HOUR,
        )
        .filter(pl.col("weight_millibits") > 0)
        .select(_LEADS)
    )


def _among_followers(echoed: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of two who each come hours after somebody: neither is a first."""
    far = echoed.filter("is_far")
    behind = pl.concat(
        [
            far.filter("a_leads").select(owner="owner_b"),
            far.filter("b_leads").select(owner="owner_a"),
        ]
    ).unique()
    return echoed.join(behind, left_on="owner_a", right_on="owner", how="semi").join(
        behind, left_on="owner_b", right_on="owner", how="semi"
    )


def _after_leaders(found: pl.DataFrame) -> pl.DataFrame:
    """Return who comes after whom: leader, owner, account and what was found of the two."""
    of_pair = ("weight_millibits", "sightings", "days", "first_seen", "last_seen", "is_far")
    return pl.concat(
        [
            found.filter(f"{first}_leads").select(
                leader=f"owner_{first}",
                owner=f"owner_{then}",
                account=f"account_{then}",
                **{column: column for column in of_pair},
            )
            for first, then in (("a", "b"), ("b", "a"))
        ]
    )


def _led(after: pl.DataFrame, cap: int) -> pl.DataFrame:
    """Return the pairs who both come after one third, as surely as the less sure of the two does.

    Whom more than `cap` owners come after leads a crowd, and is left out.

    Returns:
        The columns of `_FOUND` and is_far: whether both come hours after the third, who then
        stands for a programme although the two may have nothing else in common.
    """

    def less(column: str) -> pl.Expr:
        return pl.min_horizontal(column, f"{column}_b")

    few = after.filter(pl.col("owner").n_unique().over("leader") <= cap)
    return (
        few.join(few, on="leader", suffix="_b")
        .filter(pl.col("owner") < pl.col("owner_b"))
        .select(
            pl.col("account_b"),
            pl.col("owner_b"),
            less("weight_millibits"),
            less("sightings"),
            pl.max_horizontal("first_seen", "first_seen_b"),
            less("last_seen"),
            pl.col("is_far") & pl.col("is_far_b"),
            owner_a="owner",
            account_a="account",
            two_sided=pl.lit(value=True),
        )
        .sort("is_far", "weight_millibits", *_FOUND, descending=[True, True, *(False,) * 9])
        .unique(_PAIR, keep="first", maintain_order=True)
    )


def _beyond_leaders(
    repeated: pl.DataFrame, after: pl.DataFrame, terms: DetectionTerms
) -> pl.DataFrame:
    """Return the same, two-sided by the order alone of what the two have of no common leader.

    Who follows a third in public, late or early, is before or after whoever else follows it. Each
    third, be it ever so popular, accounts for as many days as both came after it.
    """
    behind = after.group_by("leader", "owner").agg(pl.col("days").max())
    of_leaders = (
        repeated.select(_PAIR)
        .join(behind, left_on="owner_a", right_on="owner")
        .join(behind, left_on=["leader", "owner_b"], right_on=["leader", "owner"], suffix="_b")
        .group_by(_PAIR)
        .agg(pl.min_horizontal("days", "days_b").sum().alias("of_leaders"))
    )
    own = pl.col("in_either_order") - pl.col("of_leaders").fill_null(0)
    return repeated.join(of_leaders, on=_PAIR, how="left").with_columns(
        two_sided=_in_either_order(own.clip(0), terms)
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
