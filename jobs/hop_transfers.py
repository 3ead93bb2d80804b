"""Turns Hop's transfers into sightings and runs the detection on them, without labels."""

from datetime import UTC, datetime
from typing import Final

import polars as pl

from detection.detect import NO_PREVIOUS, detect
from detection.terms import DetectionTerms, SignalTerms
from jobs.hop_files import HopData
from warehouse.findings import (
    ACCOUNTS_SCHEMA,
    DIRECT_SCHEMA,
    HUBS_SCHEMA,
    NETWORKS_SCHEMA,
    SEEN_SCHEMA,
    Detection,
    Sightings,
)

AS_OF: Final = datetime(2022, 5, 6, tzinfo=UTC)  # names the clusters; the transfers have no dates


def hop_sightings(data: HopData, cap: int, listed: pl.Series | None = None) -> Sightings:
    """Turn transfers between accounts into sightings.

    An address with more than `cap` counterparties, account or not, is a hub: its transfers are cut
    and it is named among the hubs. Shared counterparties outside of the accounts are left out; with
    neither dates nor amounts they join strangers.

    Args:
        data: From `read_hop`.
        cap: Most counterparties of an address that links.
        listed: Addresses that never link, whatever their degree.
    """
    degrees = _degrees(data.transfers)
    linking = degrees.filter(pl.col("holders") <= cap)["value_hash"]
    if listed is not None:
        linking = linking.filter(~linking.is_in(listed.implode()))
    ends = pl.col("source", "destination")
    among = data.accounts["account_id"].filter(data.accounts["account_id"].is_in(linking.implode()))
    direct = (
        data.transfers.filter(pl.all_horizontal(ends.is_in(among.implode())))
        .group_by("source", "destination")
        .agg(pl.col("count").sum())
        .select(
            source_owner="source",
            source_account="source",
            destination_owner="destination",
            destination_account="destination",
            first_seen=pl.lit(None),
            last_seen=pl.lit(None),
            sightings="count",
        )
    )
    accounts = data.accounts.select(
        "account_id",
        owner_id="account_id",
        opened_at=pl.lit(None),
        declared_group=pl.lit(None),
        kind=pl.lit("retail"),
    )
    hubs = degrees.filter(pl.col("holders") > cap).select(
        "value_hash", "holders", family=pl.lit("funding"), signal=pl.lit("direct_transfer")
    )
    return Sightings(
        accounts=accounts.cast(ACCOUNTS_SCHEMA),
        devices=pl.DataFrame(schema=SEEN_SCHEMA),
        networks=pl.DataFrame(schema=NETWORKS_SCHEMA),
        addresses=pl.DataFrame(schema=SEEN_SCHEMA),
        direct=direct.cast(DIRECT_SCHEMA),
        hubs=hubs.select(HUBS_SCHEMA.names()).cast(HUBS_SCHEMA),
    )


def run_detection(data: HopData, cap: int, listed: pl.Series | None = None) -> Detection:
    """Run the detection on the accounts and transfers alone.

    A transfer between two accounts counts as two-sided, whichever way it went, and links by itself:
    it is all the evidence there is, without dates to see who answered whom, and the degree cap
    takes out who sends dust to strangers.
    """
    terms = DetectionTerms(
        direct_transfer=SignalTerms(cost_millibits=0, cap=cap, two_sided=True),
        strong_millibits=1,
        resolution_millibits=0,
    )
    return detect(hop_sightings(data, cap, listed), terms, NO_PREVIOUS, AS_OF)


def _degrees(transfers: pl.DataFrame) -> pl.DataFrame:
    """Return value_hash (an address) and holders: its distinct counterparties."""
    onward = transfers.select(value_hash="source", other="destination")
    back = transfers.select(value_hash="destination", other="source")
    return pl.concat([onward, back]).unique().group_by("value_hash").len("holders")
