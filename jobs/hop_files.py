"""Reads the published files of Hop Protocol's airdrop of 2022 under the detection's names.

Facts come from `hop-protocol/hop-airdrop`; the labels in them are Hop's decisions and the reports
that it accepted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from jobs.outside_data import read_columns
from warehouse.errors import SourceRefused

_ACCOUNTS: Final = ("address", "first_hop_ts", "total_volume_usd")
_TRANSFERS: Final = ("src", "dst", "kind", "chain", "n")
_LABELS: Final = ("address", "sybil", "cluster", "label_source")
_LISTS: Final = ("address", "list")


@dataclass(frozen=True)
class HopData:
    """The published files under the detection's names.

    Attributes:
        accounts: account_id, first_seen, volume_usd.
        transfers: source, destination, kind, chain, count; none to oneself.
        labels: account_id, decided, source, published; None where the folder holds none.
        listed: Addresses on Hop's entity lists; None where they were not asked for.
    """

    accounts: pl.DataFrame
    transfers: pl.DataFrame
    labels: pl.DataFrame | None
    listed: pl.Series | None


def read_hop(folder: Path, *, entity_lists: bool = False) -> HopData:
    """Read the published files.

    Raises:
        SourceRefused: A file is missing or lacks a column, or an address occurs twice.
    """
    accounts = read_columns(folder / "accounts.parquet", _ACCOUNTS).select(
        account_id="address", first_seen="first_hop_ts", volume_usd="total_volume_usd"
    )
    if accounts["account_id"].n_unique() < accounts.height:
        raise SourceRefused("an address occurs twice in 'accounts.parquet'; each is one account")
    transfers = (
        read_columns(folder / "transfers.parquet", _TRANSFERS)
        .filter(pl.col("src") != pl.col("dst"))
        .select("kind", "chain", source="src", destination="dst", count=pl.col("n").cast(pl.Int64))
    )
    return HopData(
        accounts=accounts.sort("account_id"),
        transfers=transfers,
        labels=_read_labels(folder, accounts),
        listed=_read_lists(folder) if entity_lists else None,
    )


def _read_labels(folder: Path, accounts: pl.DataFrame) -> pl.DataFrame | None:
    files = sorted(folder.glob("labels*.parquet"))
    if not files:
        return None
    labels = pl.concat([read_columns(path, _LABELS) for path in files]).select(
        account_id="address",
        decided=pl.col("sybil") == 1,
        source="label_source",
        published="cluster",
    )
    if labels["account_id"].n_unique() < labels.height:
        raise SourceRefused("an address is labelled twice; each has one decision")
    return labels.join(accounts, on="account_id", how="semi").sort("account_id")


def _read_lists(folder: Path) -> pl.Series:
    lists = read_columns(folder / "entity_lists.parquet", _LISTS)
    allowed = pl.col("list").str.to_lowercase().str.ends_with("whitelist")
    return lists.filter(~allowed)["address"].unique().sort()
