"""What people do with the season's models: look at them, let one rule, retire one.

A model that was trained is a shadow: every detection asks it, and what it says is shown and decides
nothing. A moderator lets it rule, once it has been asked often enough and is not known to be worse
than the one that rules. At most one rules; no model begins to rule by itself.
"""

from dataclasses import dataclass

import polars as pl

from detection.model_comparison import Comparison, compare_models
from jobs.carrying_out import Place
from jobs.detection_files import load_detection_terms
from jobs.fixing import move_models
from jobs.keys import Keys
from jobs.model_files import load_model_files, read_recipe
from jobs.model_summary import Summary, read_summary
from jobs.moderators import require_moderator
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.models import (
    RETIRED,
    RULING,
    SHADOW,
    ModelMove,
    StoredModel,
    latest_probabilities,
    list_models,
    load_model,
    load_model_moves,
)


@dataclass(frozen=True)
class Shown:
    """A model and all that is known of it.

    Attributes:
        model: As stored.
        summary: What it learned from and how well it does.
        moves: Its moves, oldest first.
        said: What it said last, see `warehouse.models.latest_probabilities`.
        refusal: Why it cannot be asked, or None.
    """

    model: StoredModel
    summary: Summary
    moves: tuple[ModelMove, ...]
    said: pl.DataFrame
    refusal: str | None


@dataclass(frozen=True)
class Ruled:
    """A model that rules now.

    Attributes:
        model: Its id.
        before: The one that ruled before, or None.
        comparison: The two on what was decided since; None where there was none to compare with.
    """

    model: str
    before: str | None
    comparison: Comparison | None


def all_models(home: Home) -> tuple[StoredModel, ...]:
    """Return all models, the newest first."""
    with warehouse(home, read_only=True) as connection:
        return list_models(connection)


def show_model(home: Home, model_id: str) -> Shown:
    """Return all that is known of a model.

    Raises:
        DetectionError: There is no such model.
    """
    with warehouse(home, read_only=True) as connection:
        model = load_model(connection, model_id)
        moves = load_model_moves(connection, model_id)
        said = latest_probabilities(connection, model_id)
    refusal = None
    try:
        load_model_files(home, model)
    except DetectionError as error:
        refusal = str(error)
    return Shown(model, read_summary(model.summary), moves, said, refusal)


def rule(home: Home, keys: Keys, move: ModelMove, *, anyway: bool = False) -> Ruled:
    """Let a model rule from the next detection on; the one that ruled is retired.

    Args:
        home: The home.
        keys: Sign the log, in which a leaf fixes the move.
        move: Which model, who, when and why.
        anyway: Let it rule though it is known to be worse.

    Raises:
        DetectionError: The model is unknown or no shadow, was not shadowed long enough, cannot be
            fitted as it was, or is known to be worse than the one that rules.
        CaseError: See `jobs.moderators.require_moderator`.
    """
    require_moderator(home, move.moved_by, move.reason, f"to let {move.model_id!r} rule")
    least = load_detection_terms(home).model.least_shadow_detections
    with warehouse(home, read_only=True) as connection:
        model, ruling = _both(connection, move.model_id)
    if model.state != SHADOW:
        raise DetectionError(f"the model {model.model_id!r} is {model.state}, and no shadow")
    if model.shadowed < least:
        raise DetectionError(
            f"the model {model.model_id!r} was asked in {model.shadowed} detections, and rules "
            f"after {least} at the earliest; run: winnow detect"
        )
    comparison = _compare(home, model, ruling)
    if comparison is not None and comparison.is_worse and not anyway:
        raise DetectionError(
            f"the model {model.model_id!r} is worse than {ruling and ruling.model_id!r} on "
            f"{comparison.groups} groups of clusters decided since: average precision "
            f"{comparison.new:.3f}, not {comparison.ruling:.3f}; --anyway lets it rule"
        )
    before, moves = (None if ruling is None else ruling.model_id), [move]
    with transaction(home) as connection:
        _check_unmoved(connection, model, before)
        if before is not None:
            said = f"{model.model_id} rules: {move.reason}"
            moves = [ModelMove(before, 0, RETIRED, move.moved_by, move.moved_at, said), move]
        move_models(Place(connection, home, keys, move.moved_at), moves)
    return Ruled(model.model_id, before, comparison)


def retire(home: Home, keys: Keys, move: ModelMove) -> StoredModel:
    """Retire a model: no detection asks it any more, and it does not come back.

    A leaf in the log fixes who retired it, and why.

    Raises:
        DetectionError: The model is unknown or retired already.
        CaseError: See `jobs.moderators.require_moderator`.
    """
    require_moderator(home, move.moved_by, move.reason, f"to retire {move.model_id!r}")
    with transaction(home) as connection:
        if load_model(connection, move.model_id).state == RETIRED:
            raise DetectionError(f"the model {move.model_id!r} is retired already")
        move_models(Place(connection, home, keys, move.moved_at), [move])
        return load_model(connection, move.model_id)


def _both(connection: Connection, model_id: str) -> tuple[StoredModel, StoredModel | None]:
    ruling = [model for model in list_models(connection) if model.state == RULING]
    return load_model(connection, model_id), ruling[0] if ruling else None


def _check_unmoved(connection: Connection, model: StoredModel, before: str | None) -> None:
    now, ruling = _both(connection, model.model_id)
    if now.state != model.state or before != (ruling and ruling.model_id):
        raise DetectionError("models moved just now; look at them again: winnow model list")


def _compare(home: Home, model: StoredModel, ruling: StoredModel | None) -> Comparison | None:
    """Compare two models; None where nothing rules that could be asked."""
    new = read_recipe(home, model)[0], load_model_files(home, model)
    if ruling is None or ruling.features_sha256 != model.features_sha256:
        return None
    try:
        old = read_recipe(home, ruling)[0], load_model_files(home, ruling)
    except DetectionError:
        return None
    return compare_models(new, old)
