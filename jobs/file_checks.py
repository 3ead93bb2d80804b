"""Checks the files that detections and models keep in the home beside the warehouse."""

from collections.abc import Iterator
from typing import Final

from warehouse.connection import Connection, rows
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.models import read_model
from warehouse.trait_files import read_bytes

Found = Iterator[tuple[str, str]]

_TRAITS: Final = "select path, sha256 from trait_files order by path"
_MODELS: Final = "select model_id, recipe_sha256 from models order by model_id"


def check_files(home: Home, connection: Connection) -> Found:
    """Every file of traits and of a model is there, and is the one that was registered."""
    for path, digest in rows(connection, _TRAITS):
        try:
            read_bytes(home.root / path, digest)
        except DetectionError as error:
            yield path, str(error)
    for model_id, digest in rows(connection, _MODELS):
        try:
            read_model(home, model_id, digest)
        except DetectionError as error:
            yield model_id, str(error)
