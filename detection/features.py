"""Features of accounts in a graph of transfers, for a classifier.

Built without labels and address lists. An account is described by what it did itself (`own_*`, the
flat baseline), by whom it dealt with (`degree_*`), by the groups that remain once hubs are cut off
(`group_*`), by its neighbours one and two steps away (`near_*`, `shared_*`), by who started at the
same time with the same volume (`time_*`, `together_*`) and by which counterparties it uses
(`profile_*`).
Everything is a function of the inputs alone: sums run in a fixed order on one thread, and the one
randomised step takes its seed from the caller.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from detection.synchrony import Window, find_synchrony, linked_surprise, pair_links

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = Iterator[tuple[str, Floats]]

OWN_PREFIX: Final = "own_"
DAY_SECONDS: Final = 86_400
# Groups are cut at several caps: a farm's own collector has tens of counterparties, an exchange
# thousands, and no single cap tells them apart.
GROUP_CAPS: Final = (5, 10, 20, 40, 100, 300)
DESCRIBED_CAPS: Final = (20, 100)
SHARED_CAP: Final = 20  # a counterparty of more addresses than this is shared by chance
RARE_DEGREE: Final = 5
PROFILE_DIMENSIONS: Final = 24
PROFILE_LEAST_ACCOUNTS: Final = 3
NEAREST: Final = (1, 3, 10, 30)
WINDOWS_SECONDS: Final = (600, 3_600, DAY_SECONDS)
TOGETHER: Final = {
    "hour": Window(3_600, 0.01),
    "hour_wide": Window(3_600, 0.03),
    "quarter": Window(DAY_SECONDS / 4, 0.03),
    "day": Window(DAY_SECONDS, 0.03),
    "day_wide": Window(DAY_SECONDS, 0.1),
}
# Among fewer candidates a wider window says as much.
TOGETHER_LINKED: Final = {
    "hour": Window(3_600, 0.03),
    "day": Window(DAY_SECONDS, 0.03),
    "day_wide": Window(DAY_SECONDS, 0.1),
    "days": Window(3 * DAY_SECONDS, 0.3),
}
WIDE_CAP: Final = 1_000


@dataclass(frozen=True)
class TransferGraph:
    """Accounts and addresses as numbers: accounts first, in order of their ids.

    Attributes:
        account_ids: Sorted.
        first_seen: Unix seconds of each account's first activity.
        log_volume: Natural logarithm of 1 + volume in USD.
        sources: Node of each transfer row's source; never equal to its destination.
        destinations: Node of its destination.
        counts: Number of transfers that the row stands for.
        channels: Name of its kind and chain.
        nodes: Number of accounts and addresses.
        links: Symmetric 0/1 adjacency over all nodes.
        degrees: Distinct counterparties of every node.
    """

    account_ids: pl.Series
    first_seen: Floats
    log_volume: Floats
    sources: Ints
    destinations: Ints
    counts: Floats
    channels: pl.Series
    nodes: int
    links: csr_array
    degrees: Ints

    @property
    def accounts(self) -> int:
        """Number of accounts."""
        return len(self.account_ids)


def build_graph(accounts: pl.DataFrame, transfers: pl.DataFrame) -> TransferGraph:
    """Number accounts and addresses and link those with a transfer between them.

    Args:
        accounts: account_id (unique), first_seen (unix seconds), volume_usd.
        transfers: source, destination, kind, chain, count; transfers to oneself are left out.
    """
    known = accounts.sort("account_id")
    rows = transfers.filter(pl.col("source") != pl.col("destination")).sort(
        "source", "destination", "kind", "chain"
    )
    addresses = pl.concat([rows["source"], rows["destination"]]).unique()
    outside = addresses.filter(~addresses.is_in(known["account_id"].implode())).sort()
    names = pl.concat([known["account_id"], outside.rename("account_id")])
    numbers = pl.DataFrame({"name": names, "node": np.arange(len(names))})
    sources = _numbered(rows["source"], numbers)
    destinations = _numbered(rows["destination"], numbers)
    links = _symmetric(sources, destinations, len(names))
    return TransferGraph(
        account_ids=known["account_id"],
        first_seen=known["first_seen"].cast(pl.Float64).to_numpy(),
        log_volume=np.log1p(known["volume_usd"].cast(pl.Float64).to_numpy()),
        sources=sources,
        destinations=destinations,
        counts=rows["count"].cast(pl.Float64).to_numpy(),
        channels=rows.select(pl.concat_str("kind", "chain", separator="_"))["kind"],
        nodes=len(names),
        links=links,
        degrees=np.diff(links.indptr).astype(np.int64),
    )


def account_features(graph: TransferGraph, seed: int) -> pl.DataFrame:
    """Return one row an account: account_id and the features as Float64.

    A missing neighbourhood is NaN rather than 0: gradient boosting tells the two apart.

    Args:
        graph: From `build_graph`.
        seed: Of the randomised decomposition behind `profile_*`.
    """
    own = dict(_own(graph))
    traits = {
        "first_seen": (graph.first_seen - graph.first_seen.mean()) / DAY_SECONDS,
        "log_volume": graph.log_volume,
    }
    degrees = dict(_degrees(graph))
    traits |= degrees
    columns = own | degrees
    columns |= dict(_groups(graph, {name: traits[name] for name in _DESCRIBED}))
    columns |= dict(_neighbours(graph, traits))
    columns |= dict(_contemporaries(graph))
    columns |= dict(_together(graph, degrees))
    with threadpool_limits(limits=1):
        columns |= dict(_profiles(graph, seed))
    return pl.DataFrame({"account_id": graph.account_ids, **columns})


def linked_groups(graph: TransferGraph, cap: int) -> Ints:
    """Return the component of every account over direct transfers between accounts.

    Accounts with more than `cap` counterparties, of any kind, link nobody: an exchange's hot wallet
    would otherwise make one group of its customers.
    """
    return _components(graph, cap, among_accounts=True).labels


_DESCRIBED: Final = ("first_seen", "log_volume", "degree_all", "degree_accounts")


@dataclass(frozen=True)
class _Groups:
    labels: Ints  # of every account
    nodes: Ints  # by label
    links: Ints  # by label


def _own(graph: TransferGraph) -> Columns:
    yield "own_first_seen", graph.first_seen
    yield "own_log_volume", graph.log_volume
    for channel, rows in _channels(graph):
        for way, ends in (("out", graph.sources), ("in", graph.destinations)):
            sums = np.bincount(ends[rows], weights=graph.counts[rows], minlength=graph.nodes)
            yield f"own_{way}_{channel}", np.log1p(sums[: graph.accounts])


def _degrees(graph: TransferGraph) -> Columns:
    accounts = graph.accounts
    degrees = graph.degrees.astype(np.float64)
    mine = graph.links[:accounts]
    yield "degree_all", np.log1p(degrees[:accounts])
    yield "degree_accounts", np.log1p(np.diff(mine[:, :accounts].tocsr().indptr))
    yield "degree_of_counterparties", _mean(mine, np.log1p(degrees))
    yield "degree_rare_counterparties", np.log1p(mine @ (degrees <= RARE_DEGREE).astype(float))
    for channel, rows in _channels(graph):
        for way, ends in (("out", graph.sources), ("in", graph.destinations)):
            # One row of the transfers is one counterparty within its kind and chain.
            distinct = np.bincount(ends[rows], minlength=graph.nodes)
            yield f"degree_{way}_{channel}", np.log1p(distinct[:accounts])


def _groups(graph: TransferGraph, traits: dict[str, Floats]) -> Columns:
    for cap in GROUP_CAPS:
        for scope, among_accounts in (("accounts", True), ("addresses", False)):
            groups = _components(graph, cap, among_accounts=among_accounts)
            name = f"group_{cap}_{scope}"
            members = np.bincount(groups.labels, minlength=len(groups.nodes))
            yield f"{name}_members", np.log1p(members)[groups.labels]
            yield f"{name}_nodes", np.log1p(groups.nodes)[groups.labels]
            yield f"{name}_density", (groups.links / groups.nodes)[groups.labels]
            if cap in DESCRIBED_CAPS:
                for trait, values in traits.items():
                    mean, spread = _mean_and_spread(groups.labels, values)
                    yield f"{name}_{trait}_mean", mean
                    yield f"{name}_{trait}_spread", spread


def _neighbours(graph: TransferGraph, traits: dict[str, Floats]) -> Columns:
    direct = graph.links[: graph.accounts, : graph.accounts].tocsr()
    sharing, rarity = _sharing(graph, SHARED_CAP)
    for name, links in (("near_1", direct), ("near_2", sharing)):
        for trait, values in traits.items():
            yield f"{name}_{trait}", _mean(links, values)
        yield from _distances(graph, name, links)
    yield "shared_accounts", np.log1p(np.diff(sharing.indptr))
    yield "shared_counterparties", np.log1p(_row_sum(sharing))
    yield "shared_most", _row_max(sharing)
    yield "shared_rarity_most", _row_max(rarity)


def _distances(graph: TransferGraph, name: str, links: csr_array) -> Columns:
    """Yield how far in time and volume an account is from those it is linked with."""
    cells = coo_array(links)
    apart = {
        "days": np.abs(graph.first_seen[cells.row] - graph.first_seen[cells.col]) / DAY_SECONDS,
        "volume": np.abs(graph.log_volume[cells.row] - graph.log_volume[cells.col]),
    }
    frame = pl.DataFrame({"row": cells.row.astype(np.int64), **apart})
    every = pl.DataFrame({"row": np.arange(graph.accounts)})
    found = every.join(
        frame.group_by("row").agg(
            pl.col("days", "volume").min().name.suffix("_least"),
            pl.col("days", "volume").median().name.suffix("_median"),
            same_day=(pl.col("days") < 1).sum(),
            alike=((pl.col("days") < 3) & (pl.col("volume") < 0.3)).sum(),
        ),
        on="row",
        how="left",
        maintain_order="left",
    )
    for column in found.columns[1:]:
        values = found[column].cast(pl.Float64)
        counted = column in {"same_day", "alike"}
        values = values.fill_null(0).log1p() if counted else values.fill_null(float("nan"))
        yield f"{name}_{column}", values.to_numpy()


def _contemporaries(graph: TransferGraph) -> Columns:
    # Half a day and a tenth of the volume count as equally far apart.
    points = np.column_stack([graph.first_seen / (DAY_SECONDS / 2), graph.log_volume / 0.1])
    yield from _nearest("time_nearest", points)
    ordered = np.sort(graph.first_seen)
    for seconds in WINDOWS_SECONDS:
        last = np.searchsorted(ordered, graph.first_seen + seconds, side="right")
        first = np.searchsorted(ordered, graph.first_seen - seconds, side="left")
        yield f"time_within_{seconds}_seconds", np.log1p(last - first)


def _together(graph: TransferGraph, degrees: dict[str, Floats]) -> Columns:
    """Yield how surprising an account's company in time and volume is, and its neighbours'."""
    starts = (graph.first_seen, graph.log_volume)
    found = {name: find_synchrony(*starts, window) for name, window in TOGETHER.items()}
    for name, synchrony in found.items():
        yield f"together_{name}", synchrony.surprise
    described = {name: found[name].surprise for name in ("hour", "day")}
    direct = graph.links[: graph.accounts, : graph.accounts].tocsr()
    sharing = {"shared": _sharing(graph, SHARED_CAP)[0], "hub": _sharing(graph, WIDE_CAP)[0]}
    for name, links in (("direct", direct), *sharing.items()):
        for width, window in TOGETHER_LINKED.items():
            yield f"together_{name}_{width}", linked_surprise(links, *starts, window)
        for trait, values in described.items():
            yield f"together_{name}_mean_{trait}", _mean(links, values)
    beside = pair_links(found["day"].pairs, graph.accounts)
    described |= {name: degrees[name] for name in ("degree_all", "degree_accounts")}
    for trait, values in described.items():
        yield f"together_beside_{trait}", _mean(beside, values)


def _profiles(graph: TransferGraph, seed: int) -> Columns:
    """Yield an account's place in the space of counterparties, and how crowded it is there."""
    mine = graph.links[: graph.accounts].tocsc()
    users = np.diff(mine.indptr)
    often = users >= PROFILE_LEAST_ACCOUNTS
    dimensions = min(PROFILE_DIMENSIONS, int(often.sum()) - 1)
    if dimensions < 1:
        return
    weighted = mine[:, np.flatnonzero(often)] @ diags_array(np.log(graph.accounts / users[often]))
    lengths = np.sqrt(_row_sum(csr_array(weighted.multiply(weighted))))
    unit = diags_array(np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0))
    places = TruncatedSVD(dimensions, random_state=seed).fit_transform(csr_array(unit @ weighted))
    for dimension in range(dimensions):
        yield f"profile_{dimension}", places[:, dimension]
    week = graph.first_seen / (7 * DAY_SECONDS)
    points = np.column_stack([3 * places, week, graph.log_volume])
    yield from _nearest("profile_nearest", points)


