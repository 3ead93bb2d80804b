"""The two rules that most exchanges start with. They need no labels.

Source: what exchanges say in their terms (Backpack's rule of three accounts a device, March 2026;
Binance's, one account a person with family members on one device excepted). Neither publishes code.
"""

from typing import Final

import polars as pl

from benchmarks.peers.graphs import components, large_enough, sharing
from benchmarks.peers.season import Season

ALLOWED: Final = 3


def shared_device_or_ip(season: Season) -> pl.Series:
    """Return everybody who shares a device or an IP address with somebody, directly or not.

    Components of at least two owners on the graph of owners, devices and addresses, whatever the
    time between their logins.
    """
    held = [
        season.logins.select("owner_id", pl.format("{} {}", pl.lit(kind), kind).alias("value"))
        for kind in ("device", "ip")
    ]
    parted = components(sharing(pl.concat(held)))
    return large_enough(parted, season.owners["owner_id"], 2)["node"]


def many_on_a_device(season: Season) -> pl.Series:
    """Return everybody who uses a device that more than three owners use."""
    used = season.logins.select("owner_id", "device").drop_nulls().unique()
    crowded = used.filter(pl.len().over("device") > ALLOWED)
    return crowded["owner_id"].unique()
