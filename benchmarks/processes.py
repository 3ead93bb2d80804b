"""Runs a command as a process of its own and says what it cost, by the kernel's count."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.holding import Watch


@dataclass(frozen=True)
class Cost:
    """What one process cost, start-up and imports included.

    Attributes:
        wall_seconds: From start to end.
        cpu_seconds: Of all of its threads, user and system. It hardly moves when others use the
            machine, unlike the wall.
        peak_bytes: Largest resident set.
        held_seconds: Longest time for which a file that was watched was held for writing.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    held_seconds: float | None = None


class CommandFailed(Exception):
    """A measured command did not end well, so there is nothing to report."""


def keep_bytecode(folder: Path) -> None:
    """Let the processes to come keep compiled modules in a folder, whatever the environment says.

    An installed programme compiles its modules once, so compiling is no part of what a run costs.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def run(command: Sequence[str], watched: Path | None = None) -> Cost:
    """Run a command to its end, and watch a DuckDB file meanwhile if asked to.

    The resident set that the kernel reports starts from that of the process which forked, so the
    caller must stay small: no DuckDB and no Polars in it.

    Raises:
        CommandFailed: It ended with another code than 0.
    """
    watch = None if watched is None else Watch(watched)
    with tempfile.TemporaryFile() as output, watch or nullcontext():
        start = time.monotonic()
        with subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - start
        if process.returncode != 0:
            output.seek(0)
            said = output.read().decode(errors="replace")[-2_000:]
            raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    held = None if watch is None else watch.longest_seconds
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, held)
