"""Plays a week of real swaps through the house: xStocks pools on Solana, 20 and 21 June 2026.

The published swaps and funding edges become event files, go through the real ingest, detection and
issue in a rehearsal home, and what the detection sees of the wallets that the publisher named is
reported as it is. They were named by a rule on swaps alone (at least 5 buys and 5 sells in one
pool, balanced within 10 % in USD); whoever is behind them is not known.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from jobs.detect import DetectSummary, detect
from jobs.formula import seal
from jobs.initialise import initialise
from jobs.issue import Issued, issue
from jobs.keys import Keys, load_keys
from jobs.season_files import load_seasons
from jobs.settings import Settings
from jobs.xstocks_files import XstocksFeed, read_xstocks, write_feed
from jobs.xstocks_wallets import WalletAgreement, compare_wallets
from warehouse.cases import involved_owners
from warehouse.connection import warehouse
from warehouse.home import Home
from warehouse.ingest import ingest_sources
from warehouse.ledger import load_entries
from warehouse.records import Week

SEASON_TEXT: Final = """\
# One week around the two days of published swaps. Wallets have no KYC level, so none is asked for.
season = 1
opens = 2026-06-18T00:00:00Z
first_cutoff = 2026-06-25T00:00:00Z
weeks = 1

[eligibility]
minimum_kyc_level = 0
"""
FORMULA_TEXT: Final = """\
[[pool]]
name = "stocks"
share_bps = 8000
measure = "equity_notional_usd"
curve = { kind = "power", tenths = 9 }

