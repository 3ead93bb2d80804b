"""Traits of whole clusters: what links them, how alike their owners are, what they do as one.

`flat_*` is the mean of what the owners did by themselves, which knows of no link: the baseline. All
others say something that no single owner shows: `spread_*` how far the owners differ in it,
`links_*`, `family_*` and `kind_*` what the evidence is made of, `evidence_*` how rare and how
lasting it is, `times_*` what happened at one time, `group_*` what they make up together.
Built without labels, ids and lists; NaN where there is nothing to measure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detection.account_traits import OWN_TRAITS
from detection.fusion import ARRIVAL, FAMILIES, MONEY, ORDERS, PLACE
from warehouse.findings import Detection

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = Iterator[tuple[str, Floats]]

KINDS: Final = {"place": PLACE, "money": MONEY, "orders": ORDERS, "arrival": ARRIVAL}
FLAT_PREFIX: Final = "flat_"
FLAT_NAMES: Final = tuple(f"{FLAT_PREFIX}{trait.name}" for trait in OWN_TRAITS)
_SECONDS_PER_DAY: Final = 86_400
_DECIMALS: Final = 9
_INSTANTS: Final = {
    "signup": ("opened_at", "sign-up"),
    "start": ("first_trade", "first trade"),
    "deposit": ("first_deposit", "first deposit"),
    "withdrawal": ("last_withdrawal", "last withdrawal"),
}
_SIDES: Final = {"trade": ("takes", "trading"), "login": ("logins", "login")}
_EDGE_VALUES: Final = {"device": "devices", "funding": "addresses"}
_WORDS: Final = {
    "size_owners": "number of owners",
    "size_accounts": "accounts an owner",
    "links_density": "share of pairs that are linked",
    "links_bits": "evidence a pair",
    "links_inside": "part of its owners' evidence that stays inside",
    "links_families": "families of evidence",
    "links_kinds": "kinds of evidence",
    "links_two_sided": "part of the evidence that needs both owners",
    "links_weakest": "link of its weakest owner, for the mean",
    "evidence_holders": "usual number of holders of what is shared",
    "evidence_lasting": "time over which evidence was seen",
    "evidence_sightings": "how often evidence was seen",
    "evidence_devices": "shared devices an owner",
    "evidence_addresses": "shared addresses an owner",
    "group_pnl_left": "part of gains and losses that does not cancel out",
    "group_bought_left": "part of bought and sold that does not cancel out",
    "group_volume": "share of the venue's volume",
    "group_leading": "share of its volume that the largest owner has",
}


@dataclass(frozen=True)
class _Group:
    """The owners of the clusters, by cluster and then by owner.

    Attributes:
        labels: Number of each owner's cluster, from 0.
        counts: Owners by cluster.
        owners: own traits and behaviour of each owner.
    """

    labels: Ints
    counts: Ints
    owners: pl.DataFrame

    def sums(self, values: Floats) -> Floats:
        """Add values up by cluster, those that are not there left out."""
        return np.bincount(
            self.labels, weights=np.nan_to_num(values), minlength=len(self.counts)
        ).astype(np.float64)

    def means(self, values: Floats) -> Floats:
        """Return the mean by cluster of the values that are there."""
        return _divided(self.sums(values), self.sums((~np.isnan(values)).astype(np.float64)))

    def spreads(self, values: Floats) -> Floats:
        """Return the standard deviation by cluster of at least two values."""
        number = self.sums((~np.isnan(values)).astype(np.float64))
        apart = (values - self.means(values)[self.labels]) ** 2
        variance = _divided(self.sums(apart), number)
        return np.where(number >= 2, np.sqrt(variance), np.nan)


def cluster_traits(found: Detection, own: pl.DataFrame, behaviour: pl.DataFrame) -> pl.DataFrame:
    """Return one row a cluster with the traits of a classifier.

    Args:
        found: A detection: its edges, pairs, clusters and members are read.
        own: From `detection.account_traits.own_traits`, of the same instant.
        behaviour: `warehouse.behaviour.BEHAVIOUR_SCHEMA`, of the same instant.

    Returns:
        cluster_id, then `CLUSTER_NAMES` as Float64, by cluster_id.
    """
    clusters = found.clusters.sort("cluster_id")
    inside = _inside(found.pairs, found.members)
    columns = {**dict(_links(clusters, inside, found)), **dict(_evidence(clusters, found))}
    linked = clusters.select("cluster_id").with_columns(
        pl.Series(name, column, dtype=pl.Float64).round(_DECIMALS)
        for name, column in columns.items()
    )
    alike = alike_traits(found.members, own, behaviour)
    return linked.join(alike, on="cluster_id", maintain_order="left").select(
        "cluster_id", *CLUSTER_NAMES
    )


def alike_traits(members: pl.DataFrame, own: pl.DataFrame, behaviour: pl.DataFrame) -> pl.DataFrame:
    """Return what the owners of each group do, how alike they are, and what they are as one.

    Nothing of it is evidence of a link, so it can be asked of any group, also one of strangers.

    Args:
        members: cluster_id, owner_id.
        own: From `detection.account_traits.own_traits`.
        behaviour: `warehouse.behaviour.BEHAVIOUR_SCHEMA`, of the same instant.

    Returns:
        cluster_id, then `flat_*`, `spread_*`, `times_*` and `group_*` as Float64, by cluster_id.
    """
    group = _gathered(members, own, behaviour)
    columns = {**dict(_flat(group)), **dict(_times(group)), **dict(_together(group, behaviour))}
    return group.owners.select(pl.col("cluster_id").unique().sort()).with_columns(
        pl.Series(name, column, dtype=pl.Float64).round(_DECIMALS)
        for name, column in columns.items()
    )


def _gathered(members: pl.DataFrame, own: pl.DataFrame, behaviour: pl.DataFrame) -> _Group:
    owners = (
        members.select("cluster_id", "owner_id")
        .unique()
        .join(own, on="owner_id", how="left")
        .join(behaviour, on="owner_id", how="left")
        .sort("cluster_id", "owner_id")
    )
    labels = owners["cluster_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    return _Group(labels, np.bincount(labels), owners)


def _inside(pairs: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return cluster_a, cluster_b (null outside) and the columns of pairs that touch a cluster."""
    owners = members.select("owner_id", "cluster_id").unique()
    ends = {
        end: owners.rename({"owner_id": f"owner_{end}", "cluster_id": f"cluster_{end}"})
        for end in ("a", "b")
    }
    return (
        pairs.join(ends["a"], on="owner_a", how="left")
        .join(ends["b"], on="owner_b", how="left")
        .filter(pl.col("cluster_a").is_not_null() | pl.col("cluster_b").is_not_null())
    )


