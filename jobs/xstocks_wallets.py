"""Round trips of the published swaps against the wallets that the publisher named.

The publisher named wallets by counts and USD balances of swaps. The rule here reads something else,
token positions over time, so agreement is not built in. What counts against it are two kinds of
wallets that nobody takes for washing: those of the control pool, and heavy traders whose buys and
sells differ by more than the publisher allows. Wallets of neither kind are counted apart.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl

from detection.bootstrap import Interval, wilson
from detection.round_trips import TERMS, RoundTripTerms, round_trips
from jobs.outside_data import read_columns

# The publisher's own rule asks for 5 buys and 5 sells in one pool within 10 % in USD.
HEAVY_SWAPS: Final = 10
PUBLISHED_BALANCE: Final = 0.10
_COLUMNS: Final = (
    "pool",
    "ts",
    "slot",
    "tx_hash",
    "wallet",
    "side",
    "usd",
    "from_amount",
    "to_amount",
    "named_wash_wallet",
    "control_pool",
)


@dataclass(frozen=True)
class WalletAgreement:
    """How far the rule agrees with the publisher, over wallets.

    Attributes:
        what: The rule's terms, in words.
        named: Wallets that the publisher named.
        named_flagged: Of them, those that the rule flags.
        control: Wallets of the control pool that are not named.
        control_flagged: Of them, flagged.
        unbalanced: Heavy wallets with at least `HEAVY_SWAPS` swaps in a pool, out of balance by
            more than `PUBLISHED_BALANCE` in each such pool; not in the control pool.
        unbalanced_flagged: Of them, flagged.
        others: Wallets of neither kind; no one decided about them.
        others_flagged: Of them, flagged.
        precision: named_flagged over all flagged of the first three kinds.
        precision_interval: Wilson's, of it.
        recall: named_flagged over named.
        recall_interval: Wilson's, of it.
    """

    what: str
    named: int
    named_flagged: int
    control: int
    control_flagged: int
    unbalanced: int
    unbalanced_flagged: int
    others: int
    others_flagged: int
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval


def compare_wallets(folder: Path) -> tuple[WalletAgreement, ...]:
    """Compare the rule, and the rule with one term changed at a time.

    Args:
        folder: Holds swaps.csv.gz.

    Raises:
        SourceRefused: The file is missing or lacks a column.
    """
    swaps = _read_swaps(folder)
    kinds = wallet_kinds(swaps)
    return tuple(
        _agreement(what, kinds.join(round_trips(swaps, terms), on="wallet"))
        for what, terms in _terms()
    )


def wallet_kinds(swaps: pl.DataFrame) -> pl.DataFrame:
    """Say of each wallet whether it is named, of the control pool, unbalanced or none of these.

    Args:
        swaps: wallet, market, tokens, usd, named, control.

    Returns:
        wallet, wallet_kind (named, control, unbalanced or other).
    """
    bought = pl.col("usd").filter(pl.col("tokens") > 0).sum()
    sold = pl.col("usd").filter(pl.col("tokens") < 0).sum()
    heavy = pl.col("swaps") >= HEAVY_SWAPS
    by_pool = swaps.group_by("wallet", "market").agg(
        pl.len().alias("swaps"),
        pl.col("named", "control").any(),
        (bought - sold).abs().alias("apart"),
        pl.max_horizontal(bought, sold).alias("larger"),
    )
    balanced = pl.col("apart") <= PUBLISHED_BALANCE * pl.col("larger")
    return (
        by_pool.group_by("wallet")
        .agg(
            pl.col("named", "control").any(),
            unbalanced=heavy.any() & ~(heavy & balanced).any(),
        )
        .select(
            "wallet",
            pl.when("named")
            .then(pl.lit("named"))
            .when("control")
            .then(pl.lit("control"))
            .when("unbalanced")
            .then(pl.lit("unbalanced"))
            .otherwise(pl.lit("other"))
            .alias("wallet_kind"),
        )
        .sort("wallet")
    )


def _terms() -> list[tuple[str, RoundTripTerms]]:
    as_is = (
        f"{TERMS.tolerance:.0%}, 60 minutes, {TERMS.least_share:.0%} of volume, "
        f"{TERMS.least_turns:.0f} turns"
    )
    return [
        (as_is, TERMS),
        *((f"within {off:.1%}", replace(TERMS, tolerance=off)) for off in (0.005, 0.02, 0.05)),
        *(
            (f"{minutes} minutes", replace(TERMS, window=timedelta(minutes=minutes)))
            for minutes in (10, 30, 1_440)
        ),
        *((f"{part:.0%} of volume", replace(TERMS, least_share=part)) for part in (0.5, 0.7, 0.9)),
        *((f"{times} turns", replace(TERMS, least_turns=times)) for times in (1, 2, 4, 5)),
    ]


def _read_swaps(folder: Path) -> pl.DataFrame:
    swaps = read_columns(folder / "swaps.csv.gz", _COLUMNS)
    buys = pl.col("side") == "buy"
    return swaps.select(
        "wallet",
        market="pool",
        ts=pl.col("ts").str.to_datetime("%Y-%m-%d %H:%M:%S%#z", time_zone="UTC"),
        # Within a slot the data give no order; the transaction's hash only makes it the same twice.
        order=pl.struct(pl.col("slot").cast(pl.Int64), "side", "tx_hash"),
        tokens=pl.when(buys)
        .then(pl.col("to_amount").cast(pl.Float64))
        .otherwise(-pl.col("from_amount").cast(pl.Float64)),
        usd=pl.col("usd").cast(pl.Float64),
        named=pl.col("named_wash_wallet") == "true",
        control=pl.col("control_pool") == "true",
    )


def _agreement(what: str, wallets: pl.DataFrame) -> WalletAgreement:
    def counts(kind: str) -> tuple[int, int]:
        mine = wallets.filter(pl.col("wallet_kind") == kind)
        return mine.height, int(mine["flagged"].sum())

    (named, found), (control, of_control) = counts("named"), counts("control")
    (unbalanced, of_unbalanced), (others, of_others) = counts("unbalanced"), counts("other")
    flagged = found + of_control + of_unbalanced
    return WalletAgreement(
        what=what,
        named=named,
        named_flagged=found,
        control=control,
        control_flagged=of_control,
        unbalanced=unbalanced,
        unbalanced_flagged=of_unbalanced,
        others=others,
        others_flagged=of_others,
        precision=found / flagged if flagged else 0.0,
        precision_interval=wilson(found, flagged),
        recall=found / named if named else 0.0,
        recall_interval=wilson(found, named),
    )
