"""Winnow's own detection: `jobs.detect`, with the terms and the policy of a fresh home. No labels.

The whole job is run, with cases opened and everything stored; what is flagged comes from the scores
file that it writes.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.peers.season import Season
from jobs.detect import detect
from warehouse.home import open_home

AFTER: Final = datetime(2999, 1, 1, tzinfo=UTC)


def flagged(season: Season) -> pl.Series:
    """Return the owners whom the detection brings before a moderator."""
    with tempfile.TemporaryDirectory() as folder:
        scores = Path(folder) / "scores.parquet"
        detect(open_home(season.home), as_of=AFTER, now=AFTER, scores=scores)
        found = pl.read_parquet(scores).filter("flagged")
    return season.accounts.join(found, on="account_id", how="semi")["owner_id"].unique()
