"""Checks moves of models and leads against the log."""

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.fixing import (
    LEAD_MOVES,
    MODEL_MOVES,
    Step,
    lead_digests,
    model_digests,
    steps_of,
    steps_sha256,
)
from warehouse import log
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.leads import WAITING, load_lead_moves

Found = Iterator[tuple[str, str]]


def check_fixed_moves(_: Home, connection: Connection) -> Found:
    """Every move of a model, and every one of a lead by a person, is as the log has it."""
    bodies = log.bodies(connection)
    models, leads = model_digests(connection), lead_digests(connection)
    by_people = {
        (move.lead_id, seq)
        for seq, move in load_lead_moves(connection)
        if (seq, move.state) != (1, WAITING)  # the detection's own
    }
    yield from _wrong(bodies, MODEL_MOVES, models, set(models))
    yield from _wrong(bodies, LEAD_MOVES, leads, by_people)


def _wrong(
    bodies: Mapping[int, Mapping[str, Any]],
    kind: str,
    digests: Mapping[Step, str],
    to_be_fixed: set[Step],
) -> Found:
    """Yield leaves whose moves are others now, and moves that no leaf fixes."""
    fixed: set[Step] = set()
    for index, body in bodies.items():
        if body.get("type") != kind:
            continue
        steps = steps_of(body)
        if steps_sha256(digests, steps) != body["moves_sha256"]:
            about = "models" if kind == MODEL_MOVES else "leads"
            yield f"leaf {index}", f"the moves of {about} that it fixes are others now"
        fixed.update(steps)
    for name, seq in sorted(to_be_fixed - fixed):
        yield name, f"no leaf of the log fixes its move {seq}"
