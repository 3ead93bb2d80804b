"""The page for traders holds a script; it must work on what we publish, and find a forgery."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.issue import issue
from jobs.publish import publish
from jobs.reveal import reveal
from jobs.season_files import load_seasons, season_terms

PAGE = Path(__file__).parents[2] / "docs" / "check-it-yourself.md"


@pytest.fixture
def checked(season_home, season_keys, week, tmp_path):
    """Run the page's script on a revealed week, after a change to the revealed file."""
    first = week("S1W01")
    issue(season_home, season_keys, first, first.issue_at)
    seasons = load_seasons(season_home)
    reveal(season_home, season_keys, season_terms(seasons, 1), first, first.issue_at)
    edition = publish(season_home, seasons, first.issue_at).path
    script = tmp_path / "check.py"
    script.write_text(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])

    def run(change=lambda document: document) -> subprocess.CompletedProcess:
        document = json.loads((season_home.reveals / "S1W01.json").read_text())
        change(document)
        (tmp_path / "S1W01.json").write_text(json.dumps(document))
        files = [tmp_path / "S1W01.json", edition, season_home.keys / "signing.pub"]
        command = [sys.executable, str(script), *map(str, files)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def test_the_script_accepts_what_was_revealed(checked):
    done = checked()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("S1W01: sealed AFTER its window had opened")


def test_the_script_finds_another_formula(checked):
    done = checked(lambda document: document["formula"]["pool"][0].update(share_bps=6001))
    assert done.returncode == 1
    assert "not the one committed to" in done.stderr
