"""Lets one contender loose on one season, in a process of its own so that it is measured alone.

    python -m benchmarks.peers.alone NAME SEASON FLAGGED [PAST]

Writes to FLAGGED, a Parquet file, the owner_ids whom NAME flags.
"""

import sys
from pathlib import Path

import polars as pl

from benchmarks.peers.contenders import by_name
from benchmarks.peers.season import Past, Season


def past(season: Season) -> Past:
    """Return a season with its truth told."""
    farm = season.truth().filter("farm").select("account_id")
    owners = season.accounts.join(farm, on="account_id", how="semi")["owner_id"]
    return Past(season, owners.unique().sort())


def main(name: str, folder: str, flagged: str, before: str | None = None) -> None:
    """Run a contender once."""
    told = None if before is None else past(Season(Path(before)))
    found = by_name(name).flag(Season(Path(folder)), told)
    pl.DataFrame({"owner_id": found.unique().sort()}).write_parquet(flagged)


if __name__ == "__main__":
    main(*sys.argv[1:])
