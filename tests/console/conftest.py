"""Runs the command as its user does, with an environment of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Winnow = Callable[..., Answer]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own, and a wide terminal."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WINNOW_")}
    return kept | {"WINNOW_HOME": str(tmp_path / "home"), "COLUMNS": "200"}


@pytest.fixture
def winnow(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Winnow:
    """Call `winnow` within this process, which saves the time of loading it; see `process`."""

    def call(*words: str, **variables: str) -> Answer:
        with monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("WINNOW_")]:
                patch.delenv(name)
            for name, value in (environ | variables).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["winnow", *words])
            capsys.readouterr()
            with pytest.raises(SystemExit) as end:
                main()
        said = capsys.readouterr()
        return Answer(int(end.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def process(environ: dict[str, str]) -> Winnow:
    """Call `winnow` as a process of its own."""

    def call(*words: str) -> Answer:
        command = [sys.executable, "-m", "console", *words]
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=300, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return call
