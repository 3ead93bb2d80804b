"""What speaks against one operator, and the nearest innocent explanation."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from detection.wording import KIND_OF, READING_OF
from warehouse.circumstances import Circumstances

LONG_TENURE: Final = timedelta(days=365)
FAR_APART: Final = timedelta(days=90)
# An owner with fewer logins has no hours of its own to speak of.
LEAST_LOGINS: Final = 10
_EVENLY: Final = 1 / 24
# Few enough to live under one roof.
HOUSEHOLD: Final = 5


def counter_evidence(
    evidence: pl.DataFrame, accounts: pl.DataFrame, known: Circumstances, as_of: datetime
) -> tuple[str, ...]:
    """Return what speaks against one operator, one sentence each; may be empty.

    Args:
        evidence: `EDGES_SCHEMA`.
        accounts: `ACCOUNTS_SCHEMA`, the accounts of the case.
        known: What else is known of the owners.
        as_of: The instant from which tenure is counted, aware.
    """
    return (
        *_of_the_accounts(accounts, as_of),
        *_of_what_is_declared(known.declared),
        *_of_the_hours(known.hours),
        *_of_the_devices(known, accounts["owner_id"].n_unique()),
        *_of_the_evidence(evidence),
    )


def innocent(evidence: pl.DataFrame, accounts: pl.DataFrame, known: Circumstances) -> str:
    """Return the innocent reading of what adds most to the case; two-sided evidence goes first.

    Args:
        evidence: `EDGES_SCHEMA`; empty where the case was opened by a Winnow that kept none.
        accounts: `ACCOUNTS_SCHEMA`, the accounts of the case.
        known: What else is known of the owners.
    """
    if _declared_group(accounts) is not None:
        return "a declared group: a desk, a fund or a market maker with its accounts"
    if evidence.is_empty():
        return "any: no evidence is kept with this case"
    signals = (
        evidence.group_by("signal", "two_sided")
        .agg(pl.col("weight_millibits").sum())
        .sort("two_sided", "weight_millibits", "signal", descending=[True, True, False])
    )
    strong = set(signals.filter("two_sided")["signal"])
    leading = signals["signal"][0]
    shared, in_turn = _in_turn(known.turns)
    if strong == {"device"} and shared and shared == in_turn:
        return "a device that was sold, given or lent on, from one owner to the next"
    if leading in {"device", "home"} and accounts["owner_id"].n_unique() <= HOUSEHOLD:
        return "a household or friends who share a device"
    return READING_OF[leading]


def _of_the_accounts(accounts: pl.DataFrame, as_of: datetime) -> Iterator[str]:
    group = _declared_group(accounts)
    if group is not None:
        yield f"all accounts declare the group {group!r}"
    opened = accounts["opened_at"].drop_nulls().sort()
    if len(opened):
        first, last = opened[0], opened[-1]
        if last - first >= FAR_APART:
            yield f"the accounts were opened {(last - first).days} days apart"
        old = int((opened <= as_of.replace(tzinfo=None) - LONG_TENURE).sum())
        if old:
            yield f"{old} of {accounts.height} accounts are older than a year"


def _of_what_is_declared(declared: pl.DataFrame) -> Iterator[str]:
    countries = declared["country"].drop_nulls().n_unique()
    if countries > 1:
        yield f"the accounts are from {countries} countries"
    levels = declared["kyc_level"].drop_nulls()
    if levels.n_unique() > 1:
        lowest, highest = levels.sort()[0], levels.sort()[-1]
        yield f"the accounts are verified to different levels, from {lowest} to {highest}"


def _of_the_hours(hours: pl.DataFrame) -> Iterator[str]:
    """Say so where the median pair of owners keeps different hours.

    Hours are correlated as shares of an owner's logins, each spread half over the two hours beside
    it, since an owner with some dozen logins leaves gaps by chance.
    """
    often = hours.filter(pl.col("logins").sum().over("owner_id") >= LEAST_LOGINS)
    owners = often["owner_id"].unique().sort()
    if len(owners) < 2:
        return
    places = owners.search_sorted(often["owner_id"]).to_numpy()
    counts = np.zeros((len(owners), 24))
    counts[places, often["hour"].to_numpy()] = often["logins"].to_numpy()
    spread = counts + (np.roll(counts, 1, axis=1) + np.roll(counts, -1, axis=1)) / 2
    from_even = spread / spread.sum(axis=1, keepdims=True) - _EVENLY
    lengths = np.sqrt((from_even**2).sum(axis=1, keepdims=True))
    alike = (from_even @ from_even.T) / np.maximum(lengths @ lengths.T, 1e-12)
    pairs = alike[np.triu_indices(len(owners), k=1)]
    median = float(np.median(pairs))
    if median < 0:
        yield (
            f"the owners are there at different hours of the day: over {len(pairs)} "
            f"pair{'' if len(pairs) == 1 else 's'} the median correlation of login hours is "
            f"{median:.2f}"
        )


def _of_the_devices(known: Circumstances, owners: int) -> Iterator[str]:
    own = int((known.devices["own_devices"] > 0).sum())
    if own and 2 * own >= owners:
        who = "each owner has" if own == owners else f"{own} of {owners} owners have"
        yield f"{who} devices that no other owner of the case was seen on"
    shared, in_turn = _in_turn(known.turns)
    if in_turn:
        which = "the" if shared == in_turn else f"{in_turn} of {shared}"
        one = shared == in_turn == 1
        yield (
            f"{which} shared device{'' if one else 's'} {'was' if one else 'were'} used in turn: "
            "no owner came before the last one had left"
        )


def _of_the_evidence(evidence: pl.DataFrame) -> Iterator[str]:
    families = evidence["family"].unique().sort().to_list()
    kinds = {KIND_OF[family] for family in families}
    if len(families) == 1:
        yield f"all evidence is of one family, {families[0]}"
    elif len(kinds) == 1:
        yield f"all evidence is of one kind, {kinds.pop()}: {' and '.join(families)}"
    if evidence.select("signal", "value_hash").n_unique() == 1 and evidence.height > 1:
        yield "all evidence rests on one shared value"
    weight = int(evidence["weight_millibits"].sum())
    alone = int(evidence.filter(~pl.col("two_sided"))["weight_millibits"].sum())
    if 2 * alone > weight:
        yield (
            f"{100 * alone // weight} % of the bits are one-sided: somebody else could have "
            "brought them about alone"
        )


def _in_turn(turns: pl.DataFrame) -> tuple[int, int]:
    """Return how many devices were shared, and how many of them by one owner after the other."""
    before = pl.col("last_seen").cum_max().shift(1)
    devices = (
        turns.sort("value_hash", "first_seen", "owner_id")
        .group_by("value_hash")
        .agg((pl.col("first_seen") > before).drop_nulls().all().alias("in_turn"))
    )
    return devices.height, int(devices["in_turn"].sum())


def _declared_group(accounts: pl.DataFrame) -> str | None:
    groups = accounts["declared_group"].unique()
    only = groups[0] if len(groups) == 1 else None
    return None if only is None else str(only)