def _flat(group: _Group) -> Columns:
    for trait in OWN_TRAITS:
        values = _column(group.owners, f"own_{trait.name}")
        yield f"{FLAT_PREFIX}{trait.name}", group.means(values)
        yield f"spread_{trait.name}", group.spreads(values)


def _links(clusters: pl.DataFrame, touching: pl.DataFrame, found: Detection) -> Columns:
    inside = touching.filter(pl.col("cluster_a") == pl.col("cluster_b"))
    summed = _by_cluster(
        clusters,
        inside.rename({"cluster_a": "cluster_id"}).group_by("cluster_id"),
        [
            pl.col("kept").sum(),
            pl.col("weight_millibits", "two_sided_millibits").sum(),
            *(pl.col(f"{family}_millibits").sum() for family in FAMILIES),
            *((pl.col(f"{family}_millibits") > 0).sum().alias(family) for family in FAMILIES),
            pl.len(),
        ],
    )
    owners = _column(clusters, "owners")
    possible = owners * (owners - 1) / 2
    bits = _column(summed, "weight_millibits") / 1_000
    yield "size_owners", np.log1p(owners)
    yield "size_accounts", _column(clusters, "accounts") / owners
    yield "links_density", _column(summed, "kept") / possible
    yield "links_bits", bits / possible
    yield "links_inside", _divided(2 * bits, _ends(clusters, touching))
    yield "links_families", _positive([_column(summed, family) for family in FAMILIES])
    yield "links_kinds", _positive([_of_kind(summed, kind) for kind in KINDS.values()])
    yield "links_two_sided", _divided(_column(summed, "two_sided_millibits") / 1_000, bits)
    yield "links_weakest", _weakest(clusters, found.members)
    for family in FAMILIES:
        yield f"family_{family}", _column(summed, f"{family}_millibits") / 1_000 / possible
        yield f"family_{family}_pairs", _divided(_column(summed, family), _column(summed, "len"))
    for kind, families in KINDS.items():
        yield f"kind_{kind}", _divided(_of_kind(summed, families), bits)


