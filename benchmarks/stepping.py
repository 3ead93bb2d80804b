"""Runs one detection with a stopwatch at its steps, as a process of its own.

    python -m benchmarks.stepping HOME RESULT

A step is a query, or a function that the detection calls, without the steps inside it. What is done
with a query's result until the next one begins counts as its own.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import detection.detect
import jobs.detect
from jobs.clock import real_now
from warehouse.connection import warehouse
from warehouse.evidence import KINDS, evidence_files
from warehouse.home import open_home

WATCHED: Final = (jobs.detect, detection.detect)
_PACKAGES: Final = ("detection.", "warehouse.")
_OPENERS: Final = "warehouse.connection"  # their blocks are what takes time, not they


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


class Stopwatch:
    """Credits wall and CPU seconds of all threads to the step that is on."""

    def __init__(self, now: Callable[[], tuple[float, float]] = _now) -> None:
        self.steps: dict[str, tuple[float, float]] = {}
        """Wall and CPU seconds by step, in the order of their first end."""

        self._on = ["everything else"]
        self._now = now
        self._since = now()

    def begin(self, step: str) -> None:
        """Stop the step that is on, and begin one inside it."""
        self._credit()
        self._on.append(step)

    def switch(self, step: str) -> None:
        """End the step that is on, and begin another in its place."""
        self._credit()
        self._on[-1] = step

    def end(self) -> None:
        """End the step that is on, and go on with the one around it."""
        self._credit()
        self._on.pop()

    def watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as a step of its own name."""

        @wraps(function)
        def call(*arguments: Any, **further: Any) -> Any:
            self.begin(f"{function.__module__}.{function.__name__}")
            try:
                return function(*arguments, **further)
            finally:
                self.end()

        return call

    def _credit(self) -> None:
        now = self._now()
        wall, cpu = self.steps.get(self._on[-1], (0.0, 0.0))
        self.steps[self._on[-1]] = (wall + now[0] - self._since[0], cpu + now[1] - self._since[1])
        self._since = now


def watch(stopwatch: Stopwatch) -> None:
    """Put the stopwatch around every function that the detection calls, and every query."""
    signals = [stopwatch.watched(signal) for signal in detection.detect.SIGNALS]
    for module in WATCHED:
        for name, value in list(vars(module).items()):
            if isfunction(value) and _is_step(value.__module__):
                setattr(module, name, stopwatch.watched(value))
    detection.detect.SIGNALS = tuple(signals)  # type: ignore[misc]
    for module in list(sys.modules.values()):
        if module.__name__.startswith("warehouse.") and "statement" in vars(module):
            _watch_queries(module, stopwatch)


def _is_step(module: str) -> bool:
    return module.startswith(_PACKAGES) and module != _OPENERS


def _watch_queries(module: ModuleType, stopwatch: Stopwatch) -> None:
    fetch: Callable[[str], str] = vars(module)["statement"]

    def statement(name: str) -> str:
        stopwatch.switch(f"{name}.sql")
        return fetch(name)

    module.statement = statement  # type: ignore[attr-defined]


def main(home: Path, result: Path) -> None:
    """Detect, and write what was read, what was found and how long each step took."""
    opened, stopwatch = open_home(home), Stopwatch()
    with warehouse(opened, read_only=True) as connection:
        files = evidence_files(connection)
    watch(stopwatch)
    now = real_now()
    summary = jobs.detect.detect(opened, as_of=now, now=now)
    rows = {kind: sum(file.rows for file in files if file.kind == kind) for kind in KINDS}
    found = {name: getattr(summary, name) for name in ("edges", "clusters", "hubs", "opened")}
    written = {"rows": rows, "found": found, "steps": stopwatch.steps}
    result.write_text(json.dumps(written), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
