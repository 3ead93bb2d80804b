"""Wallets that keep coming back to where they were: round trips on one market.

Volume without a position at the end is what a reward for volume buys. The rule follows Victor and
Weintraud ("Detecting and quantifying wash trading on decentralized cryptocurrency exchanges", WWW
2021): a set of trades is neutral when it leaves those who made it within 1 % of where they were,
inside a stated window. They look at rings of traders; against a pool there is one trader, so it is
asked of each wallet alone, and that it turned its largest position over several times. It reads
token amounts and their order, never USD balances.

That a wallet makes round trips does not say that it washes: market makers, arbitrage and a day's
speculation do too. The rule finds candidates for a moderator.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl


@dataclass(frozen=True)
class RoundTripTerms:
    """What counts as a round trip, and as many of them.

    Attributes:
        window: Longest time from the first to the last swap of a neutral stretch.
        tolerance: Most net position after it, as a share of the tokens moved in it.
        least_share: Least share of a wallet's notional inside neutral stretches.
        least_turns: Fewest times that a wallet turned its largest position over, in and out.
    """

    window: timedelta = timedelta(hours=1)
    tolerance: float = 0.01
    least_share: float = 0.8
    least_turns: float = 3.0


TERMS: Final = RoundTripTerms()


def round_trips(swaps: pl.DataFrame, terms: RoundTripTerms = TERMS) -> pl.DataFrame:
    """Measure every wallet's round trips.

    A stretch is any run of a wallet's consecutive swaps on one market, of at least two; it is
    neutral when it fits the terms. All pairs of a wallet's swaps within the window are compared,
    so the work grows with the square of what one wallet does in one window.

    Args:
        swaps: wallet, market, ts (instant), order (any value that orders swaps of one instant;
            unique with the instant), tokens (float: bought positive, sold negative), usd (float).
        terms: What counts.

    Returns:
        wallet, notional (USD), share (of it inside neutral stretches), turns (of the largest
        position that it ever moved between, over all markets), flagged; by wallet.
    """
    run = ("wallet", "market")
    steps = swaps.sort("wallet", "market", "ts", "order").with_columns(
        place=pl.int_range(pl.len()).over(run),
        position=pl.col("tokens").cum_sum().over(run),
        moved=pl.col("tokens").abs().cum_sum().over(run),
    )
    neutral = _neutral(steps, terms)
    reach = neutral.group_by("wallet", "market", "first").agg(pl.col("last").max())
    covered = (
        steps.join(reach, left_on=(*run, "place"), right_on=(*run, "first"), how="left")
        .sort(*run, "place")
        .with_columns(
            inside=pl.col("last").fill_null(-1).cum_max().over(run) >= pl.col("place"),
        )
    )
    by_market = covered.group_by(run).agg(
        pl.col("usd").sum().alias("notional"),
        pl.col("usd").filter("inside").sum(),
        span=_span() / pl.col("tokens").abs().sum() * pl.col("usd").sum(),
    )
    totals = by_market.group_by("wallet").agg(pl.col("notional", "usd", "span").sum())
    notional = pl.col("notional")
    return (
        totals.select(
            "wallet",
            "notional",
            share=pl.when(notional > 0).then(pl.col("usd") / notional).otherwise(0.0),
            turns=pl.when(notional > 0).then(notional / (2 * pl.col("span"))).otherwise(0.0),
        )
        .with_columns(
            flagged=(pl.col("share") >= terms.least_share) & (pl.col("turns") >= terms.least_turns)
        )
        .sort("wallet")
    )


def _span() -> pl.Expr:
    """Return how far the highest position is above the lowest, in tokens, the start included."""
    position = pl.col("position")
    return pl.max_horizontal(position.max(), 0.0) - pl.min_horizontal(position.min(), 0.0)


def _neutral(steps: pl.DataFrame, terms: RoundTripTerms) -> pl.DataFrame:
    """Return wallet, market, first, last (places of the ends) of every neutral stretch."""
    before = steps.select(
        "wallet",
        "market",
        first="place",
        began="ts",
        position_before=pl.col("position") - pl.col("tokens"),
        moved_before=pl.col("moved") - pl.col("tokens").abs(),
    )
    after = steps.select("wallet", "market", "position", "moved", last="place", ended="ts")
    off = (pl.col("position") - pl.col("position_before")).abs()
    return (
        before.join(after, on=["wallet", "market"])
        .filter(
            (pl.col("first") < pl.col("last"))
            & (pl.col("ended") - pl.col("began") <= terms.window)
            & (off <= terms.tolerance * (pl.col("moved") - pl.col("moved_before")))
        )
        .select("wallet", "market", "first", "last")
    )