def _nearest(name: str, points: Floats) -> Columns:
    reach = min(max(NEAREST), len(points) - 1)
    distances, _ = NearestNeighbors(n_neighbors=reach + 1).fit(points).kneighbors(points)
    for rank in NEAREST:
        if rank <= reach:
            yield f"{name}_{rank}", np.log(distances[:, rank] + 1e-6)


def _sharing(graph: TransferGraph, cap: int) -> tuple[csr_array, csr_array]:
    """Return, for pairs of accounts, their shared rare counterparties and the sum of rarities."""
    mine = graph.links[: graph.accounts]
    rare = (graph.degrees <= cap).astype(np.float64)
    bits = rare * np.log2(graph.accounts / np.maximum(graph.degrees, 1))
    theirs = mine.T.tocsr()
    shared = csr_array(mine @ diags_array(rare) @ theirs)
    rarity = csr_array(mine @ diags_array(bits) @ theirs)
    return _off_diagonal(shared), _off_diagonal(rarity)


def _components(graph: TransferGraph, cap: int, *, among_accounts: bool) -> _Groups:
    lower = coo_array(graph.links)
    kept = lower.row < lower.col
    kept &= (graph.degrees[lower.row] <= cap) & (graph.degrees[lower.col] <= cap)
    if among_accounts:
        kept &= lower.col < graph.accounts  # the greater of the two
    rows, columns = lower.row[kept], lower.col[kept]
    shape = (graph.nodes, graph.nodes)
    linked = coo_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    count, labels = connected_components(linked, directed=False)
    labels = labels.astype(np.int64)
    return _Groups(
        labels=labels[: graph.accounts],
        nodes=np.bincount(labels, minlength=count),
        links=np.bincount(labels[rows], minlength=count),
    )


