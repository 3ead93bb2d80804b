"""A case as a moderator reads it: what was observed, how rare it is, and what speaks against it.

It says what was seen and never what anybody did. Values stand as the first digits of their hashes;
no address and no device can be read from them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from detection.fusion import FAMILIES, fuse
from detection.terms import DetectionTerms

LONG_TENURE: Final = timedelta(days=365)
FAR_APART: Final = timedelta(days=90)
CLOSE_TOGETHER: Final = timedelta(days=1)
_HASH_DIGITS: Final = 8

_SAID: Final = {
    "device": "logged in from device {value}",
    "network": "were at network address {value} in the same hour{as_another}",
    "withdrawal_destination": "sent funds to address {value}",
    "deposit_source": "received funds from address {value}",
    "direct_transfer": "had transfers between them",
    "deposit_origin": "paid in funds that had come from address {value}",
    "withdrawal_end": "withdrew funds that went on to address {value}",
    "funding_chain": "had funds pass between them over addresses outside",
    "referral": "are a referrer and beginners whom it brought",
    "sign_up_burst": "signed up at the same time",
    "hand_over": "have accounts whose device, country and destination changed together",
    "opposite": "took opposite sides of one market at the same time",
    "counterparty": "answered one another's orders",
    "ring": "answered one another's orders in a circle and ended about where they began",
    "replay": "opened the same rare sequences of positions",
}
_THING: Final = {
    "device": "device",
    "network": "network address",
    "withdrawal_destination": "destination",
    "deposit_source": "source",
    "deposit_origin": "origin",
    "withdrawal_end": "end",
    "direct_transfer": "owner with transfers",
}
# Evidence without a shared value says otherwise how rare it is; {others} is holders less one.
_RARITY: Final = {
    "referral": "the referrer brought {others} owners",
    "sign_up_burst": "{holders} owners signed up from the first of them to the last",
    "hand_over": "of {holders} owners an account changed hands",
    **dict.fromkeys(
        ("direct_transfer", "funding_chain", "opposite", "counterparty", "ring", "replay"),
        "the busier of the two has {others} such partners",
    ),
}
_MUST_BE_FALSE: Final = {
    "device": "that the shared devices changed hands, or are used by several people who each have "
    "an account of their own",
    "network": "that the owners live, work or travel at one place",
    "funding": "that the shared addresses belong to somebody who serves many, a merchant or a "
    "service say, or that the owners know and pay one another",
    "referral": "that the referrer has an audience, and that many of it only try what is offered",
    "lifecycle": "that an offer brought the owners at that time, or that accounts were recovered "
    "after a theft",
    "opposite": "that the owners trade on the same news with opposite views, or by the same clock",
    "direct": "that the owners are most of what is traded in these markets at these hours",
    "replay": "that the owners run the same public programme, or follow the same advice",
}
# Innocent readings of strong evidence, the likeliest first.
_READINGS: Final = (
    ({"device"}, "a public device: a kiosk, an internet café, a shop that sets up phones"),
    ({"direct_transfer", "funding_chain"}, "people who know and pay one another"),
    ({"counterparty", "ring"}, "the few regular traders of a thin market"),
    ({"replay"}, "users of one public trading programme with its usual settings"),
    ({"opposite"}, "traders with opposite views who act on the same news"),
    ({"deposit_origin"}, "people who are paid by one employer, or who bought from one merchant"),
)


@dataclass(frozen=True)
class FamilyBar:
    """One bar of the waterfall.

    Attributes:
        family: Which family.
        millibits: What it adds, per owner beyond the first; the bars add up to the case's evidence.
        pairs: Pairs of owners with evidence of it.
        edges: Pieces of evidence.
        two_sided: How many of them are two-sided.
    """

    family: str
    millibits: int
    pairs: int
    edges: int
    two_sided: int


@dataclass(frozen=True)
class Explanation:
    """What a moderator reads about a case.

    Attributes:
        bars: One a family, in the order of `FAMILIES`; families without evidence are left out.
        millibits: Sum of the bars.
        observations: All that was observed, one sentence a shared value: the strongest of each
            family first, then whether the accounts were opened together, then the rest, strongest
            first.
        counter_evidence: What speaks against one operator, one sentence each; may be empty.
        innocent: The nearest innocent explanation.
        must_be_false: What would have to be false for the evidence to mean one operator.
    """

    bars: tuple[FamilyBar, ...]
    millibits: int
    observations: tuple[str, ...]
    counter_evidence: tuple[str, ...]
    innocent: str
    must_be_false: tuple[str, ...]


def explain(
    evidence: pl.DataFrame,
    accounts: pl.DataFrame,
    norms: pl.DataFrame,
    terms: DetectionTerms,
    as_of: datetime,
) -> Explanation:
    """Explain a case from its stored evidence.

    Args:
        evidence: `EDGES_SCHEMA`, the evidence of the case as it was seen.
        accounts: `ACCOUNTS_SCHEMA`, the accounts of the case.
        norms: signal, median_holders: how many owners hold the median value of a signal.
        terms: Clips of the families.
        as_of: The instant from which tenure is counted, aware.
    """
    bars = waterfall(evidence, accounts["owner_id"].n_unique(), terms)
    return Explanation(
        bars=bars,
        millibits=sum(bar.millibits for bar in bars),
        observations=_observations(evidence, accounts, norms),
        counter_evidence=_counter_evidence(evidence, accounts, as_of),
        innocent=_innocent(evidence, accounts),
        must_be_false=tuple(_MUST_BE_FALSE[bar.family] for bar in bars),
    )


def waterfall(evidence: pl.DataFrame, owners: int, terms: DetectionTerms) -> tuple[FamilyBar, ...]:
    """Return what each family adds to the evidence of a case, per owner beyond the first."""
    pairs = fuse(evidence, terms)
    bars = []
    for family in FAMILIES:
        mine = evidence.filter(pl.col("family") == family)
        if mine.height:
            weight = pairs[f"{family}_millibits"]
            bars.append(
                FamilyBar(
                    family,
                    int(weight.sum()) // max(1, owners - 1),
                    int((weight > 0).sum()),
                    mine.height,
                    int(mine["two_sided"].sum()),
                )
            )
    return tuple(bars)


def _observations(
    evidence: pl.DataFrame, accounts: pl.DataFrame, norms: pl.DataFrame
) -> tuple[str, ...]:
    """Return the strongest value of each family, then openings, then all other values."""
    medians = dict(norms.select("signal", "median_holders").iter_rows())
    values = _by_value(evidence)
    ahead, behind = (
        [_sentence(row, medians) for row in values.filter(first).iter_rows(named=True)]
        for first in (pl.col("leads"), ~pl.col("leads"))
    )
    return (*ahead, *_openings(accounts), *behind)


def _by_value(evidence: pl.DataFrame) -> pl.DataFrame:
    """Return one row a shared value, those that add most to the case first.

    What a value adds is the sum over its pairs, as in the bars. A transfer between two owners has
    the two for its value, so it stays a row of its own.
    """
    value = ("family", "signal", "value_hash")
    return (
        evidence.group_by(value)
        .agg(
            pl.concat([pl.col("owner_a"), pl.col("owner_b")]).unique().sort().alias("owners"),
            pl.len().alias("pairs"),
            pl.col("holders").max(),
            pl.col("weight_millibits").max(),
            pl.col("weight_millibits").sum().alias("adds"),
            pl.col("two_sided").any(),
            pl.col("last_seen").max(),
            pl.col("sightings").sum(),
        )
        .sort("adds", *value, descending=[True, *(False for _ in value)])
        .with_columns((pl.int_range(pl.len()).over("family") == 0).alias("leads"))
    )


def _sentence(row: dict[str, Any], medians: dict[str, int]) -> str:
    signal, owners = row["signal"], row["owners"]
    two = len(owners) == 2
    who = " and ".join(owners) if two else f"{len(owners)} owners"
    said = _SAID[signal].format(
        value=f"{row['value_hash'][:_HASH_DIGITS]}…",
        as_another="" if two else " as another of them",
    )
    if signal in _RARITY:
        rarity = _RARITY[signal].format(holders=row["holders"], others=row["holders"] - 1)
    else:
        median = medians.get(signal)
        usual = "" if median is None else f"; median {_THING[signal]}: {median}"
        rarity = f"this {_THING[signal]}: {row['holders']} owners{usual}"
    bits = f"{row['weight_millibits'] / 1000:.1f} bits{'' if two else ' a pair'}"
    side = "" if row["two_sided"] else ", one-sided"
    # Each owner's sightings count in every pair, so more than one pair can't be added up.
    times = f"{row['sightings']} sightings" if two else f"{row['pairs']} pairs"
    if row["last_seen"] is not None:
        times += f", last on {row['last_seen']:%Y-%m-%d}"
    return f"{who} {said} ({rarity}; {bits}{side}; {times})"


def _openings(accounts: pl.DataFrame) -> tuple[str, ...]:
    """Say so where more than half of the owners came within a day of each other."""
    first = accounts.group_by("owner_id").agg(pl.col("opened_at").min())
    opened = first["opened_at"].drop_nulls().sort()
    close, start, end = 0, None, None
    for place, instant in enumerate(opened):
        until = opened.search_sorted(instant + CLOSE_TOGETHER, side="right")
        if until - place > close:
            close, start, end = until - place, instant, opened[until - 1]
    if start is None or close < 2 or 2 * close <= first.height:
        return ()
    return (
        f"{close} of {first.height} owners opened their first account within "
        f"{_span(end - start)} of each other, from {start:%Y-%m-%d %H:%M} UTC",
    )


def _span(apart: timedelta) -> str:
    """Return a length of time up to a day in words, rounded up."""
    minutes = max(1, -(-apart // timedelta(minutes=1)))
    hours = -(-minutes // 60)
    number, unit = (minutes, "minute") if minutes < 60 else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _counter_evidence(
    evidence: pl.DataFrame, accounts: pl.DataFrame, as_of: datetime
) -> tuple[str, ...]:
    said = []
    group = _declared_group(accounts)
    if group is not None:
        said.append(f"all accounts declare the group {group!r}")
    opened = accounts["opened_at"].drop_nulls().sort()
    if len(opened):
        first, last = opened[0], opened[-1]
        if last - first >= FAR_APART:
            said.append(f"the accounts were opened {(last - first).days} days apart")
        old = int((opened <= as_of.replace(tzinfo=None) - LONG_TENURE).sum())
        if old:
            said.append(f"{old} of {accounts.height} accounts are older than a year")
    if evidence["family"].n_unique() == 1:
        said.append(f"all evidence is of one family, {evidence['family'][0]}")
    values = evidence.select("signal", "value_hash").n_unique()
    if values == 1 and evidence.height > 1:
        said.append("all evidence rests on one shared value")
    return tuple(said)


def _innocent(evidence: pl.DataFrame, accounts: pl.DataFrame) -> str:
    """Return the innocent reading that fits best; the first that applies."""
    strong = set(evidence.filter("two_sided")["signal"].to_list())
    owners = accounts["owner_id"].n_unique()
    if _declared_group(accounts) is not None:
        return "a declared group: a desk, a fund or a market maker with its accounts"
    if "device" in strong and owners <= 5:
        return "a household or friends who share a device"
    fitting = (reading for signals, reading in _READINGS if strong & signals)
    return next(fitting, "customers of one service whose address is not known to be shared by many")


def _declared_group(accounts: pl.DataFrame) -> str | None:
    groups = accounts["declared_group"].unique()
    only = groups[0] if len(groups) == 1 else None
    return None if only is None else str(only)
