"""Trains a model of the season's clusters on what people decided; the new model is a shadow.

Its rows are clusters as they were in the detections up to the one that the decision on their
owners looked at, with the traits that were stored then: what came later nobody had seen. Clusters
that nobody has decided join with little weight, as they were in the newest detection, with what the
rules say of them. The same decisions and detections give the same model, under the same name, as
long as the libraries are the same: with others it is another model, which has to be shadowed anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from detection.labels import (
    CLUSTER_LABELS_SCHEMA,
    DECIDED_TIERS,
    OWNER_LABELS_SCHEMA,
    T3,
    cluster_labels,
    owner_labels,
    weak_labels,
)
from detection.season_evaluation import Judging, evaluate_season
from detection.season_model import FittedModel, Recipe, fit, training_rows
from detection.terms import DetectionTerms
from jobs.carrying_out import Place
from jobs.detection_files import load_detection_terms
from jobs.fixing import move_models
from jobs.keys import Keys
from jobs.model_files import features_sha256, fingerprint, model_id, versions, write_model
from jobs.model_summary import Summary, TierCount, write_summary
from jobs.moderators import TRAINER, require_person
from warehouse.cases import load_moves
from warehouse.connection import Connection, frame, transaction, warehouse
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.instants import from_stored
from warehouse.leads import dismissed_leads
from warehouse.models import (
    RETIRED,
    SHADOW,
    ModelMove,
    NewModel,
    StoredModel,
    list_models,
    load_model,
    store_model,
)
from warehouse.moves import DECISIONS, Move
from warehouse.trait_files import HEAD, TraitFile, read_traits, trait_files

JUDGING: Final = Judging(seed=0)
_MEMBERS: Final = (
    "select case_id, account_id, owner_id from case_members order by case_id, account_id, owner_id"
)
_VERDICTS: Final = (
    "select case_id, seq, owner_id, verdict from case_verdicts order by case_id, seq, owner_id"
)


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        model: The model, new or known.
        already: Whether the same decisions and detections had given it before.
        summary: What it learned from and how well it does, beside flat features and rules.
        left_out: Detections whose traits are others than those of the newest one.
        retired: Older shadows that were retired for it.
    """

    model: StoredModel
    already: bool
    summary: Summary
    left_out: int
    retired: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """What the warehouse knows of decisions and detections."""

    moves: tuple[Move, ...]
    members: pl.DataFrame
    verdicts: pl.DataFrame
    put_aside: pl.DataFrame
    files: tuple[TraitFile, ...]


def train(
    home: Home, keys: Keys, now: datetime, by: str = TRAINER, judging: Judging = JUDGING
) -> Trained:
    """Train a model, and store it as a shadow; of one that is known nothing is written.

    Args:
        home: The home.
        keys: Sign the log, in which a leaf fixes that it was trained.
        now: The clock.
        by: Who asked for it.
        judging: Seed and settings of the model, and how it is judged.

    Raises:
        DetectionError: Too few cases of either answer are decided, no detection has stored traits,
            or a file of them is not the one that was registered.
        CaseError: `by` is the name of no person.
    """
    if by != TRAINER:
        require_person(by, "trained", "to train a model")
    terms = load_detection_terms(home)
    with warehouse(home, read_only=True) as connection:
        known = _load(connection)
    files = _with_traits(home, known.files)
    rows = _rows(files, known)
    _check_decided(rows, terms)
    names = tuple(files[-1][1].columns[len(HEAD) :])
    recipe = Recipe(rows, names, judging.settings, judging.seed)
    fitted = fit(recipe)
    summary = _summary(recipe, judging)
    name, older = model_id(fitted), list[ModelMove]()
    with transaction(home) as connection:
        already = any(model.model_id == name for model in list_models(connection))
        if not already:
            new = _write(home, recipe, fitted, files, summary)
            store_model(connection, new, now)
            older = _older(connection, terms, name, now)
            moves = [ModelMove(name, 0, SHADOW, by, now, "trained"), *older]
            move_models(Place(connection, home, keys, now), moves)
        model = load_model(connection, name)
    retired = tuple(move.model_id for move in older)
    return Trained(model, already, summary, len(known.files) - len(files), retired)


def tier_counts(rows: pl.DataFrame) -> tuple[TierCount, ...]:
    """Count training rows by tier and label, in the order of their names."""
    counted = (
        rows.group_by("tier", "label")
        .agg(pl.len().alias("rows"), pl.col("group").n_unique().alias("groups"))
        .sort("tier", "label")
    )
    return tuple(TierCount(*row) for row in counted.iter_rows())


def _load(connection: Connection) -> _Known:
    return _Known(
        load_moves(connection),
        frame(connection, _MEMBERS),
        frame(connection, _VERDICTS),
        dismissed_leads(connection),
        trait_files(connection),
    )


def _with_traits(home: Home, files: Sequence[TraitFile]) -> list[tuple[TraitFile, pl.DataFrame]]:
    """Return the files whose traits are those of the newest one, oldest first."""
    if not files:
        raise DetectionError("no detection has stored traits yet; run: winnow detect")
    read = [(file, read_traits(home, file)) for file in files]
    newest = read[-1][1].columns
    return [(file, traits) for file, traits in read if traits.columns == newest]


