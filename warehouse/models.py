"""The season's models as they are kept: which there are, which rules, what each said of clusters.

What a model is made of lies in a folder of the home (`jobs.model_files`); here are its digests, its
moves and its probabilities. Functions that write expect to run inside a transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from warehouse.connection import Connection, frame, rows
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.instants import from_stored, to_stored
from warehouse.statements import statement
from warehouse.trait_files import read_bytes

SHADOW: Final = "shadow"
RULING: Final = "ruling"
RETIRED: Final = "retired"
RECIPE: Final = "recipe.json"
ROWS: Final = "rows.parquet"
"""The files of a model; the first names the digest of the second."""


@dataclass(frozen=True)
class NewModel:
    """A model that was trained.

    Attributes:
        model_id: 'M-' and twelve hexadecimal digits of the fingerprint.
        fingerprint: SHA-256 of its recipe and of the libraries that it stands on.
        recipe_sha256: Of the file in its folder that holds the digests of the others.
        features_sha256: Of the names of its features, in order.
        features: How many they are.
        first_run: The first detection of its rows.
        last_run: The last one.
        training_rows: How many rows it learned from.
        summary: Canonical JSON: labels by tier, metrics, settings, versions of libraries.
    """

    model_id: str
    fingerprint: str
    recipe_sha256: str
    features_sha256: str
    features: int
    first_run: str
    last_run: str
    training_rows: int
    summary: str


@dataclass(frozen=True)
class StoredModel(NewModel):
    """A model as it is kept.

    Attributes:
        trained_at: When, aware UTC.
        first_as_of: Where the first detection of its rows stopped looking, aware UTC.
        last_as_of: Where the last one did.
        state: `SHADOW`, `RULING` or `RETIRED`.
        shadowed: Detections in which it was asked and did not rule, since it was trained.
    """

    trained_at: datetime
    first_as_of: datetime
    last_as_of: datetime
    state: str
    shadowed: int


@dataclass(frozen=True)
class ModelMove:
    """One step of a model. Nothing of it is ever changed.

    Attributes:
        model_id: Of which model.
        seq: Its number in the model, from 1.
        state: The state after it.
        moved_by: Who.
        moved_at: When, aware UTC.
        reason: Why.
    """

    model_id: str
    seq: int
    state: str
    moved_by: str
    moved_at: datetime
    reason: str


def store_model(connection: Connection, new: NewModel, now: datetime) -> None:
    """Store a model; it has no state before its first move."""
    connection.execute(
        "insert into models values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        [
            new.model_id,
            to_stored(now),
            new.fingerprint,
            new.recipe_sha256,
            new.features_sha256,
            new.features,
            new.first_run,
            new.last_run,
            new.training_rows,
            new.summary,
        ],
    )


def model_folder(home: Home, model_id: str) -> Path:
    """Return where the files of a model lie."""
    return home.root / "models" / model_id


def read_model(home: Home, model_id: str, recipe_sha256: str) -> tuple[dict[str, Any], bytes]:
    """Return the recipe of a model and the Parquet file of its training rows.

    Raises:
        DetectionError: A file is gone, or is not the one that was registered.
    """
    folder = model_folder(home, model_id)
    recipe: dict[str, Any] = json.loads(read_bytes(folder / RECIPE, recipe_sha256))
    return recipe, read_bytes(folder / ROWS, recipe["rows_sha256"])


def list_models(connection: Connection) -> tuple[StoredModel, ...]:
    """Return all models, the newest first."""
    return tuple(
        StoredModel(*row[:9], *map(from_stored, row[9:12]), *row[12:])
        for row in rows(connection, statement("models/models"))
    )


def load_model(connection: Connection, model_id: str) -> StoredModel:
    """Return one model.

    Raises:
        DetectionError: There is no such model.
    """
    for model in list_models(connection):
        if model.model_id == model_id:
            return model
    raise DetectionError(f"there is no model {model_id!r}; see: winnow model list")


def move_model(connection: Connection, move: ModelMove) -> None:
    """Record a step of a model; its number is the next one, whatever the move says."""
    connection.execute(
        "insert into model_moves "
        "select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5 from model_moves where model_id = $1",
        [move.model_id, move.state, move.moved_by, to_stored(move.moved_at), move.reason],
    )


def load_model_moves(connection: Connection, model_id: str | None = None) -> tuple[ModelMove, ...]:
    """Return the steps of a model, or of all models, by model, oldest first."""
    found = rows(
        connection,
        "select model_id, seq, state, moved_by, moved_at, reason from model_moves "
        "where model_id = coalesce($1, model_id) order by model_id, seq",
        [model_id],
    )
    return tuple(
        ModelMove(model, seq, state, by, from_stored(moved_at), reason)
        for model, seq, state, by, moved_at, reason in found
    )


def store_probabilities(
    connection: Connection, run_id: str, model_id: str, said: pl.DataFrame, *, ruled: bool
) -> None:
    """Store what a model said of the clusters of a detection: cluster_id, probability."""
    connection.register(
        "said",
        said.select(
            pl.lit(run_id).alias("run_id"),
            pl.lit(model_id).alias("model_id"),
            "cluster_id",
            "probability",
            pl.lit(ruled).alias("ruled"),
        ),
    )
    connection.execute("insert into model_probabilities by name select * from said")
    connection.unregister("said")


def latest_probabilities(connection: Connection, model_id: str) -> pl.DataFrame:
    """Return what a model said in the last detection that asked it, likeliest first.

    Returns:
        run_id, cluster_id, probability, ruled, routes (of the cluster now; null where it is there
        no more).
    """
    return frame(connection, statement("models/latest_probabilities"), {"model_id": model_id})
