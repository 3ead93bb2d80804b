"""The same plan gives the same bytes, whoever asks: another process, more threads, other hashes."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

PLAY = """
import sys
from pathlib import Path
from simulator.season import SeasonPlan
from simulator.simulation import simulate
simulate(SeasonPlan(21, accounts=3_000, weeks=2), Path(sys.argv[1]))
"""


def digests(folder: Path, threads: int, hash_seed: int) -> dict[str, str]:
    surroundings = os.environ | {
        "POLARS_MAX_THREADS": str(threads),
        "PYTHONHASHSEED": str(hash_seed),
    }
    subprocess.run(
        [sys.executable, "-c", PLAY, str(folder / "events")], check=True, env=surroundings
    )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in files}


def test_threads_and_hashes_change_no_byte(tmp_path: Path) -> None:
    alone = digests(tmp_path / "alone", threads=1, hash_seed=1)
    several = digests(tmp_path / "several", threads=4, hash_seed=2)
    assert len(alone) > 13 * 4
    assert alone == several
