"""What the evidence inside a cluster is of, and whether that is enough without anybody's opinion.

Evidence of one kind has an innocent reading: people who share a device are a family, customers of
one processor pay into one address, neighbours sign up on the day of an offer. So kinds are counted,
not signals, and each by the owners whom it covers with what both of two did or hold (two-sided
evidence):

- orders: `opposite`, `direct`, `replay`. Nobody trades in concert by living together. What one side
  alone could have brought about counts as `concert` only, beside place or money.
- place: main devices in use by several at once.
- money: one place where it went or whence it came. Funds sent to and fro between two count as what
  people do who know each other, not as one hand.
- arrival: most signed up within a stretch of time so short that as many strangers seldom do; or one
  brought them, and several things that they share join them (`siblings`); or most came into one
  country at the same time, as bought accounts do (`moved`).

A home in common is no kind. It says that a shared wallet may be a family's.
"""

import math
from typing import Final

import polars as pl

from detection.fusion import MONEY, ORDERS
from detection.signals.funding import DIRECT
from detection.signals.lifecycle import MOVED
from detection.signals.network import HOME
from detection.signals.referral import SIBLINGS
from detection.terms import DetectionTerms
from warehouse.findings import Detection

_AT_ONE_TABLE: Final = 3
_GROUNDS: Final = ("orders", "concert", "place", "money", "brought", "moved", "home")


