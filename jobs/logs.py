"""Logs as JSON lines on standard error, with nothing in them that must not be there.

Only fields that are named here are written; what somebody adds in passing is withheld until it has
been thought about. An exception is logged by its type and place, never by its message: a message of
a library may quote a row.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import PurePath
from typing import Any, Final

import structlog

FIELDS: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "home_id",
        "rehearsal",
        "process",
        "job",
        "period",
        "outcome",
        "reason",
        "seconds",
        "exception",
        "place",
        "files",
        "runs",
        "next_look_minutes",
    }
)
WITHHELD: Final = "(withheld)"

Logger = structlog.typing.FilteringBoundLogger


def withhold(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank the value of every field that is not in `FIELDS`; a structlog processor."""
    return {name: value if name in FIELDS else WITHHELD for name, value in event.items()}


def make_logger(level: str) -> Logger:
    """Return a logger that writes JSON lines to standard error.

    Args:
        level: debug, info, warning or error.
    """
    logger: Logger = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
    )
    return logger


def place_of(error: BaseException) -> str:
    """Return where an exception was raised, as in 'issue.py:120', without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