def _channels(graph: TransferGraph) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for channel in graph.channels.unique().sort():
        yield channel, (graph.channels == channel).to_numpy()


def _numbered(names: pl.Series, numbers: pl.DataFrame) -> Ints:
    joined = names.to_frame("name").join(numbers, on="name", how="left", maintain_order="left")
    return joined["node"].to_numpy()


def _symmetric(sources: Ints, destinations: Ints, nodes: int) -> csr_array:
    ends = (np.concatenate([sources, destinations]), np.concatenate([destinations, sources]))
    links = csr_array(coo_array((np.ones(len(ends[0])), ends), shape=(nodes, nodes)))
    links.sum_duplicates()
    links.data[:] = 1
    return links


def _off_diagonal(links: csr_array) -> csr_array:
    cells = coo_array(links)
    kept = (cells.row != cells.col) & (cells.data > 0)
    kept_cells = (cells.data[kept], (cells.row[kept], cells.col[kept]))
    return csr_array(coo_array(kept_cells, shape=cells.shape))


def _row_sum(links: csr_array) -> Floats:
    return np.asarray(links @ np.ones(links.shape[1]), dtype=np.float64)


def _row_max(links: csr_array) -> Floats:
    return np.asarray(links.max(axis=1).todense(), dtype=np.float64).ravel()


def _mean(links: csr_array, values: Floats) -> Floats:
    """Return the mean of the neighbours' values; NaN where there is no neighbour or no value."""
    there = ~np.isnan(values)
    pattern = csr_array((np.ones(links.nnz), links.indices, links.indptr), shape=links.shape)
    neighbours = pattern @ there.astype(np.float64)
    sums = pattern @ np.where(there, values, 0.0)
    nothing = np.full(len(neighbours), np.nan)
    return np.asarray(np.divide(sums, neighbours, out=nothing, where=neighbours > 0))


def _mean_and_spread(labels: Ints, values: Floats) -> tuple[Floats, Floats]:
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    counts = np.maximum(np.bincount(labels, weights=there), 1)
    mean = np.bincount(labels, weights=filled) / counts
    squares = np.bincount(labels, weights=filled * filled) / counts
    return mean[labels], np.sqrt(np.maximum(squares - mean * mean, 0))[labels]