def _ends(clusters: pl.DataFrame, touching: pl.DataFrame) -> Floats:
    """Return the bits of all evidence of a cluster's owners, counted at each of its owners."""
    ends = pl.concat(
        [
            touching.select("weight_millibits", cluster_id=f"cluster_{end}").drop_nulls()
            for end in ("a", "b")
        ]
    )
    summed = _by_cluster(clusters, ends.group_by("cluster_id"), [pl.col("weight_millibits").sum()])
    return _column(summed, "weight_millibits") / 1_000


def _weakest(clusters: pl.DataFrame, members: pl.DataFrame) -> Floats:
    strength = pl.col("strength_millibits")
    summed = _by_cluster(
        clusters,
        members.unique(["cluster_id", "owner_id"]).group_by("cluster_id"),
        [strength.min().alias("least"), strength.sum().alias("every"), pl.len()],
    )
    return _divided(_column(summed, "least") * _column(summed, "len"), _column(summed, "every"))


def _evidence(clusters: pl.DataFrame, found: Detection) -> Columns:
    owners = found.members.select("owner_id", "cluster_id").unique()
    edges = (
        found.edges.join(owners, left_on="owner_a", right_on="owner_id")
        .join(owners, left_on=["owner_b", "cluster_id"], right_on=["owner_id", "cluster_id"])
        .group_by("cluster_id")
    )
    lasting = (pl.col("last_seen") - pl.col("first_seen")).dt.total_seconds()
    summed = _by_cluster(
        clusters,
        edges,
        [
            pl.col("holders").median(),
            lasting.median().alias("lasting"),
            pl.col("sightings").median(),
            *(
                pl.col("value_hash").filter(pl.col("family") == family).n_unique().alias(family)
                for family in _EDGE_VALUES
            ),
        ],
    )
    yield "evidence_holders", np.log1p(_column(summed, "holders"))
    yield "evidence_lasting", np.log1p(_column(summed, "lasting") / _SECONDS_PER_DAY)
    yield "evidence_sightings", np.log1p(_column(summed, "sightings"))
    for family, values in _EDGE_VALUES.items():
        yield f"evidence_{values}", _column(summed, family) / _column(clusters, "owners")


def _times(group: _Group) -> Columns:
    """Yield how far apart in time something happened, and how much of it within one day."""
    for name, (column, _) in _INSTANTS.items():
        days = _days(group.owners[column])
        number = group.sums((~np.isnan(days)).astype(np.float64))
        yield f"times_{name}", np.log1p(group.spreads(days))
        near = (_nearest(group, days) <= 1).astype(np.float64)
        yield f"times_{name}_near", _divided(group.sums(near), np.where(number >= 2, number, 0))
    for side, (whole, _) in _SIDES.items():
        number = _column(group.owners, whole)
        ways = [
            _divided(_column(group.owners, f"{side}_{way}_millis") / 1_000, number)
            for way in ("east", "north")
        ]
        together = np.hypot(*(group.sums(way) for way in ways))
        yield f"times_{side}_hours", _divided(together, group.sums(np.hypot(*ways)))