[[pool]]
name = "control"
share_bps = 2000
measure = "spot_notional_usd"
curve = { kind = "power", tenths = 9 }
"""
ACCEPTED: Final = "the publisher took swaps of 20 and 21 June 2026 only; the other days have none"
CHOICES: Final = (
    "wallets are named by the publisher's rule on swaps, which says nothing of who is behind them",
    "the pool is the maker of every fill, so no two wallets trade with each other directly",
    "price is USD over tokens; fees are not in the data and count as zero",
    "a funding edge is dated by the wallet's age in whole days before the last swap",
    "funding edges without an amount, and from a wallet to itself, are left out",
    "a wallet without a known age is taken as opened at its first swap",
    "round trips: 1 % and one hour as Victor and Weintraud (2021); 80 % of the volume and 3 turns "
    "of the largest position were chosen by looking at the nine names; the other lines change one",
    "unbalanced: at least 10 swaps in a pool, and buys and sells differ there by more than 10 %",
    "season, formula and window are ours: a rehearsal, issued with --accept-missing",
)


@dataclass(frozen=True)
class Seen:
    """What the detection saw of the wallets.

    Attributes:
        evidence_edges: Pieces of evidence between two wallets.
        clusters: Clusters of at least two wallets.
        named: Wallets that the publisher named.
        named_with_evidence: Of them, those with a score above zero.
        named_in_clusters: Of them, those in a cluster.
        named_in_cases: Of them, those in an open case.
        others_in_cases: Other wallets in an open case.
    """

    evidence_edges: int
    clusters: int
    named: int
    named_with_evidence: int
    named_in_clusters: int
    named_in_cases: int
    others_in_cases: int


@dataclass(frozen=True)
class XstocksReport:
    """What `evaluate_xstocks` did and saw.

    Attributes:
        swaps: Published swaps.
        wallets: Distinct wallets in them.
        transfers: Funding edges that became transfers.
        edges_left_out: Funding edges that did not.
        accepted: Event rows that ingest took.
        quarantined: Event rows that it did not take.
        issued: The week's issue.
        seen: What the detection saw.
        round_trips: The rule of round trips against the named wallets; as it is first, then with
            one term changed.
        named_notional_share: The named wallets' share of all notional.
        named_points_share: Their share of the week's points, held ones included.
        choices: What was taken how.
        home: Where the home lies; None where it was temporary.
    """

    swaps: int
    wallets: int
    transfers: int
    edges_left_out: int
    accepted: int
    quarantined: int
    issued: Issued
    seen: Seen
    round_trips: tuple[WalletAgreement, ...]
    named_notional_share: float
    named_points_share: float
    choices: tuple[str, ...]
    home: Path | None


def evaluate_xstocks(
    folder: Path,
    *,
    real_now: datetime,
    home: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> XstocksReport:
    """Issue the week of the published swaps and say what the detection sees of it.

    Args:
        folder: Holds swaps.csv.gz and funding.csv.
        real_now: From the real clock; what the formula's seal carries.
        home: A missing or empty folder for the rehearsal home, with its keys beside it; None makes
            a temporary one.
        progress: Told what is being done.

    Raises:
        SourceRefused: A file is missing or lacks a column.
        HomeError: The folder is not empty.
    """
    progress("reading swaps and funding")
    feed = read_xstocks(folder)
    with TemporaryDirectory(prefix="winnow-xstocks-") as scratch:
        play = _begin(home or Path(scratch) / "home", real_now)
        progress("ingesting the event files")
        sources = [write_feed(feed, Path(scratch) / "feed")]
        taken = ingest_sources(play.home, sources, now=play.now, key=play.keys.identifier).total
        progress("detecting")
        scores = Path(scratch) / "scores.parquet"
        detected = detect(play.home, as_of=play.week.end, now=play.now, scores=scores)
        progress("issuing the week")
        issued = issue(play.home, play.keys, play.week, play.now, accept_missing=ACCEPTED)
        return XstocksReport(
            swaps=feed.fills.height,
            wallets=feed.wallets.height,
            transfers=feed.transfers.height,
            edges_left_out=feed.edges_left_out,
            accepted=taken.accepted,
            quarantined=taken.quarantined,
            issued=issued,
            seen=_seen(play.home, feed, detected, pl.read_parquet(scores)),
            round_trips=compare_wallets(folder),
            named_notional_share=_notional_share(feed),
            named_points_share=_points_share(play.home, issued, feed),
            choices=CHOICES,
            home=home,
        )


@dataclass(frozen=True)
class _Play:
    home: Home
    keys: Keys
    week: Week
    now: datetime


def _begin(root: Path, real_now: datetime) -> _Play:
    settings = Settings(home=root)
    home = initialise(root, settings, SEASON_TEXT, rehearsal=True, now=real_now).home
    keys = load_keys(home, settings)
    week = load_seasons(home)[0].calendar.week(1)
    seal(home, keys, FORMULA_TEXT, week, real_now=real_now)
    return _Play(home, keys, week, week.issue_at + timedelta(hours=1))


def _seen(home: Home, feed: XstocksFeed, detected: DetectSummary, scores: pl.DataFrame) -> Seen:
    with warehouse(home, read_only=True) as connection:
        involved = involved_owners(connection)
    wallets = feed.wallets.join(scores, left_on="wallet", right_on="account_id").with_columns(
        in_case=pl.col("wallet").is_in(involved["owner_id"].implode())
    )
    named = wallets.filter("named")
    return Seen(
        evidence_edges=detected.edges,
        clusters=detected.clusters,
        named=named.height,
        named_with_evidence=named.filter(pl.col("score") > 0).height,
        named_in_clusters=named.drop_nulls("cluster_id").height,
        named_in_cases=named.filter("in_case").height,
        others_in_cases=wallets.filter(~pl.col("named") & pl.col("in_case")).height,
    )


def _notional_share(feed: XstocksFeed) -> float:
    named = feed.wallets.filter("named").rename({"wallet": "taker_id"})
    notional = feed.fills.with_columns(pl.col("notional_usd").cast(pl.Float64))
    theirs = notional.join(named, on="taker_id", how="semi")
    return float(theirs["notional_usd"].sum()) / float(notional["notional_usd"].sum())


def _points_share(home: Home, issued: Issued, feed: XstocksFeed) -> float:
    with warehouse(home, read_only=True) as connection:
        entries = load_entries(connection, issued.batch)
    credited = entries.filter(pl.col("micropoints") > 0).with_columns(
        wallet=pl.col("account").str.replace("^(owner|held):", "")
    )
    named = feed.wallets.filter("named")
    theirs = credited.join(named, on="wallet", how="semi")["micropoints"].sum()
    return int(theirs) / issued.issued_micropoints