def find_grounds(detection: Detection, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return what each cluster's evidence is of.

    Args:
        detection: The linkage.
        accounts: `ACCOUNTS_SCHEMA`; who signed up when.

    Returns:
        cluster_id, owners, then in parts of them: orders, concert, place, money, brought, moved,
        home; arrival_bits: how surprising it is that most of them signed up as close together;
        arrival_hours: from the first of them to the last. Sorted by cluster_id.
    """
    covered = owner_grounds(detection)
    return (
        covered.group_by("cluster_id")
        .agg(pl.len().alias("owners"), *(pl.col(name).mean() for name in _GROUNDS))
        .join(_arrivals(covered.select("cluster_id", "owner_id"), accounts), on="cluster_id")
        .sort("cluster_id")
    )


def owner_grounds(detection: Detection) -> pl.DataFrame:
    """Return cluster_id, owner_id and of what its own edges in the cluster are, kind by kind."""
    owners = detection.members.select("cluster_id", "owner_id").unique()
    inside = detection.edges.join(owners, left_on="owner_a", right_on="owner_id").join(
        owners, left_on=["owner_b", "cluster_id"], right_on=["owner_id", "cluster_id"]
    )
    of = pl.col("family").is_in
    said = inside.select(
        "cluster_id",
        "owner_a",
        "owner_b",
        orders=pl.col("two_sided") & of(ORDERS),
        concert=of(ORDERS),
        place=pl.col("two_sided") & (pl.col("family") == "device"),
        money=pl.col("two_sided") & of(MONEY) & (pl.col("signal") != DIRECT),
        brought=pl.col("signal") == SIBLINGS,
        moved=pl.col("signal") == MOVED,
        home=pl.col("signal") == HOME,
    )
    ends = [said.select("cluster_id", *_GROUNDS, owner_id=end) for end in ("owner_a", "owner_b")]
    stood = pl.concat(ends).group_by("cluster_id", "owner_id").agg(pl.col(*_GROUNDS).any())
    return owners.join(stood, on=["cluster_id", "owner_id"], how="left").with_columns(
        pl.col(*_GROUNDS).fill_null(value=False)
    )


def enough(grounds: pl.DataFrame, terms: DetectionTerms) -> pl.DataFrame:
    """Return the clusters whose grounds are enough: cluster_id, agreed.

    `agreed` says that grounds of two kinds agree, which does not rest on the weight of either.

    1. Orders, of most owners.
    2. Two of place, money and concert, of three owners or more: two may be a couple. One has to be
       of most, the other of some.
    3. Arrival and money, of three or more; but a household that shares a wallet signs up together
       as well, so not where up to `household_owners` have one home, one after another.
    4. Arrival and place, of more owners than share one computer at home. That one brought them is
       no such arrival: somebody brought every couple that shares a computer.

    The more there are, the more has to be surprising about an arrival: somewhere among the regulars
    of a cafe, or the many customers of a processor, some always came together.
    """
    wanted = terms.grounds
    owners, most = pl.col("owners"), wanted.most_bps / 10_000
    shared = ("place", "money", "concert")
    place, money, _ = (pl.col(kind) >= most for kind in shared)
    at_once = (owners > _AT_ONE_TABLE) & (pl.col("arrival_hours") <= wanted.household_hours)
    at_home = (pl.col("home") >= most) & (owners <= wanted.household_owners) & ~at_once
    surprising = pl.max_horizontal(wanted.arrival_millibits, owners * wanted.arrival_each_millibits)
    brought = (pl.col("brought") >= most) & (owners >= wanted.least_brought)
    together = (pl.col("moved") >= most) | (pl.col("arrival_bits") * 1_000 >= surprising)
    main = pl.max_horizontal(shared) >= most
    some = pl.sum_horizontal((pl.col(kind) >= most / 2).cast(pl.Int8) for kind in shared)
    of_several = (main & (some >= 2)) | (money & (together | brought) & ~at_home)
    agreed = ((owners >= wanted.least_owners) & of_several) | (
        (owners >= wanted.least_on_devices) & place & together
    )
    return (
        grounds.with_columns(agreed=agreed)
        .filter(pl.col("agreed") | (pl.col("orders") >= most))
        .select("cluster_id", "agreed")
    )


def _arrivals(owners: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return cluster_id, arrival_bits: 0 where they came as strangers do; arrival_hours.

    Of whom it is not known when they came, they came at another time; arrival_hours is then null.
    """
    came = (
        accounts.drop_nulls("opened_at")
        .group_by("owner_id")
        .agg(pl.col("opened_at").min())
        .with_columns(
            begun=(pl.col("opened_at").rank("min") - 1) / pl.len(),
            ended=pl.col("opened_at").rank("max") / pl.len(),
        )
    )
    ranks = (
        owners.join(came, on="owner_id", how="left")
        .sort("cluster_id", "opened_at", "owner_id")
        .group_by("cluster_id", maintain_order=True)
        .agg(
            pl.col("begun", "ended").drop_nulls(),
            pl.len().alias("owners"),
            pl.when(pl.col("opened_at").is_not_null().all())
            .then(
                (pl.col("opened_at").max() - pl.col("opened_at").min()).dt.total_seconds() / 3_600
            )
            .alias("arrival_hours"),
        )
    )
    of = ranks.select("begun", "ended", "owners").iter_rows()
    bits = [arrival_bits(begun, ended, owners) for begun, ended, owners in of]
    return ranks.select(
        "cluster_id", "arrival_hours", arrival_bits=pl.Series(bits, dtype=pl.Float64)
    )


def arrival_bits(begun: list[float], ended: list[float], count: int) -> float:
    """Return how surprising it is that most of a group came as close together as they did.

    With n who came at random, the chance that some k of them fall into a stretch that w of all
    owners came in is at most C(n, k) · k · w^(k-1). k is three quarters of n, so that a member or
    two who came at another time hide nothing.

    Args:
        begun: Of each, in order, the part of all owners that came before.
        ended: Of each, in order, the part that had come by then, itself and its equals among it.
        count: How many they are, with those of whom it is not known when they came.

    Returns:
        Bits, at least 0.
    """
    most = math.ceil(0.75 * count)
    if most < 2 or most > len(begun):
        return 0.0
    spans = zip(begun[: len(begun) - most + 1], ended[most - 1 :], strict=True)
    width = min(last - first for first, last in spans)
    chances = math.log2(math.comb(count, most)) + math.log2(most)
    return round(max(0.0, -(most - 1) * math.log2(width) - chances), 6)
