"""Asks the season's models about the clusters of a detection: the one that rules, and its shadows.

Only the ruling model decides who comes before a moderator; what shadows say is stored and shown. A
model that cannot be asked, because a file of it is another or it was trained on other features, is
left out, and the detection goes on by evidence alone and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from detection.routes import NO_PROBABILITIES
from detection.season_model import predict
from jobs.model_files import load_model_files
from warehouse.connection import Connection
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.models import RETIRED, RULING, StoredModel, store_probabilities
from warehouse.trait_files import HEAD


@dataclass(frozen=True)
class Said:
    """What one model said.

    Attributes:
        model_id: Which model.
        ruled: Whether it ruled.
        probabilities: cluster_id, probability.
    """

    model_id: str
    ruled: bool
    probabilities: pl.DataFrame


@dataclass(frozen=True)
class Asked:
    """What the models said of one detection.

    Attributes:
        said: By model, the one that rules first.
        model_refusal: Why the model that should have ruled did not, or None.
        shadow_refusals: Why shadows could not be asked.
    """

    said: tuple[Said, ...] = ()
    model_refusal: str | None = None
    shadow_refusals: tuple[str, ...] = ()

    @property
    def model(self) -> str | None:
        """The model that ruled."""
        return next((said.model_id for said in self.said if said.ruled), None)

    @property
    def shadows(self) -> tuple[str, ...]:
        """The models that were asked beside it."""
        return tuple(said.model_id for said in self.said if not said.ruled)

    @property
    def probabilities(self) -> pl.DataFrame:
        """`detection.routes.PROBABILITIES_SCHEMA`: those of the model that ruled alone."""
        return next((said.probabilities for said in self.said if said.ruled), NO_PROBABILITIES)


def ask_models(home: Home, models: Sequence[StoredModel], traits: pl.DataFrame) -> Asked:
    """Ask every model that is not retired.

    Args:
        home: The home.
        models: All models, the newest first.
        traits: `warehouse.trait_files.HEAD`, then the traits, of the clusters.
    """
    features = traits.select("cluster_id", pl.exclude(HEAD))
    said: list[Said] = []
    refusals: dict[str, str] = {}
    asked = [model for model in models if model.state != RETIRED]
    for model in sorted(asked, key=lambda model: model.state != RULING):
        try:
            found = predict(load_model_files(home, model), features)
        except DetectionError as error:
            refusals[model.model_id] = f"{model.model_id}: {error}"
            continue
        said.append(Said(model.model_id, model.state == RULING, found))
    ruling = next((model.model_id for model in asked if model.state == RULING), None)
    refused = refusals.pop(ruling, None) if ruling else None
    return Asked(tuple(said), refused, tuple(refusals.values()))


def store_said(connection: Connection, run_id: str, asked: Asked) -> None:
    """Store what every model said, inside the detection's transaction."""
    for said in asked.said:
        store_probabilities(connection, run_id, said.model_id, said.probabilities, ruled=said.ruled)