def _rows(files: Sequence[tuple[TraitFile, pl.DataFrame]], known: _Known) -> pl.DataFrame:
    """Return the training rows: decided clusters as they were, undecided ones as they are."""
    owners, decided_at = _owner_labels(known), _decided_at(known)
    labels = [pl.DataFrame(schema=CLUSTER_LABELS_SCHEMA)]
    for file, traits in files:
        seen = owners.filter(
            pl.col("case_id").is_in(
                [case_id for case_id, at in decided_at.items() if file.started_at <= at]
            )
        )
        labels.append(cluster_labels(_members(file, traits), seen))
    decided = pl.concat(labels)
    features = pl.concat([_features(file, traits) for file, traits in files])
    members = pl.concat([_members(file, traits) for file, traits in files])
    newest = _features(*files[-1])
    weak = weak_labels(_of_nobody_decided(newest, members, owners), decided)
    return training_rows(features, pl.concat([decided, weak]), members)


def _owner_labels(known: _Known) -> pl.DataFrame:
    """Return `detection.labels.OWNER_LABELS_SCHEMA`; a lead put aside is one person's decision."""
    decided = owner_labels(known.moves, known.members, known.verdicts)
    put_aside = known.put_aside.unique("owner_id", keep="first", maintain_order=True).select(
        "owner_id",
        pl.col("lead_id").alias("case_id"),
        pl.lit(0).alias("label"),
        pl.lit(T3).alias("tier"),
    )
    of_no_case = put_aside.join(decided, on="owner_id", how="anti")
    return pl.concat([decided, of_no_case.cast(OWNER_LABELS_SCHEMA)])


def _decided_at(known: _Known) -> Mapping[str, datetime]:
    """Return when each case and lead was decided last; what comes out later counts from then on."""
    leads = known.put_aside.select("lead_id", "moved_at").unique().iter_rows()
    return {
        **{move.case_id: move.moved_at for move in known.moves if move.move in DECISIONS},
        **{lead_id: from_stored(moved_at) for lead_id, moved_at in leads},
    }


def _of_nobody_decided(
    newest: pl.DataFrame, members: pl.DataFrame, owners: pl.DataFrame
) -> pl.DataFrame:
    touched = members.join(owners, on="owner_id", how="semi").select("cluster_id").unique()
    return newest.join(touched, on="cluster_id", how="anti").select(
        "week", "cluster_id", "by_rules", "flat_tenure"
    )


def _members(file: TraitFile, traits: pl.DataFrame) -> pl.DataFrame:
    return traits.select(
        pl.lit(file.run_id).alias("week"), "cluster_id", pl.col("owners").alias("owner_id")
    ).explode("owner_id")


def _features(file: TraitFile, traits: pl.DataFrame) -> pl.DataFrame:
    week = pl.lit(file.run_id).alias("week")
    return traits.select(week, "cluster_id", "score", "by_rules", pl.exclude(HEAD))


def _check_decided(rows: pl.DataFrame, terms: DetectionTerms) -> None:
    decided = rows.filter(pl.col("tier").is_in(DECIDED_TIERS))
    for label, said in ((1, "confirmed"), (0, "dismissed or cleared")):
        groups = decided.filter(pl.col("label") == label)["group"].n_unique()
        if groups < terms.model.least_decided:
            raise DetectionError(
                f"of groups of clusters that people decided, {groups} are {said}, and a model "
                f"needs {terms.model.least_decided}; decide more cases first"
            )


def _summary(recipe: Recipe, judging: Judging) -> Summary:
    judged = evaluate_season(recipe.rows, recipe.names, judging)
    return Summary(
        tiers=tier_counts(recipe.rows),
        judged_by=judged.judged_by,
        is_judged_by_few=judged.is_judged_by_few,
        splits=judged.splits,
        threshold=judged.threshold,
        settings=recipe.settings,
        seed=recipe.seed,
        versions=versions(),
    )


def _write(
    home: Home,
    recipe: Recipe,
    fitted: FittedModel,
    files: Sequence[tuple[TraitFile, pl.DataFrame]],
    summary: Summary,
) -> NewModel:
    """Write the files of a model that nobody knows yet; return what is to be registered."""
    return NewModel(
        model_id=model_id(fitted),
        fingerprint=fingerprint(fitted.fingerprint, versions()),
        recipe_sha256=write_model(home, recipe, fitted),
        features_sha256=features_sha256(recipe.names),
        features=len(recipe.names),
        first_run=files[0][0].run_id,
        last_run=files[-1][0].run_id,
        training_rows=recipe.rows.height,
        summary=write_summary(summary),
    )


def _older(
    connection: Connection, terms: DetectionTerms, newest: str, now: datetime
) -> list[ModelMove]:
    """Return how shadows beyond the newest few retire, so that a detection asks not ever more."""
    shadows = [model.model_id for model in list_models(connection) if model.state == SHADOW]
    shadows = [newest, *(name for name in shadows if name != newest)]
    said = f"{newest} and others were trained since"
    return [
        ModelMove(name, 0, RETIRED, TRAINER, now, said)
        for name in shadows[terms.model.most_shadows :]
    ]
