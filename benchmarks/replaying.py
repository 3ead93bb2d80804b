"""Recomputes the batches of a home's settle runs.

python -m benchmarks.replaying HOME
"""

import sys
from pathlib import Path

from jobs.keys import load_keys
from jobs.replay import replay
from jobs.settings import read_settings
from warehouse import ledger
from warehouse.connection import warehouse
from warehouse.errors import VerificationFailed
from warehouse.home import Home, open_home


def replay_settlements(home: Home) -> int:
    """Recompute every batch that a settle run wrote; return how many there are.

    Raises:
        VerificationFailed: One comes out differently.
    """
    keys = load_keys(home, read_settings({}))
    with warehouse(home, read_only=True) as connection:
        batches = [one for one in ledger.batches(connection) if one.batch.key.startswith("settle-")]
    for stored in batches:
        difference = replay(home, keys, stored)
        if difference is not None:
            raise VerificationFailed(f"{stored.batch.batch_id!r}: {difference}")
    return len(batches)


if __name__ == "__main__":
    print(replay_settlements(open_home(Path(sys.argv[1]))))
