"""The rule on Hop's accounts: groups of transfers, and accounts that started together.

Two families, without labels and without address lists. Transfers between accounts link them, unless
one of the two is a hub; a connected group of enough accounts is flagged. Accounts that started in
the same hour with the same volume are flagged where chance would not have made one of them.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from detection.features import TransferGraph, linked_groups
from detection.graph import components
from detection.synchrony import Flags, Floats, Ints, Synchrony, Window, find_synchrony
from detection.uncertainty import FlagAgreement, flag_agreement
from warehouse.findings import Detection

HOUR: Final = 3_600


@dataclass(frozen=True)
class RuleTerms:
    """What the rule is set to.

    Attributes:
        cap: Most counterparties of an address that links.
        least: Fewest accounts of a group that is flagged.
        largest: Most accounts of one.
        window: How near in time and volume is together.
    """

    cap: int
    least: int
    largest: int
    window: Window


# The cap and the largest group are those of the design's reference run, the least group is the size
# that Hop published as its own rule; all three were fixed before any label was compared. An hour
# and one percent are round numbers, kept after the table of `variations` was seen.
TERMS: Final = RuleTerms(cap=20, least=8, largest=2_000, window=Window(HOUR, 0.01))
SHUFFLES: Final = 5


@dataclass(frozen=True)
class Variation:
    """The rule with one term changed.

    Attributes:
        what: Which term, and what it is set to.
        agreement: How far it agrees.
    """

    what: str
    agreement: FlagAgreement


def rule_scores(found: Detection, graph: TransferGraph, terms: RuleTerms = TERMS) -> pl.DataFrame:
    """Score every account by both families.

    A group of n accounts says n/(n+least), so 1/2 at the least group; an account whose partners
    surprise by s says s/(s+t), so 1/2 where chance would make one such account, at t. The score is
    1 - (1-a)(1-b) of the two; an account is flagged when either is at least 1/2.

    The membership is how much of what is known of an account lies inside its cluster: the share of
    its counterparties, or of those who started together with it. An account that joins strangers
    has little.

    Args:
        found: The detection on the transfers.
        graph: The same accounts and transfers.
        terms: Sizes and window.

    Returns:
        account_id, cluster_id (null unless flagged), score, flagged, membership (null unless
        flagged), by account_id.
    """
    sizes = found.clusters.select("cluster_id", size=pl.col("accounts").cast(pl.Float64))
    groups = (
        graph.account_ids.to_frame("account_id")
        .join(found.scores.select("account_id", "cluster_id"), on="account_id", how="left")
        .join(sizes, on="cluster_id", how="left")
        .sort("account_id")
    )
    size = groups["size"].fill_null(0.0).to_numpy()
    size = np.where(size <= terms.largest, size, 0.0)
    together = find_synchrony(graph.first_seen, graph.log_volume, terms.window)
    by_chance = np.log10(graph.accounts)
    linked = size >= terms.least
    clusters = _clusters(groups["cluster_id"], linked, together)
    score = 1 - (1 - size / (size + terms.least)) * (
        1 - together.surprise / (together.surprise + by_chance)
    )
    return pl.DataFrame(
        {
            "account_id": graph.account_ids,
            "cluster_id": clusters,
            "score": np.round(score, 9),
            "flagged": linked | together.synchronous,
            "membership": _membership(clusters, linked, graph, together),
        }
    ).with_columns(pl.col("membership").fill_nan(None))


def linked_flags(graph: TransferGraph, terms: RuleTerms) -> Flags:
    """Return whom the transfers flag; the same as in `rule_scores`, without the evidence."""
    labels = linked_groups(graph, terms.cap)
    sizes = np.bincount(labels)[labels]
    return np.asarray((sizes >= terms.least) & (sizes <= terms.largest))


def synchronous_flags(graph: TransferGraph, terms: RuleTerms) -> Flags:
    """Return whom starting together flags."""
    return find_synchrony(graph.first_seen, graph.log_volume, terms.window).synchronous


def variations(graph: TransferGraph, labels: pl.DataFrame, seed: int) -> tuple[Variation, ...]:
    """Measure the rule with one term changed at a time, and with one family alone.

    Args:
        graph: Accounts and transfers.
        labels: account_id, decided, group.
        seed: Of the intervals.
    """
    ordered = labels.sort("account_id")
    rows = graph.account_ids.search_sorted(ordered["account_id"]).to_numpy()
    decided, groups = ordered["decided"].to_numpy(), ordered["group"].to_numpy()

    def measured(flags: Flags) -> FlagAgreement:
        return flag_agreement(decided, flags[rows], groups, seed)

    linked, together = linked_flags(graph, TERMS), synchronous_flags(graph, TERMS)
    families = (("transfers alone", linked), ("starting together alone", together))
    changed = []
    for what, terms in _changes():
        if terms.window == TERMS.window:
            flags = linked_flags(graph, terms) | together
        else:
            flags = linked | synchronous_flags(graph, terms)
        changed.append(Variation(what, measured(flags)))
    return (
        Variation("as it is", measured(linked | together)),
        *(Variation(what, measured(flags)) for what, flags in families),
        *changed,
    )


def flagged_by_chance(graph: TransferGraph, seed: int) -> float:
    """Return how many accounts start together once volumes are dealt out anew, on average."""
    draw = np.random.default_rng(seed)
    dealt = [
        find_synchrony(graph.first_seen, draw.permutation(graph.log_volume), TERMS.window)
        for _ in range(SHUFFLES)
    ]
    return float(np.mean([found.synchronous.sum() for found in dealt]))


def _changes() -> list[tuple[str, RuleTerms]]:
    window = TERMS.window
    return [
        *((f"cap {cap}", replace(TERMS, cap=cap)) for cap in (10, 15, 25, 30, 40)),
        *((f"least group {least}", replace(TERMS, least=least)) for least in (5, 6, 10, 15)),
        *((f"largest group {most}", replace(TERMS, largest=most)) for most in (500, 1_000, 8_000)),
        *(
            (f"{minutes} minutes", replace(TERMS, window=replace(window, seconds=minutes * 60)))
            for minutes in (15, 30, 120, 240)
        ),
        *(
            (f"volume within {apart:.1%}", replace(TERMS, window=replace(window, log_volume=apart)))
            for apart in (0.005, 0.02, 0.05)
        ),
    ]


def _clusters(found: pl.Series, linked: Flags, together: Synchrony) -> pl.Series:
    """Return the group of transfers where that is flagged, else the group that started together."""
    left, right = together.pairs.T
    alone = together.synchronous & ~linked
    inside = alone[left] & alone[right]
    labels = components(len(linked), left[inside], right[inside])
    names = pl.Series(np.where(alone, labels, -1))
    return pl.select(
        pl.when(pl.Series(linked))
        .then(found)
        .when(pl.Series(alone))
        .then(pl.format("T-{}", names))
        .alias("cluster_id")
    )["cluster_id"]


def _membership(
    clusters: pl.Series, linked: Flags, graph: TransferGraph, together: Synchrony
) -> Floats:
    number = clusters.rank("dense").cast(pl.Int64).fill_null(-1).to_numpy()
    direct = graph.links[: graph.accounts, : graph.accounts].tocoo()
    inside = _inside(number, direct.row, direct.col)
    counterparties = np.maximum(graph.degrees[: graph.accounts], 1)
    left, right = together.pairs.T
    beside = _inside(number, np.append(left, right), np.append(right, left))
    share = np.where(linked, inside / counterparties, beside / np.maximum(together.partners, 1))
    return np.where(number >= 0, share, np.nan)


def _inside(number: Ints, left: Ints, right: Ints) -> Ints:
    """Return how many of each account's pairs stay in its cluster."""
    same = (number[left] == number[right]) & (number[left] >= 0)
    return np.bincount(left[same], minlength=len(number)).astype(np.int64)
