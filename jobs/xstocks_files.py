"""Turns the published swaps and funding edges of xStocks pools into event files.

Facts come from `mkzung/solana-xstocks-wash-analysis` (MIT). The counterparty of every swap is the
pool, an automated market maker: an account of kind `system`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from jobs.outside_data import read_columns

_SWAPS: Final = (
    "pool",
    "venue",
    "ts",
    "wallet",
    "side",
    "usd",
    "from_amount",
    "to_amount",
    "tx_hash",
    "named_wash_wallet",
    "control_pool",
)
_FUNDING: Final = ("funder", "wallet", "seed_usd", "age_days")
_INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
_STATED: Final = pl.Decimal(38, 20)  # reads what is written as 5.2e-05 too, without loss
_POOL_CHARACTERS: Final = 32  # of an address in a fill's id, so that it stays within 128


@dataclass(frozen=True)
class XstocksFeed:
    """The published data as rows of event files; every column is text.

    Attributes:
        wallets: wallet, named (bool: by the publisher's rule); one row a wallet with a swap.
        accounts: account_id, opened_at, kind.
        fills: One row a swap.
        transfers: One row a funding edge with an amount.
        edges_left_out: Funding edges without an amount, or from a wallet to itself.
    """

    wallets: pl.DataFrame
    accounts: pl.DataFrame
    fills: pl.DataFrame
    transfers: pl.DataFrame
    edges_left_out: int


def read_xstocks(folder: Path) -> XstocksFeed:
    """Read the published files.

    Raises:
        SourceRefused: A file is missing or lacks a column.
    """
    swaps = read_columns(folder / "swaps.csv.gz", _SWAPS).with_columns(
        pl.col("ts").str.to_datetime("%Y-%m-%d %H:%M:%S%#z", time_zone="UTC"),
        named=pl.col("named_wash_wallet") == "true",
    )
    funding = read_columns(folder / "funding.csv", _FUNDING).with_columns(
        # The data give an age in whole days and no instant, so this is right to the day at best.
        funded_at=swaps["ts"].max() - pl.duration(days=pl.col("age_days").cast(pl.Int64))
    )
    transfers = _transfers(funding)
    return XstocksFeed(
        wallets=swaps.group_by("wallet").agg(pl.col("named").any()).sort("wallet"),
        accounts=_accounts(swaps, funding),
        fills=_fills(swaps),
        transfers=transfers,
        edges_left_out=funding.height - transfers.height,
    )


def write_feed(feed: XstocksFeed, folder: Path) -> Path:
    """Write the event files as CSV into a new folder and return it."""
    folder.mkdir()
    feed.accounts.write_csv(folder / "accounts.csv")
    feed.fills.write_csv(folder / "fills.csv")
    feed.transfers.write_csv(folder / "transfers.csv")
    return folder


def _accounts(swaps: pl.DataFrame, funding: pl.DataFrame) -> pl.DataFrame:
    funded = funding.group_by("wallet").agg(pl.col("funded_at").min())
    wallets = (
        swaps.group_by("wallet")
        .agg(pl.col("ts").min())
        .join(funded, on="wallet", how="left")
        .select(
            account_id="wallet",
            opened_at=pl.coalesce("funded_at", "ts"),
            kind=pl.lit("retail"),
        )
    )
    pools = (
        swaps.group_by("pool")
        .agg(pl.col("ts").min())
        .select(account_id="pool", opened_at="ts", kind=pl.lit("system"))
    )
    both = pl.concat([wallets, pools]).sort("account_id")
    return both.with_columns(pl.col("opened_at").dt.strftime(_INSTANT))


def _fills(swaps: pl.DataFrame) -> pl.DataFrame:
    buys = pl.col("side") == "buy"
    tokens = pl.when(buys).then("to_amount").otherwise("from_amount")
    usd = pl.col("usd").cast(_STATED)
    price = pl.col("usd").cast(pl.Float64) / tokens.cast(pl.Float64)
    stocks = pl.col("control_pool") == "false"
    return swaps.select(
        fill_id=pl.concat_str("tx_hash", pl.col("pool").str.head(_POOL_CHARACTERS), separator="/"),
        ts=pl.col("ts").dt.strftime(_INSTANT),
        market="venue",
        product=pl.when(stocks).then(pl.lit("equity")).otherwise(pl.lit("spot")),
        maker_id="pool",
        taker_id="wallet",
        taker_side="side",
        price=price.round(12).cast(pl.Decimal(38, 12)).cast(pl.String),
        quantity=tokens.cast(_STATED).cast(pl.String),
        notional_usd=usd.cast(pl.String),
        maker_fee_usd=pl.lit("0"),
        taker_fee_usd=pl.lit("0"),
    ).sort("fill_id")


def _transfers(funding: pl.DataFrame) -> pl.DataFrame:
    stated = funding.filter(
        pl.col("seed_usd").is_not_null() & (pl.col("funder") != pl.col("wallet"))
    ).sort("funder", "wallet")
    amount = pl.col("seed_usd").cast(_STATED).cast(pl.String)
    return stated.with_row_index("number", offset=1).select(
        transfer_id=pl.format("funding-{}", "number"),
        ts=pl.col("funded_at").dt.strftime(_INSTANT),
        source="funder",
        destination="wallet",
        asset=pl.lit("unstated"),
        amount=amount,  # in USD: the data name no asset
        amount_usd=amount,
        kind=pl.lit("onchain"),
    )
