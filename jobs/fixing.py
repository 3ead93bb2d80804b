"""Moves models and leads, and fixes each such move in the log, in the caller's transaction.

A leaf names the moves that it fixes, and holds a digest of them, of the model as it was registered,
and of what the lead was about. A detection that finds a lead has no leaf for it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from jobs.carrying_out import Place
from jobs.signing import append_leaf
from seasons.proofs import canonical_json, lines_sha256
from seasons.sealing import SALT_BYTES
from warehouse.connection import Connection
from warehouse.leads import LeadMove, load_lead_moves, load_leads, move_lead
from warehouse.models import ModelMove, NewModel, list_models, load_model_moves, move_model

MODEL_MOVES: Final = "model_moves"
LEAD_MOVES: Final = "lead_moves"

Step = tuple[str, int]
"""A model or a lead, and the number of one of its moves."""


def move_models(place: Place, moves: Sequence[ModelMove]) -> None:
    """Record steps of models, one a model, and append the leaf that fixes them."""
    for move in moves:
        move_model(place.connection, move)
    _fix(place, MODEL_MOVES, model_digests(place.connection), [move.model_id for move in moves])


def move_lead_by_hand(place: Place, move: LeadMove) -> None:
    """Record what a person did about a lead, and append the leaf that fixes it.

    Raises:
        CaseError: A name or a reason is missing.
    """
    move_lead(place.connection, move)
    _fix(place, LEAD_MOVES, lead_digests(place.connection), [move.lead_id])


def model_digests(connection: Connection) -> Mapping[Step, str]:
    """Return the digest of every move of a model: who, when, why, and of which model."""
    names = [field.name for field in fields(NewModel)]
    models = {
        model.model_id: {name: getattr(model, name) for name in names}
        for model in list_models(connection)
    }
    return {
        (move.model_id, move.seq): _digest(move, move.moved_at, models.get(move.model_id))
        for move in load_model_moves(connection)
    }


def lead_digests(connection: Connection) -> Mapping[Step, str]:
    """Return the digest of every move of a lead: who, when, why, and what it was about."""
    leads = {lead["lead_id"]: lead for lead in load_leads(connection).iter_rows(named=True)}
    return {
        (move.lead_id, seq): _digest(move, move.moved_at, leads.get(move.lead_id))
        for seq, move in load_lead_moves(connection)
    }


def steps_of(body: Mapping[str, Any]) -> list[Step]:
    """Return the moves that a leaf of this module says that it fixes."""
    return [(name, int(seq)) for name, seq in body["moves"]]


def steps_sha256(digests: Mapping[Step, str], steps: Sequence[Step]) -> str:
    """Return the digest of moves, one digest a line; of one that is missing, an empty line."""
    return lines_sha256(digests.get(step, "") for step in steps)


def _fix(place: Place, kind: str, digests: Mapping[Step, str], moved: Sequence[str]) -> None:
    last = {name: (name, seq) for name, seq in sorted(digests)}
    steps = [last[name] for name in moved]
    body = {
        "type": kind,
        "moves": [[name, str(seq)] for name, seq in steps],
        "moves_sha256": steps_sha256(digests, steps),
        "salt": secrets.token_hex(SALT_BYTES),
    }
    append_leaf(place.connection, place.home, place.keys, body, place.now)


def _digest(move: ModelMove | LeadMove, moved_at: datetime, about: Mapping[str, Any] | None) -> str:
    said = {**asdict(move), "moved_at": moved_at.isoformat(), "about": about}
    return sha256(canonical_json(said).encode()).hexdigest()
