"""The package sybilkit: clusters with at least two kinds of evidence. It needs no labels.

Source: sybilkit 0.1.1, used as its description says: `Dataset.from_events`, `detect` with the
default `DetectConfig`, `DetectResult.flagged`.

How a season is put to it: who opened an account during the season is a contributor, the order of
opening is the join counter, a deposit on the exchange is a deposit. A thousand dollars are one
ether, so that its round amounts, hundredths of an ether, are tens of dollars. Who sent the first
deposit is the first funder, unless an entity (`graphs`), as the package leaves out those it knows.
With blocks of twelve seconds it finds nobody at all, since an exchange has fewer newcomers than its
example has; of blocks up to a day, and of newcomers or everybody, what gives the best F1 on seed 4
is taken: newcomers, a day.
What it cannot be given: gas prices, which an exchange does not see, so one of its five families is
silent. What it has no place for: devices, addresses, fills and referrals.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import polars as pl
from sybilkit import Dataset, DetectConfig, detect

from benchmarks.peers.graphs import without_entities
from benchmarks.peers.season import Season

WEI_A_CENT: Final = 10**13
BLOCK: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


def clusters(season: Season) -> pl.Series:
    """Return the owners in flagged clusters."""
    owners = season.owners["owner_id"]
    newcomers = season.owners.filter(pl.col("opened_at") >= season.begins)
    joined = newcomers.sort("opened_at", "owner_id")["owner_id"]
    deposits = season.transfers.filter(pl.col("destination").is_in(joined.implode()))
    first = deposits.unique("destination", keep="first", maintain_order=True)
    told = without_entities(season.transfers, owners)["transfer_id"].implode()
    funding = first.filter(pl.col("transfer_id").is_in(told))
    dataset = Dataset.from_events(
        _deposits(deposits, season),
        [
            {"contributor": _address(owner), "index": number}
            for number, owner in enumerate(joined, start=1)
        ],
        funding=[
            {"address": _address(owner), "funder": _address(source), "hops": 1}
            for owner, source in funding.select("destination", "source").iter_rows()
        ],
    )
    flagged = detect(dataset, DetectConfig()).flagged
    return joined.filter([_address(owner) in flagged for owner in joined])


def _deposits(deposits: pl.DataFrame, season: Season) -> list[dict[str, Any]]:
    whole = deposits.with_columns(
        cents=(pl.col("usd") * 100).round().cast(pl.Int64),
        since=pl.col("ts") - season.begins,
    ).with_columns(
        so_far=pl.col("cents").cum_sum().over("destination"),
        number=pl.int_range(1, pl.len() + 1).over("destination"),
    )
    return [
        {
            "contributor": _address(row["destination"]),
            "hour": row["since"] // HOUR,
            "amount_wei": row["cents"] * WEI_A_CENT,
            "credited_delta_wei": row["cents"] * WEI_A_CENT,
            "weight_added_wei": row["cents"] * WEI_A_CENT,
            "new_weight_wei": row["so_far"] * WEI_A_CENT,
            "tx_count": row["number"],
            "block_number": row["since"] // BLOCK,
            "tx_hash": f"0x{sha256(row['transfer_id'].encode()).hexdigest()}",
            "log_index": 0,
        }
        for row in whole.iter_rows(named=True)
    ]


def _address(name: str) -> str:
    return f"0x{sha256(name.encode()).hexdigest()[:40]}"
