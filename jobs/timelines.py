"""What two owners of a case traded at about the same time, or one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from detection.fusion import ORDERS
from warehouse.evidence_rows import EvidenceRows
from warehouse.home import Home
from warehouse.records import EventFile
from warehouse.trading import load_aligned_fills

USUAL_CELL: Final = 60


@dataclass(frozen=True)
class Aligned:
    """What two owners did in one market within one cell.

    Attributes:
        ts: The first fill in it, UTC.
        market: Where.
        side_a: 'buy', 'sell' or 'both', of the first owner.
        usd_a: How much of it, as text.
        side_b: Of the second owner.
        usd_b: How much of it, as text.
        opposite: Whether one bought and the other sold.
        fills: How many fills that were.
        met: How many of them were between the two.
    """

    ts: datetime
    market: str
    side_a: str
    usd_a: str
    side_b: str
    usd_b: str
    opposite: bool
    fills: int
    met: int


@dataclass(frozen=True)
class Repeated:
    """A rare sequence of openings that both owners made, or one opening that has an echo.

    Attributes:
        steps: What was opened, in its order.
        holders: How many owners opened the same sequence; None of an echo, which is told by always
            being as much later.
        began_a: When the first owner began it, UTC.
        began_b: When the second did.
    """

    steps: str
    holders: int | None
    began_a: datetime
    began_b: datetime


@dataclass(frozen=True)
class OrdersPair:
    """Two owners with evidence of orders.

    Attributes:
        owner_a: The first.
        owner_b: The second.
        signals: Of the evidence, sorted.
        millibits: Its sum, before any clip.
        opposite: The number of the observation of opposite sides; None without one.
        replay: The number of the observation of sequences; None without one.
    """

    owner_a: str
    owner_b: str
    signals: tuple[str, ...]
    millibits: int
    opposite: int | None
    replay: int | None


@dataclass(frozen=True)
class PairTimeline:
    """What two owners traded together.

    Attributes:
        pair: The two, and the evidence between them.
        seconds: Length of the cells of `aligned`: the shortest in which the two are opposite as
            often as the evidence has it, `USUAL_CELL` where it is of fills between them, and 0
            where it is of sequences alone.
        aligned: What both traded in one market and cell, oldest first: cells with opposite sides
            or with fills between the two.
        aligned_in_all: How many such cells there are.
        repeated: The first sequences that both opened, by when the second of the two began.
    """

    pair: OrdersPair
    seconds: int
    aligned: tuple[Aligned, ...]
    aligned_in_all: int
    repeated: tuple[Repeated, ...]


def strongest_pairs(pieces: pl.DataFrame, most: int) -> tuple[OrdersPair, ...]:
    """Return the pairs with the strongest evidence of orders.

    Args:
        pieces: From `detection.observations.pieces_of`.
        most: How many.
    """
    signal = pl.col("signal")
    pairs = (
        pieces.filter(pl.col("family").is_in(ORDERS))
        .group_by("owner_a", "owner_b")
        .agg(
            signal.unique().sort().alias("signals"),
            pl.col("weight_millibits").sum(),
            pl.col("piece").filter(signal == "opposite").first().alias("opposite"),
            pl.col("piece").filter(signal == "replay").first().alias("replay"),
        )
        .sort("weight_millibits", "owner_a", "owner_b", descending=[True, False, False])
        .head(most)
    )
    return tuple(
        OrdersPair(a, b, tuple(signals), *rest) for a, b, signals, *rest in pairs.iter_rows()
    )


def timeline_of(
    home: Home,
    files: Sequence[EventFile],
    until: datetime,
    pair: OrdersPair,
    found: EvidenceRows,
    most: int,
) -> PairTimeline:
    """Return what a pair traded together, and which sequences both opened.

    Args:
        home: Where the files lie.
        files: Registered files.
        until: Events from this instant on are not read; aware UTC.
        pair: The pair.
        found: The rows behind the case's evidence.
        most: Most cells, and most sequences.
    """
    mine = found.sequences.filter(pl.col("piece").is_in([pair.replay])).head(most)
    columns = ("steps", "holders", "began_a", "began_b")
    repeated = tuple(Repeated(*row) for row in mine.select(columns).rows())
    if pair.signals == ("replay",):
        return PairTimeline(pair, 0, (), 0, repeated)
    cells = found.cells.filter(pl.col("piece").is_in([pair.opposite]))["seconds"]
    seconds = cells[0] if len(cells) else USUAL_CELL
    told = _told(home, files, until, pair, seconds)
    aligned = tuple(Aligned(*row) for row in told.head(most).rows())
    return PairTimeline(pair, seconds, aligned, told.height, repeated)


def _told(
    home: Home, files: Sequence[EventFile], until: datetime, pair: OrdersPair, seconds: int
) -> pl.DataFrame:
    owners = (pair.owner_a, pair.owner_b)
    found = load_aligned_fills(home, files, owners, until=until, seconds=seconds)
    sides = pl.concat_list("side_a", "side_b").list.sort()
    return (
        found.with_columns(opposite=sides == pl.lit(["buy", "sell"]))
        .filter(pl.col("opposite") | (pl.col("met") > 0))
        .select(
            "ts",
            "market",
            "side_a",
            _money("notional_a").alias("usd_a"),
            "side_b",
            _money("notional_b").alias("usd_b"),
            "opposite",
            "fills",
            "met",
        )
    )


def _money(column: str) -> pl.Expr:
    return pl.col(column).round(2).cast(pl.Decimal(38, 2)).cast(pl.String)
