"""The demo runs every job for real, says that it is synthetic, and spares other folders."""

import re
import subprocess
import sys
from pathlib import Path

POINTS = r"[\d,]+\.\d{6}"


def demo(folder: Path) -> subprocess.CompletedProcess:
    options = ["--folder", str(folder), "--accounts", "600", "--weeks", "1"]
    command = [sys.executable, "-m", "console", "demo", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def micropoints(shown: str) -> int:
    return int(shown.replace(",", "").replace(".", ""))


def test_the_demo_ends_with_a_whole_week_and_commands_that_work(tmp_path: Path):
    played = demo(tmp_path / "demo")
    assert played.returncode == 0, played.stderr
    assert played.stdout.startswith("A synthetic season")
    assert re.search(r"S1W01 .* 10,000,000\.000000 ", played.stdout)
    assert re.search(r"findings\s+none", played.stdout)
    assert re.search(r"replayed to the byte\s+S1W01", played.stdout)
    assert re.search(r"1 upheld, which gave (?!0\.0)", played.stdout)
    assert "Where the seized points went: every row adds up" in played.stdout
    seized, *elsewhere = re.search(rf"\ball((?:\s+{POINTS})+)", played.stdout)[1].split()
    assert micropoints(seized) == sum(map(micropoints, elsewhere)) > 0
    last = played.stdout.strip().splitlines()[-1].split()
    verified = subprocess.run(
        [sys.executable, "-m", "console", *last[1:]], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stderr


def test_the_demo_refuses_a_folder_that_holds_something_else(tmp_path: Path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    refused = demo(tmp_path / "letters")
    assert refused.returncode == 1
    assert "holds something that is no demo" in refused.stderr
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"
