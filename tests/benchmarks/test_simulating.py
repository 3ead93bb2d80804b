"""The benchmark of the simulator, at a size that says nothing of its speed."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.simulating import KINDS


def test_it_measures_every_size_and_leaves_no_season_behind(tmp_path: Path) -> None:
    written, folder = tmp_path / "figures.json", tmp_path / "bench"
    sizes = ("--accounts", "200", "--accounts", "100", "--weeks", "1")
    done = subprocess.run(
        (
            *(sys.executable, "-m", "benchmarks.simulating", *sizes),
            *("--folder", folder, "--json", written),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ynthetic" in done.stdout
    assert "2 times the accounts took" in done.stdout
    found = json.loads(written.read_text())
    assert found["synthetic"] is True
    assert [season["accounts"] for season in found["seasons"]] == [100, 200]
    for season in found["seasons"]:
        assert len(season["rows"]) == len(KINDS)
        assert min(season["rows"]) > 0
        assert season["size"] > 0
        assert season["cost"]["peak_bytes"] > 0
    assert {path.name for path in folder.iterdir()} <= {"bytecode"}
