"""A season's model on disk: its training rows as Parquet, everything else as one JSON file.

Nothing that was fitted is kept: a pickle of trees runs whatever somebody put into it, and another
version of a library may read it as other trees. A model is fitted anew from its recipe, and is
refused where a file is not the one that was registered, or where it no longer says what it said.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Final

import polars as pl
import rfc8785

from detection.boosting import Boosting
from detection.season_model import FittedModel, Recipe, fit
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.models import RECIPE, ROWS, NewModel, model_folder, read_model
from warehouse.trait_files import put_in_place, write_frame

LIBRARIES: Final = ("numpy", "polars", "scikit-learn")


def fingerprint(recipe: str, libraries: Sequence[str]) -> str:
    """Return the SHA-256 of what a model is: the fingerprint of its recipe, and each library.

    Other libraries may make other trees of a recipe, so with them it is another model: it gets a
    name and a folder of its own, and is shadowed before it rules.
    """
    return sha256("".join(f"{line}\n" for line in (recipe, *libraries)).encode()).hexdigest()


def model_id(fitted: FittedModel) -> str:
    """Return what a model is called: the same recipe and libraries, the same name."""
    return f"M-{fingerprint(fitted.fingerprint, versions())[:12]}"


def features_sha256(names: tuple[str, ...]) -> str:
    """Return the digest of the names of features, in order, one a line."""
    return sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()


def versions() -> tuple[str, ...]:
    """Return the libraries that a model stands on, as in 'polars 1.2.3'."""
    return tuple(f"{name} {version(name)}" for name in LIBRARIES)


def write_model(home: Home, recipe: Recipe, fitted: FittedModel) -> str:
    """Put the files of a model in place; return the digest of the one that names the other.

    For a model that is not registered, inside of the transaction that will register it: nothing
    refers to the files before, and what an attempt that failed has left is written over.
    """
    folder = model_folder(home, model_id(fitted))
    content: dict[str, Any] = {
        "model_id": model_id(fitted),
        "fingerprint": fingerprint(fitted.fingerprint, versions()),
        "features": list(recipe.names),
        "features_sha256": features_sha256(recipe.names),
        "settings": asdict(recipe.settings),
        "seed": recipe.seed,
        "rows_sha256": write_frame(recipe.rows, folder / ROWS),
        "checks": [f"{check:.9f}" for check in fitted.checks],
        "versions": list(versions()),
    }
    path = folder / RECIPE
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_bytes(rfc8785.dumps(content) + b"\n")
    return put_in_place(unfinished, path)


def read_recipe(home: Home, stored: NewModel) -> tuple[Recipe, tuple[float, ...], tuple[str, ...]]:
    """Return the recipe of a model, what it said when it was made, and on which libraries.

    Raises:
        DetectionError: A file is gone, or is not the one that was registered.
    """
    content, rows = read_model(home, stored.model_id, stored.recipe_sha256)
    recipe = Recipe(
        pl.read_parquet(rows),
        tuple(content["features"]),
        Boosting(**content["settings"]),
        content["seed"],
    )
    checks = tuple(float(check) for check in content["checks"])
    return recipe, checks, tuple(content["versions"])


def load_model_files(home: Home, stored: NewModel) -> FittedModel:
    """Return a model, fitted anew from its files.

    Within a process a recipe is fitted once; its files are checked every time.

    Raises:
        DetectionError: A file is gone or is not the one that was registered, or the model no longer
            says what it said when it was made.
    """
    recipe, checks, libraries = read_recipe(home, stored)
    fitted = _fitted(_ByDigest(stored.recipe_sha256, recipe, checks))
    if fingerprint(fitted.fingerprint, libraries) != stored.fingerprint:
        raise DetectionError(
            f"the recipe of {stored.model_id!r} is not that of the model that was registered; "
            "restore it from a backup"
        )
    return fitted


class _ByDigest:
    """A recipe that is known by the digest of its file."""

    def __init__(self, digest: str, recipe: Recipe, checks: tuple[float, ...]) -> None:
        self.digest, self.recipe, self.checks = digest, recipe, checks

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.digest == self.digest


@lru_cache(maxsize=8)
def _fitted(known: _ByDigest) -> FittedModel:
    return fit(known.recipe, known.checks)