def _nearest(group: _Group, days: Floats) -> Floats:
    """Return how many days lie between an owner and the next before or after it in its cluster."""
    order = np.lexsort((days, group.labels))  # NaN comes last in its cluster
    gaps = np.diff(days[order])
    gaps[np.diff(group.labels[order]) != 0] = np.nan
    around = np.fmin(np.append(gaps, np.nan), np.append(np.nan, gaps))
    nearest = np.empty(len(days))
    nearest[order] = around
    return nearest


def _together(group: _Group, behaviour: pl.DataFrame) -> Columns:
    """Yield what remains when the owners are taken as one."""
    for name in ("pnl", "bought"):
        cents = _column(group.owners, f"{name}_cents")
        yield f"group_{name}_left", _divided(np.abs(group.sums(cents)), group.sums(np.abs(cents)))
    volume = _column(group.owners, "notional_cents")
    whole = float(behaviour["notional_cents"].cast(pl.Float64).sum())
    summed = group.sums(volume)
    yield "group_volume", np.log10(np.maximum(summed, 1) / max(whole, 1))
    largest = np.zeros(len(group.counts))
    np.maximum.at(largest, group.labels, np.nan_to_num(volume))
    yield "group_leading", _divided(largest, summed)


def _by_cluster(
    clusters: pl.DataFrame, grouped: "pl.dataframe.group_by.GroupBy", sums: list[pl.Expr]
) -> pl.DataFrame:
    """Return integer sums, counts and medians in the order of the clusters; 0 without any row."""
    return (
        clusters.select("cluster_id")
        .join(grouped.agg(sums), on="cluster_id", how="left")
        .sort("cluster_id")
        .fill_null(0)
    )


def _of_kind(summed: pl.DataFrame, families: tuple[str, ...]) -> Floats:
    zero = np.zeros(summed.height)
    return sum((_column(summed, f"{family}_millibits") / 1_000 for family in families), zero)


def _positive(columns: list[Floats]) -> Floats:
    return np.asarray((np.array(columns) > 0).sum(axis=0).astype(np.float64))


def _days(instants: pl.Series) -> Floats:
    return (instants.dt.epoch("s") / _SECONDS_PER_DAY).fill_null(float("nan")).to_numpy()


def _column(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _divided(part: Floats, whole: Floats) -> Floats:
    empty = np.full(np.shape(part), np.nan)
    return np.asarray(np.divide(part, whole, out=empty, where=whole > 0))


def _named() -> Iterator[tuple[str, str]]:
    """Yield the name of each trait of a cluster with its words, in the order of the columns."""
    for trait in OWN_TRAITS:
        yield f"{FLAT_PREFIX}{trait.name}", f"mean of: {trait.words}"
    for trait in OWN_TRAITS:
        yield f"spread_{trait.name}", f"spread of: {trait.words}"
    yield from _WORDS.items()
    for family in FAMILIES:
        yield f"family_{family}", f"evidence a pair of the family {family}"
        yield f"family_{family}_pairs", f"share of pairs with evidence of the family {family}"
    for kind in KINDS:
        yield f"kind_{kind}", f"part of the evidence that is of {kind}"
    for name, (_, words) in _INSTANTS.items():
        yield f"times_{name}", f"spread of the times of {words}"
        yield f"times_{name}_near", f"share of owners with a {words} within a day of another's"
    for side, (_, words) in _SIDES.items():
        yield f"times_{side}_hours", f"how alike the {words} hours of its owners are"


CLUSTER_WORDS: Final = dict(_named())
CLUSTER_NAMES: Final = tuple(CLUSTER_WORDS)
