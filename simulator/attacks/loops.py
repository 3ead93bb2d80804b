"""A10: lending loops and parked positions."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import PLANTED_TRANSFERS, Attack, Planted
from simulator.population import Site, shared
from simulator.season import HOUR, MINUTE


@dataclass(frozen=True)
class LendingLoops(Attack):
    """What was borrowed is lent again by the next account, for points on what is held.

    Programmes that pay for balances are farmed by borrowing against what was supplied, over and
    over, and by positions that are only there when the snapshot is taken.
    """

    name: ClassVar[str] = "A10"
    share_bps: ClassVar[int] = 40
    levels: ClassVar[tuple[str, ...]] = (
        "what one borrows is sent to the next inside the exchange; one program, one sink",
        "loops by hand; besides a position parked over most midnights, ten minutes on either side",
        "held for random hours; collateral split, and moved by wallets of its own, days later",
    )

    fewest: int = 2
    most: int = 8
    borrowed_percent: int = 70  # of what an account has, which is sent on

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Lend and borrow in turns."""
        del site
        count = len(members)
        whole = shared(draws, members, count, "0x")
        split = pl.Series(draws.whole(30, 171, count))
        night = pl.Series(draws.whole(22, 26, count)) % 24
        style = at_level(*(pl.lit(name) for name in ("wander", "park", "park")))
        return members.with_columns(
            at_level(whole, "sink").alias("sink"),
            pl.when(from_level(3))
            .then(pl.col("capital") * split // 100)
            .otherwise("capital")
            .alias("capital"),
            pl.Series("jitter", by_level(members, 0, 10 * MINUTE, 8 * HOUR)),
            style.alias("style"),
            pl.when(from_level(2)).then(2_000).otherwise("aside_bps").alias("aside_bps"),
            pl.when(from_level(2)).then(night).otherwise("hour").alias("hour"),
            at_level(pl.lit("loop"), pl.lit("loop_by_hand")).alias("lends"),
        )

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Send what was borrowed to the next account: inside, or from wallet to wallet."""
        del site
        farm = people.filter(pl.col("pattern") == self.name).sort("group", "seat")
        count = len(farm)
        moved = farm.with_columns(
            pl.col("account_id").shift(-1).over("group").alias("to"),
            pl.max_horizontal("starts", pl.col("starts").shift(-1).over("group")).alias("both"),
            (pl.col("capital") * self.borrowed_percent // 100).alias("amount"),
            pl.Series("near", draws.tokens(count, "0x", 40).tolist(), pl.String),
            pl.Series("far", draws.tokens(count, "0x", 40).tolist(), pl.String),
            *(
                pl.Series(name, draws.whole(low * HOUR, high * HOUR, count))
                for name, low, high in (("soon", 24, 48), ("later", 12, 60), ("last", 12, 60))
            ),
        ).drop_nulls("to")
        inside, outside = moved.filter(~from_level(3)), moved.filter(from_level(3))
        ts = pl.col("both") + pl.col("soon")
        hops = (
            _sent(inside, ts, ("account_id", "to"), "internal"),
            _sent(outside, ts, ("account_id", "near"), "withdrawal"),
            _sent(outside, ts + pl.col("later"), ("near", "far"), "onchain"),
            _sent(outside, ts + pl.col("later") + pl.col("last"), ("far", "to"), "deposit"),
        )
        return Planted(transfers=pl.concat(hops))


def _sent(moved: pl.DataFrame, ts: pl.Expr, ends: tuple[str, str], kind: str) -> pl.DataFrame:
    source, destination = ends
    return moved.select(
        ts.alias("ts"),
        pl.col(source).alias("source"),
        pl.col(destination).alias("destination"),
        pl.col("amount").alias("amount_usd"),
        kind=pl.lit(kind),
    ).cast(PLANTED_TRANSFERS)
