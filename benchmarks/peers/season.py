"""A synthetic season as an exchange would see it, for peers: no labels, owners for accounts.

The accounts of one declared owner are that owner's everywhere, for every peer: an exchange knows
them, and no peer is to lose by what it was not told.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

BEGINS: Final = "begins.txt"
TRUTH: Final = "truth.parquet"


@dataclass(frozen=True)
class Season:
    """What peers may look at, read from the registered files when first asked for.

    Attributes:
        folder: Where `benchmarks.peers.making` put the season.
    """

    folder: Path

    @property
    def home(self) -> Path:
        """The home that has ingested it."""
        return self.folder / "home"

    @cached_property
    def begins(self) -> datetime:
        """When the season opens, UTC without a zone, as events are stored."""
        return datetime.fromisoformat((self.folder / BEGINS).read_text())

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """Every account as it stood last: account_id, owner_id, opened_at, country, kyc_level."""
        return (
            self._events("accounts")
            .sort("changed_at", "account_id")
            .unique("account_id", keep="last", maintain_order=True)
            .filter(pl.col("kind").fill_null("retail") != "system")
            .select(
                "account_id",
                pl.coalesce("owner_id", "account_id").alias("owner_id"),
                "opened_at",
                "country",
                "kyc_level",
            )
            .sort("account_id")
        )

    @cached_property
    def owners(self) -> pl.DataFrame:
        """Every owner by the first account: owner_id, opened_at, country, kyc_level; sorted."""
        return (
            self.accounts.sort("opened_at", "account_id")
            .unique("owner_id", keep="first", maintain_order=True)
            .drop("account_id")
            .sort("owner_id")
        )

    @cached_property
    def logins(self) -> pl.DataFrame:
        """owner_id, ts, ip, device; the last two hashed or null."""
        return self._owned(
            self._events("logins").select("account_id", "ts", ip="ip_hmac", device="device_hmac")
        )

    @cached_property
    def transfers(self) -> pl.DataFrame:
        """ts, transfer_id, source, destination, usd; in time. Ends are owners or addresses."""
        whose = dict(self.accounts.select("account_id", "owner_id").iter_rows())
        return (
            self._events("transfers")
            .sort("ts", "transfer_id")
            .select(
                "ts",
                "transfer_id",
                pl.col("source", "destination").replace(whose),
                usd=pl.coalesce("amount_usd", "amount").cast(pl.Float64),
            )
            .filter(pl.col("source") != pl.col("destination"))
        )

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Both sides of every fill: owner_id, ts, market, usd."""
        fills = self._events("fills")
        sides = [
            fills.select("ts", "market", account_id=side, usd=pl.col("notional_usd"))
            for side in ("maker_id", "taker_id")
        ]
        return self._owned(pl.concat(sides).with_columns(pl.col("usd").cast(pl.Float64)))

    @cached_property
    def referrals(self) -> pl.DataFrame:
        """ts, referrer, referee; owners, in time."""
        whose = dict(self.accounts.select("account_id", "owner_id").iter_rows())
        return (
            self._events("referrals")
            .sort("ts", "referral_id")
            .select(
                "ts",
                pl.col("referrer_id").replace(whose).alias("referrer"),
                pl.col("referee_id").replace(whose).alias("referee"),
            )
        )

    def truth(self) -> pl.DataFrame:
        """Return the simulator's truth. For scoring, and for a peer that learns from the past."""
        return pl.read_parquet(self.folder / TRUTH)

    def _events(self, kind: str) -> pl.DataFrame:
        files = str(self.home / "events" / kind / "**" / "*.parquet")
        return pl.read_parquet(files, hive_partitioning=False)

    def _owned(self, events: pl.DataFrame) -> pl.DataFrame:
        return events.join(
            self.accounts.select("account_id", "owner_id"), on="account_id", maintain_order="left"
        ).drop("account_id")


@dataclass(frozen=True)
class Past:
    """An earlier season about which everything is known, for peers that learn.

    Attributes:
        season: What could be seen of it.
        farms: owner_id of everybody who ran a farm's account: the simulator's truth, which is more
            than any exchange has.
    """

    season: Season
    farms: pl.Series
