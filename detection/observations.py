"""What was observed in a case: one observation a shared value or pair, each in a sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from detection.wording import HASH_DIGITS, KIND_OF, TOLD_ONCE, WORDS

CLOSE_TOGETHER: Final = timedelta(days=1)
_VALUE: Final = ("family", "signal", "value_hash")


@dataclass(frozen=True)
class Observed:
    """One thing that was seen of two owners or more.

    Attributes:
        number: From 1, those that add most to the case first; also the piece of `pieces_of`.
        family: Its family.
        signal: Its signal.
        kind: place, money, orders or arrival.
        value: The first digits of the value's hash; None where the owners themselves are it.
        owners: Of whom, sorted.
        pairs: Pairs of them that it joins.
        holders: How many owners hold the value, or have as much to do with others.
        usual: How many hold the median value; None where that is not known.
        millibits: What it weighs for the pair for which it weighs most, before any clip.
        adds_millibits: The sum over its pairs, before any clip.
        two_sided: Whether it took an act or a secret of both, for any pair.
        sightings: How often, summed over pairs.
        first_seen: When it was first true of a pair; None where the source has no instants.
        last_seen: When it was last seen.
        sentence: All of this in words.
    """

    number: int
    family: str
    signal: str
    kind: str
    value: str | None
    owners: tuple[str, ...]
    pairs: int
    holders: int
    usual: int | None
    millibits: int
    adds_millibits: int
    two_sided: bool
    sightings: int
    first_seen: datetime | None
    last_seen: datetime | None
    sentence: str


def pieces_of(evidence: pl.DataFrame) -> pl.DataFrame:
    """Return the evidence with the observation that each row belongs to.

    Returns:
        piece (Int32) and the columns of `evidence`. value_hash is empty where a signal is told
        once for all of its pairs.
    """
    told = pl.when(pl.col("signal").is_in(TOLD_ONCE)).then(pl.lit("")).otherwise("value_hash")
    named = evidence.with_columns(value_hash=told)
    order = (
        named.group_by(_VALUE)
        .agg(pl.col("weight_millibits").sum().alias("adds"))
        .sort("adds", *_VALUE, descending=[True, *(False for _ in _VALUE)])
        .with_columns(piece=(pl.int_range(pl.len()) + 1).cast(pl.Int32))
    )
    return named.join(order.select("piece", *_VALUE), on=_VALUE).select(
        "piece", pl.exclude("piece")
    )


def observe(evidence: pl.DataFrame, norms: pl.DataFrame) -> tuple[Observed, ...]:
    """Return what was observed, what adds most to the case first.

    What an observation adds is the sum over its pairs. A transfer between two owners has the two
    for its value, so it stays an observation of its own.

    Args:
        evidence: `EDGES_SCHEMA`.
        norms: signal, median_holders.
    """
    medians = dict(norms.select("signal", "median_holders").iter_rows())
    found = (
        pieces_of(evidence)
        .group_by("piece", *_VALUE)
        .agg(
            pl.concat([pl.col("owner_a"), pl.col("owner_b")]).unique().sort().alias("owners"),
            pl.len().alias("pairs"),
            pl.col("holders").max(),
            pl.col("weight_millibits").max(),
            pl.col("weight_millibits").sum().alias("adds"),
            pl.col("two_sided").any(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("sightings").sum(),
        )
        .sort("piece")
    )
    return tuple(_observed(row, medians) for row in found.iter_rows(named=True))


def in_order_of_reading(observed: tuple[Observed, ...], accounts: pl.DataFrame) -> tuple[str, ...]:
    """Return the sentences: the strongest of each family, then openings, then all others."""
    leads = {one.family: one for one in reversed(observed)}
    first = {one.number for one in leads.values()}
    return (
        *(one.sentence for one in observed if one.number in first),
        *_openings(accounts),
        *(one.sentence for one in observed if one.number not in first),
    )


def _observed(row: dict[str, Any], medians: dict[str, int]) -> Observed:
    signal = row["signal"]
    shared = WORDS[signal].rare.startswith("this ")
    return Observed(
        number=row["piece"],
        family=row["family"],
        signal=signal,
        kind=KIND_OF[row["family"]],
        value=row["value_hash"][:HASH_DIGITS] if shared else None,
        owners=tuple(row["owners"]),
        pairs=row["pairs"],
        holders=row["holders"],
        usual=medians.get(WORDS[signal].norm or signal),
        millibits=row["weight_millibits"],
        adds_millibits=row["adds"],
        two_sided=row["two_sided"],
        sightings=row["sightings"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        sentence=_sentence(row, medians),
    )


def _sentence(row: dict[str, Any], medians: dict[str, int]) -> str:
    words, owners = WORDS[row["signal"]], row["owners"]
    two = len(owners) == 2
    who = " and ".join(owners) if two else f"{len(owners)} owners"
    said = words.said if two or not words.of_many else words.of_many
    what = said.format(value=f"{row['value_hash'][:HASH_DIGITS]}…")
    rarity = words.rare.format(holders=row["holders"], others=row["holders"] - 1)
    median = medians.get(words.norm or row["signal"])
    if median is not None:
        rarity += words.usual.format(median=median)
    bits = f"{row['weight_millibits'] / 1000:.1f} bits{'' if two else ' a pair'}"
    side = "" if row["two_sided"] else ", one-sided"
    # Each owner's sightings count in every pair, so more than one pair can't be added up.
    count = row["sightings"] if two else row["pairs"]
    times = f"{count} {'sighting' if two else 'pair'}{'' if count == 1 else 's'}"
    if row["last_seen"] is not None:
        times += f", last on {row['last_seen']:%Y-%m-%d}"
    return f"{who} {what} ({rarity}; {bits}{side}; {times})"


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
