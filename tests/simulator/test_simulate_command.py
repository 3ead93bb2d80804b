"""`winnow simulate` as it is typed."""

import json
import subprocess
import sys
from pathlib import Path


def winnow(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from console.cli import main; main()", "simulate"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_it_writes_a_season_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    out = tmp_path / "events"
    options = ("--seed", "1", "--accounts", "150", "--weeks", "1", "--format", "csv", "--json")
    done = winnow(str(out), *options)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["synthetic"] is True
    assert said["days"] == 6
    assert (out / "fills-2025-03-26.csv").exists()
    assert not list(out.rglob("truth*"))
    assert Path(said["truth"]).exists()


def test_a_full_folder_is_refused_and_a_wrong_number_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    refused = winnow(str(tmp_path), "--seed", "1")
    assert refused.returncode == 1
    assert "not empty" in refused.stderr
    assert winnow(str(tmp_path / "new"), "--seed", "1", "--accounts", "3").returncode == 2
    assert not (tmp_path / "new").exists()
